"""The shifts of one layer. Pure.

The hand-offs of a layer are wall times in the schedule's zone: the first is what the clock shows at `starts_at`, and they follow one
another by `length` hours, days, weeks or months **of the wall clock**. A month has the day of the first hand-off, or its own last day
where it is shorter; after a short month the day is the first one's again.

Shift number k is the span from hand-off k to hand-off k + 1 and belongs to member k modulo their number. The clock's changes:

- A shift starts at the first occurrence of its hand-off and ends at the last occurrence of the next one. Where a hand-off comes twice, both
  people are on call from the first time to the second.
- A hand-off that does not exist moves to the next instant that does, which is the moment of the change.
- So a shift of one hour takes, by a stopwatch, an hour; where the clock is set forward by an hour, no time at all if that hour is the one
  left out; where it is set back by an hour, two hours if it begins or ends in the hour that comes twice.

A restriction is a span of each day, or of one weekday, by the same rules: from the first occurrence of its start to the last one of its
end, which is on the following day if it is not after the start. A layer has somebody only within the union of its restrictions, if any.
The order of the members counts all shifts, restricted or not.

Shift and restriction are found by arithmetic, so that a range in twenty years costs what one of today costs.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import count
from typing import NamedTuple

from alerts.oncall.wallclock import first_instant, last_instant, wall_time

STEP = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
DAY = timedelta(days=1)
FURTHEST_BACK = timedelta(
    days=1
)  # by which a clock was ever set back: the date line moved over some islands and over Alaska


class Span(NamedTuple):
    """[start, end) in UTC."""

    start: datetime
    end: datetime


class Shift(NamedTuple):
    """Somebody is on call in a layer, [start, end) in UTC. `person` is a user's id."""

    start: datetime
    end: datetime
    person: int


@dataclass(frozen=True, slots=True)
class Restriction:
    """`weekday` 0 is Monday; None: every day. An `end` that is not after `start` is on the following day; the same: 24 hours."""

    weekday: int | None
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rotation:
    """A layer. `kind` as in choices.RotationKind; `starts_at` and `ends_at` in UTC; `members` are ids in their order."""

    kind: str
    length: int
    starts_at: datetime
    ends_at: datetime | None
    zone: tzinfo
    members: tuple[int, ...]
    restrictions: tuple[Restriction, ...] = ()


def shifts(layer: Rotation, start: datetime, end: datetime) -> list[Shift]:
    """Who is on call in a layer within [start, end), cut to it; by start, then end. Shifts of no length are left out."""
    span = _alive(layer, start, end)
    if span is None or not layer.members:
        return []
    whole = _rotated(layer, *span)
    if not layer.restrictions:
        return list(whole)
    allowed = allowed_spans(layer.restrictions, layer.zone, *span)
    ends = [one.end for one in allowed]
    return sorted(piece for shift in whole for piece in _within(shift, allowed, ends))


def _alive(layer: Rotation, start: datetime, end: datetime) -> Span | None:
    start = max(start, layer.starts_at)
    end = end if layer.ends_at is None else min(end, layer.ends_at)
    return Span(start, end) if start < end else None


def _rotated(layer: Rotation, start: datetime, end: datetime) -> Iterator[Shift]:
    """Shifts regardless of restrictions, cut to [start, end)."""
    for number in count(_number_at(layer, start)):
        begins = first_instant(handoff(layer, number), layer.zone)
        if begins >= end:
            return
        ends = last_instant(handoff(layer, number + 1), layer.zone)
        begins, ends = max(begins, start), min(ends, end)
        if begins < ends:
            yield Shift(begins, ends, layer.members[number % len(layer.members)])


def _number_at(layer: Rotation, instant: datetime) -> int:
    """Of the first shift that ends after an instant."""
    number = max(_number_by_clock(layer, wall_time(instant, layer.zone)), 0)
    while number > 0 and last_instant(handoff(layer, number), layer.zone) > instant:
        number -= 1
    while last_instant(handoff(layer, number + 1), layer.zone) <= instant:
        number += 1
    return number


def _number_by_clock(layer: Rotation, wall: datetime) -> int:
    """Of the shift in which a wall time lies; one too many where the month has come and its day has not."""
    anchor = wall_time(layer.starts_at, layer.zone)
    if layer.kind == "monthly":
        return ((wall.year - anchor.year) * 12 + wall.month - anchor.month) // layer.length
    return (wall - anchor) // (STEP[layer.kind] * layer.length)


def handoff(layer: Rotation, number: int) -> datetime:
    """The wall time at which shift `number` begins, as the clock shows it."""
    anchor = wall_time(layer.starts_at, layer.zone)
    if layer.kind == "monthly":
        return months_later(anchor, number * layer.length)
    return anchor + STEP[layer.kind] * layer.length * number


def months_later(wall: datetime, months: int) -> datetime:
    """The same day and time so many months on; the last day of a month that is too short."""
    years, month = divmod(wall.month - 1 + months, 12)
    year = wall.year + years
    return wall.replace(year=year, month=month + 1, day=min(wall.day, days_of(year, month + 1)))


def days_of(year: int, month: int) -> int:
    """How many days a month has."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - DAY).day


def allowed_spans(restrictions: Sequence[Restriction], zone: tzinfo, start: datetime, end: datetime) -> list[Span]:
    """The union of restrictions as spans apart from one another, in order; those that have a part in [start, end), not cut."""
    first = (
        wall_time(start, zone) - FURTHEST_BACK
    ).date() - 2 * DAY  # a span may reach nearly two days after its date's midnight
    last = (wall_time(end, zone) + FURTHEST_BACK).date()
    found = (
        span
        for days in range((last - first).days + 1)
        for restriction in restrictions
        if (span := _of_day(restriction, first + days * DAY, zone)) and span.end > start and span.start < end
    )
    return merged(sorted(found))


def _of_day(restriction: Restriction, day: date, zone: tzinfo) -> Span | None:
    if restriction.weekday is not None and day.weekday() != restriction.weekday:
        return None
    until = day if restriction.end > restriction.start else day + DAY
    begins = first_instant(datetime.combine(day, restriction.start), zone)
    return Span(begins, last_instant(datetime.combine(until, restriction.end), zone))


def merged(spans: Sequence[Span]) -> list[Span]:
    """Sorted spans, with those that touch or overlap made one."""
    out: list[Span] = []
    for span in spans:
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        elif span.start < span.end:
            out.append(span)
    return out


def _within(shift: Shift, allowed: Sequence[Span], ends: Sequence[datetime]) -> Iterator[Shift]:
    """The parts of a shift that lie in the allowed spans; `ends` are theirs, for the search."""
    for span in allowed[bisect_right(ends, shift.start) :]:
        if span.start >= shift.end:
            return
        yield Shift(max(shift.start, span.start), min(shift.end, span.end), shift.person)
