"""Which days the calendar shows. Pure.

Spans are whole weeks from a Monday, or a calendar month, of the zone that is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from alerts.oncall.rotation import months_later
from alerts.oncall.wallclock import first_instant, wall_time

SPANS = {"week": "Week", "2weeks": "2 weeks", "month": "Month"}
DEFAULT_SPAN = "2weeks"
YEARS = range(1990, 2200)


@dataclass(frozen=True, slots=True)
class Shown:
    """[start, end) in UTC is what `days` are in `zone`; `before` and `after` are days in the spans beside it."""

    span: str
    zone: ZoneInfo
    days: tuple[date, ...]
    start: datetime
    end: datetime
    before: date
    after: date

    @property
    def last_day(self) -> date:
        return self.days[-1]


def shown(asked: Mapping[str, str], own_zone: str, now: datetime) -> Shown:
    """By `span`, `from` (YYYY-MM-DD) and `tz` of an address; what is missing or wrong is the default."""
    zone = zone_of(asked.get("tz", ""), own_zone)
    span = asked.get("span", "")
    span = span if span in SPANS else DEFAULT_SPAN
    first, beyond = _edges(span, _day(asked.get("from", ""), wall_time(now, zone).date()))
    days = tuple(first + timedelta(days=number) for number in range((beyond - first).days))
    return Shown(
        span=span,
        zone=zone,
        days=days,
        start=midnight(first, zone),
        end=midnight(beyond, zone),
        before=first - timedelta(days=1) if span == "month" else first - timedelta(days=len(days)),
        after=beyond,
    )


def zone_of(asked: str, own_zone: str) -> ZoneInfo:
    return ZoneInfo(asked if asked in available_timezones() else own_zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(datetime.combine(day, time()), zone).astimezone(UTC)


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if day.year in YEARS else today


def _edges(span: str, day: date) -> tuple[date, date]:
    if span == "month":
        first = datetime(day.year, day.month, 1)  # noqa: DTZ001 - a wall time
        return first.date(), months_later(first, 1).date()
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(weeks=2 if span == "2weeks" else 1)
