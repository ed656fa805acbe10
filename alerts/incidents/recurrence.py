"""When planned work comes again: starts by an RRULE (RFC 5545) or five cron fields, on the wall's clock of a time zone. Pure.

A start that the clock leaves out (set forward) moves to the next instant that exists; of one that comes twice (set back) the first counts.
A window lasts its seconds from there. Rules are asked day by day over a bounded number of days, so that none can take long.
"""

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError

from alerts.incidents.recurring_days import Rule, RuleError, rule_parse
from alerts.oncall.wallclock import first_instant, wall_time

MOST_AHEAD_DAYS = 3660  # how far the next start is looked for: the 29th of February comes within
MOST_DURATION_S = 31 * 86_400
_MOST_CRON = 50_000  # starts of a cron line that are passed over for one answer
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class RecurrenceError(ValueError):
    """A text that is no recurrence: says where and what to do."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """`first`: the first possible start, as the wall's clock shows it. One of `rule` and `cron`."""

    first: datetime
    zone: zoneinfo.ZoneInfo
    rule: Rule | None = None
    cron: str = ""

    def walls(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Starts on the wall's clock from `begin`, included, to `end`, excluded, in order."""
        begin = max(begin, self.first)
        if self.rule is not None:
            yield from self.rule.between(begin, end)
        elif begin < end:
            for number, wall in enumerate(CronSim(self.cron, begin - _SECOND)):
                if wall >= end or number >= _MOST_CRON:
                    return
                yield wall


def parse(text: str, first_at: datetime, time_zone: str) -> Recurrence:
    """The recurrence of a text: an RRULE where it has `FREQ=`, else five cron fields. Raises RecurrenceError."""
    try:
        zone = zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise RecurrenceError(
            f"time_zone: {time_zone!r} is not a time zone; write one such as Europe/Vienna."
        ) from None
    first = first_at.astimezone(zone).replace(tzinfo=None, fold=0, microsecond=0)
    if "=" in text:
        try:
            return Recurrence(first, zone, rule=rule_parse(text, first, zone))
        except RuleError as error:
            raise RecurrenceError(f"recurrence: {error}") from None
    return Recurrence(first, zone, cron=_cron(text, first))


def duration_check(duration_s: int) -> None:
    """Raises RecurrenceError for a window that no window may be as long as."""
    if not 60 <= duration_s <= MOST_DURATION_S:
        raise RecurrenceError(f"duration_s: a window lasts from 60 to {MOST_DURATION_S} seconds (31 days).")


def window_at(recurrence: Recurrence, duration_s: float, now: datetime) -> tuple[datetime, datetime] | None:
    """(start, end) of the window that an instant is in, start included, end not; where several overlap, the one that ends last."""
    lasts = timedelta(seconds=duration_s)
    for span in sorted({min(lasts, one) for one in (_HOUR, _DAY, lasts)}):  # frequent starts are soon found
        latest = _latest(recurrence, now - span, now)
        if latest is not None:
            return (latest, latest + lasts) if now < latest + lasts else None
    return None


def _latest(recurrence: Recurrence, begin: datetime, end: datetime) -> datetime | None:
    """The last start between two instants, both included."""
    zone = recurrence.zone
    about = _slack(zone, begin, end)
    walls = recurrence.walls(wall_time(begin, zone) - about, wall_time(end, zone) + about + _SECOND)
    return max(
        (start for start in (first_instant(wall, zone) for wall in walls) if begin <= start <= end), default=None
    )


def next_start(recurrence: Recurrence, after: datetime) -> datetime | None:
    """The first start after an instant; None if there is none within ten years."""
    zone = recurrence.zone
    begin = wall_time(after, zone) - _slack(zone, after, after)
    end = max(begin, recurrence.first) + MOST_AHEAD_DAYS * _DAY
    for wall in recurrence.walls(begin, end):
        if (start := first_instant(wall, zone)) > after:
            return start
    return None


def windows_between(
    recurrence: Recurrence, duration_s: float, begin: datetime, end: datetime, most: int = 100
) -> list[tuple[datetime, datetime]]:
    """Up to `most` windows that overlap a span of time, in order: for a preview."""
    found = []
    current = window_at(recurrence, duration_s, begin)
    if current:
        found.append(current)
    at = begin
    while len(found) < most and (start := next_start(recurrence, at)) is not None and start < end:
        found.append((start, start + timedelta(seconds=duration_s)))
        at = start
    return found


def _cron(text: str, first: datetime) -> str:
    fields = text.split()
    if len(fields) != 5:
        raise RecurrenceError(
            "recurrence: write a rule such as FREQ=WEEKLY;BYDAY=SU, or five cron fields: minute hour day month weekday, "
            "such as 0 3 * * SUN."
        )
    try:
        if next(CronSim(text, first), None) is None:
            raise RecurrenceError(f"recurrence: {text!r} names no time that ever comes.")
    except CronSimError as error:
        raise RecurrenceError(f"recurrence: {text!r} is no cron line: {error}.") from None
    return " ".join(fields)


def _slack(zone: zoneinfo.ZoneInfo, begin: datetime, end: datetime) -> timedelta:
    """How far the wall's clock may be from the order of instants: by what it is set in the days around, mostly not at all."""
    offsets = {(at + days * _DAY).astimezone(zone).utcoffset() for at in (begin, end) for days in (-2, 0, 2)}
    known = [offset for offset in offsets if offset is not None]
    return max(known) - min(known)
