"""Spans of a day in a time zone: when a step may be done, when somebody wants quiet. Pure: the clock is passed in.

A span begins at the first occurrence of its start and ends at the last one of its end; see wallclock.py for the nights on which the
clock is changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from alerts.oncall.wallclock import first_instant, last_instant, wall_time

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AROUND = range(-2, 3)  # days whose spans may hold a moment: spans over midnight, a date line that moved
AHEAD = range(-2, 10)  # a weekday comes again within 7


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to before `end` on each of `weekdays` (0: Monday; empty: every day). An end that is not after the start is on
    the next day; equal: a whole day."""

    zone: ZoneInfo
    start: time
    end: time
    weekdays: frozenset[int] = frozenset()

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            zone=ZoneInfo(stored["time_zone"]),
            start=time.fromisoformat(stored["start"]),
            end=time.fromisoformat(stored["end"]),
            weekdays=frozenset(stored.get("weekdays") or ()),
        )

    def span(self, day: date) -> tuple[datetime, datetime]:
        """That of one day, as moments in UTC."""
        end_day = day if self.start < self.end else day + timedelta(days=1)
        start, end = datetime.combine(day, self.start), datetime.combine(end_day, self.end)
        return first_instant(start, self.zone), last_instant(end, self.zone)

    def end_of(self, now: datetime) -> datetime | None:
        """When the span that `now` is in ends, with those that follow on it; None: it is in none."""
        end = None
        for begins, ends in sorted(self._spans(now, AROUND)):
            if begins <= (end or now) < ends:
                end = ends
        return end

    def opens_at(self, now: datetime) -> datetime:
        """`now` if it is in a span, else the start of the next one."""
        if self.end_of(now) is not None:
            return now
        return min(start for start, _ in self._spans(now, AHEAD) if start > now)

    def _spans(self, now: datetime, offsets: Iterable[int]) -> list[tuple[datetime, datetime]]:
        today = wall_time(now, self.zone).date()
        days = (today + timedelta(days=offset) for offset in offsets)
        return [self.span(day) for day in days if not self.weekdays or day.weekday() in self.weekdays]

    def __str__(self) -> str:
        days = " ".join(DAYS[day] for day in sorted(self.weekdays)) if self.weekdays else "daily"
        return f"{days} {self.start:%H:%M} to {self.end:%H:%M} {self.zone.key}"


def after_quiet(quiet: Window | None, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that it falls into; in UTC."""
    end = quiet.end_of(at) if quiet else None
    return end or at.astimezone(UTC)
