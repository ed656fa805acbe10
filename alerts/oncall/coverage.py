"""How much each person is on call, and how much nobody is. Pure.

A night is 22:00 to 06:00, a weekend Saturday 00:00 to Monday 00:00, of the schedule's wall clock. Somebody has a night or a weekend if they
are on call for any part of it; its hours are those parts. Hours are those of a stopwatch, so a night on which the clock is set counts for
what it lasts. Where two are on call, both have the time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from alerts.oncall.rotation import Restriction, Span, allowed_spans
from alerts.oncall.timeline import Stretch, by_person, gaps

NIGHT = (Restriction(None, time(22), time(6)),)
WEEKEND = (Restriction(5, time(0), time(0)), Restriction(6, time(0), time(0)))
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has. `shifts`: how often they are on call without a break."""

    person: int
    hours: float
    shifts: int
    nights: int
    night_hours: float
    weekends: int
    weekend_hours: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of [start, end): the people, most hours first, and where nobody is. `uncovered_ratio` is from 0 to 1."""

    start: datetime
    end: datetime
    people: tuple[Load, ...]
    gaps: tuple[Span, ...]
    gap_hours: float
    uncovered_ratio: float


def coverage(pieces: Sequence[Stretch], zone: tzinfo, start: datetime, end: datetime) -> Coverage:
    """Of a final schedule from `start` to `end`, as timeline.final gives it."""
    nights = allowed_spans(NIGHT, zone, start, end)
    weekends = allowed_spans(WEEKEND, zone, start, end)
    loads = [_load(person, spans, nights, weekends) for person, spans in by_person(pieces).items()]
    holes = tuple(gaps(pieces))
    missing = _hours(holes)
    return Coverage(
        start=start,
        end=end,
        people=tuple(sorted(loads, key=lambda load: (-load.hours, load.person))),
        gaps=holes,
        gap_hours=missing,
        uncovered_ratio=missing / ((end - start) / HOUR) if end > start else 0.0,
    )


def _load(person: int, spans: Sequence[Span], nights: Sequence[Span], weekends: Sequence[Span]) -> Load:
    of_nights, of_weekends = common(spans, nights), common(spans, weekends)
    return Load(
        person=person,
        hours=_hours(spans),
        shifts=len(spans),
        nights=len({number for number, _ in of_nights}),
        night_hours=_hours(span for _, span in of_nights),
        weekends=len({number for number, _ in of_weekends}),
        weekend_hours=_hours(span for _, span in of_weekends),
    )


def common(spans: Sequence[Span], others: Sequence[Span]) -> list[tuple[int, Span]]:
    """The parts of `spans` that lie in `others` (apart from one another, in order), each with the other's number."""
    ends = [other.end for other in others]
    out = []
    for span in spans:
        for number in range(bisect_right(ends, span.start), len(others)):
            if others[number].start >= span.end:
                break
            out.append((number, Span(max(span.start, others[number].start), min(span.end, others[number].end))))
    return out


def _hours(spans: Iterable[Span]) -> float:
    return sum((span.end - span.start for span in spans), timedelta()) / HOUR
