"""Reads of schedules: who is on call, who comes next, the final schedule of a span. Each takes at most four statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.oncall.escalation_queries import LateWork, acknowledge_timeout_s, late_work
from alerts.oncall.models import Schedule
from alerts.oncall.reading import plan_of, plans
from alerts.oncall.timeline import Plan, Stretch, final
from security.access.models import User

__all__ = ["LateWork", "acknowledge_timeout_s", "late_work"]  # of escalations, read beside schedules

INSTANT = timedelta(microseconds=1)
LOOKS = (timedelta(days=15), timedelta(days=400))  # how far ahead the next change is looked for: first near, then far


@dataclass(frozen=True, slots=True)
class Turn:
    """`people` are on call from `start` to `end`; an `end` None is further away than was looked. No people: a gap."""

    start: datetime
    end: datetime | None
    people: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class NowAndNext:
    """A schedule's turn now, the one after it, and the next one of somebody if that is a gap."""

    schedule: Schedule
    now: Turn
    next: Turn | None


def on_call(schedule: Schedule, at: datetime) -> list[User]:
    """Who is on call at an instant, by id; more than one where shifts overlap or overrides say so. Empty: nobody.

    Somebody whose account is not active is left out: there is nobody to tell.
    """
    at = at.astimezone(UTC)
    stretches = final(plan_of(schedule, at, at + INSTANT), at, at + INSTANT)
    people = stretches[0].people if stretches else ()
    return list(User.objects.filter(pk__in=people, is_active=True).order_by("pk")) if people else []


def next_on_call(schedule: Schedule, at: datetime) -> Turn | None:
    """The next turn of other people than now's, gaps passed over; None: nobody within 400 days."""
    return now_and_next([schedule], at)[0].next


def final_schedule(schedule: Schedule, start: datetime, end: datetime) -> list[Stretch]:
    """Who is on call from `start` to `end`, gaps included; people are ids."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    return final(plan_of(schedule, start, end), start, end)


def now_and_next(schedules: Sequence[Schedule], at: datetime) -> list[NowAndNext]:
    """For each schedule who is on call at `at`, until when, and who comes next. Four statements for all."""
    at = at.astimezone(UTC)
    read = plans(schedules, at, at + LOOKS[-1])
    ahead = {schedule.pk: _ahead(read[schedule.pk], at) for schedule in schedules}
    people = people_of(stretch for found in ahead.values() for stretch in found)
    return [_turns(schedule, ahead[schedule.pk], at + LOOKS[-1], people) for schedule in schedules]


def _ahead(plan: Plan, at: datetime) -> list[Stretch]:
    """The present stretch, and those after it up to the next one of somebody."""
    found: list[Stretch] = []
    for look in LOOKS:
        found = final(plan, at, at + look)
        for number, stretch in enumerate(found):
            if number and stretch.people and number + 1 < len(found):
                return found[: number + 1]
    return found[: _first_of_somebody(found) + 1]


def _first_of_somebody(found: Sequence[Stretch]) -> int:
    return next((number for number, stretch in enumerate(found) if number and stretch.people), len(found))


def _turns(schedule: Schedule, found: Sequence[Stretch], looked_to: datetime, people: Mapping[int, User]) -> NowAndNext:
    turns = [
        Turn(
            stretch.start,
            stretch.end if stretch.end < looked_to else None,
            tuple(people[pk] for pk in stretch.people if pk in people),
        )
        for stretch in found
    ]
    later = next((turn for turn, stretch in zip(turns[1:], found[1:], strict=True) if stretch.people), None)
    return NowAndNext(schedule, turns[0], later)


def people_of(stretches: Iterable[Stretch]) -> dict[int, User]:
    """Everybody who is named, by id, in one statement."""
    ids = {person for stretch in stretches for person in stretch.people}
    return User.objects.in_bulk(ids) if ids else {}
