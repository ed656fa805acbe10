"""What the calendar page of a schedule shows, read in a handful of statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.oncall.bars import Day, Names, Row, days_of, length, now_at, rows_of, when
from alerts.oncall.calendar_range import Shown
from alerts.oncall.coverage import Coverage, Load, coverage
from alerts.oncall.models import Override, Schedule
from alerts.oncall.people import name_of
from alerts.oncall.queries import NowAndNext, now_and_next
from alerts.oncall.reading import plan_of
from alerts.oncall.rotation import Span
from alerts.oncall.timeline import Plan, by_person, final
from security.access.models import User

SWAPS_BACK, SWAPS_AHEAD = timedelta(days=35), timedelta(days=60)
MOST_SWAPS = 60
MOST_GAPS = 10


@dataclass(frozen=True, slots=True)
class LoadRow:
    """A line of the coverage report; `share` is of the most that anybody has, from 0 to 1."""

    name: str
    colour: int
    load: Load
    share: float


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """`gaps` are words for the first ten; `overrides` those that are not over."""

    schedule: Schedule
    shown: Shown
    days: list[Day]
    rows: list[Row]
    now_line: str
    turn: NowAndNext
    report: Coverage
    loads: list[LoadRow]
    gaps: list[str]
    gap_words: str
    overrides: list[Override]
    people: list[User]
    ahead: list[tuple[User, Span]]


def schedule_page(schedule: Schedule, shown: Shown, now: datetime) -> SchedulePage:
    """The page for what is shown, at `now`."""
    now = now.astimezone(UTC)
    plan = plan_of(schedule, min(shown.start, now - 2 * SWAPS_BACK), max(shown.end, now + SWAPS_AHEAD))
    people = list(User.objects.filter(is_active=True).order_by("username"))
    known = {user.pk: user for user in people} | User.objects.in_bulk(named_in(plan) - {user.pk for user in people})
    names = Names({pk: name_of(known[pk]) for pk in named_in(plan) if pk in known})
    report = coverage(final(plan, shown.start, shown.end), shown.zone, shown.start, shown.end)
    upcoming = schedule.overrides.filter(ends_at__gt=now).select_related("user", "replaces", "created_by")[:50]
    return SchedulePage(
        schedule=schedule,
        shown=shown,
        days=days_of(shown, now),
        rows=rows_of(plan, [layer.name for layer in schedule.layers.order_by("position", "id")], shown, names),
        now_line=now_at(shown, now),
        turn=now_and_next([schedule], now)[0],
        report=report,
        loads=_loads(report, names),
        gaps=[when(*gap, shown.zone) for gap in report.gaps[:MOST_GAPS]],
        gap_words=length(sum((gap.end - gap.start for gap in report.gaps), timedelta())),
        overrides=list(upcoming),
        people=people,
        ahead=_ahead(plan, now, known),
    )


def named_in(plan: Plan) -> set[int]:
    """Everybody whom layers or overrides name."""
    members = {person for layer in plan.layers for person in layer.members}
    covers = {person for cover in plan.covers for person in (cover.person, cover.replaces)}
    return members | {person for person in covers if person is not None}


def _loads(report: Coverage, names: Names) -> list[LoadRow]:
    most = max((load.hours for load in report.people), default=0.0)
    return [
        LoadRow(names.of(load.person), names.colour(load.person), load, load.hours / most) for load in report.people
    ]


def _ahead(plan: Plan, now: datetime, known: Mapping[int, User]) -> list[tuple[User, Span]]:
    """Shifts that can be swapped, by start. From day to day only, so that a form is not of yesterday a second after it was shown."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spans = by_person(final(plan, today - SWAPS_BACK, today + SWAPS_AHEAD))
    found = [
        (known[person], span)
        for person, theirs in spans.items()
        if person in known
        for span in theirs
        if span.end > now
    ]
    return sorted(found, key=lambda one: (one[1], one[0].pk))[:MOST_SWAPS]
