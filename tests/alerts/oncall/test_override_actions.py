"""Overrides and swaps."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.oncall import actions
from alerts.oncall.models import Override, Schedule
from alerts.oncall.queries import on_call
from alerts.oncall.rotation import Span
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule

WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
FIRST, SECOND = Span(MONDAY, MONDAY + WEEK), Span(MONDAY + WEEK, MONDAY + 2 * WEEK)


def faults(work: Any, **values: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        work(**values)
    return sorted(caught.value.message_dict)


def test_an_override_puts_somebody_else_on_call(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    actions.override_save(schedule=found, user=otto, starts_at=MONDAY, ends_at=MONDAY + HOUR, by=ada)
    assert on_call(found, MONDAY) == [otto]
    assert on_call(found, MONDAY + HOUR) == [ada]


def test_an_override_that_moves_to_another_schedule_leaves_a_gap_to_be_looked_for(ada: User) -> None:
    one, other = schedule(layer(ada)), schedule(layer(ada), name="Other")
    override = actions.override_save(schedule=one, user=ada, starts_at=MONDAY, ends_at=MONDAY + HOUR)
    Schedule.objects.update(gaps_next_at=MONDAY)
    actions.override_save(override=override, schedule=other, user=ada, starts_at=MONDAY, ends_at=MONDAY + HOUR)
    assert not Schedule.objects.exclude(gaps_next_at=None).exists()


def test_an_override_says_on_the_timeline_who_set_it(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    actions.override_save(schedule=found, user=otto, replaces=ada, starts_at=MONDAY, ends_at=MONDAY + HOUR, by=ada)
    event = Event.objects.get(kind="alerts.override.created")
    assert event.summary == (
        "otto is on call in Web instead of ada from 2026-11-23 09:00 to 2026-11-23 10:00 UTC, set by ada"
    )


def test_an_override_that_is_taken_back_no_longer_holds(ada: User, otto: User) -> None:
    found = schedule(layer(ada))
    override = actions.override_save(schedule=found, user=otto, starts_at=MONDAY, ends_at=MONDAY + HOUR)
    actions.override_delete(override=override, by=ada)
    assert on_call(found, MONDAY) == [ada]
    assert Event.objects.filter(kind="alerts.override.deleted", payload__by="ada").exists()


def test_what_is_wrong_with_an_override_is_said_by_field(ada: User) -> None:
    ada.is_active = False
    values = {"schedule": schedule(layer(ada)), "starts_at": MONDAY}
    assert faults(actions.override_save, user=None, ends_at=MONDAY, **values) == ["ends_at"]
    assert faults(actions.override_save, user=None, ends_at=MONDAY + 60 * WEEK, **values) == ["ends_at"]
    assert faults(actions.override_save, user=ada, replaces=ada, ends_at=MONDAY + WEEK, **values) == [
        "replaces",
        "user",
    ]


def test_a_swap_exchanges_two_shifts(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto))
    actions.shifts_swap(schedule=found, one=ada, ones=FIRST, other=otto, others=SECOND, by=ada)
    assert [on_call(found, MONDAY + weeks * WEEK) for weeks in range(3)] == [[otto], [ada], [ada]]


def test_a_swap_of_shifts_that_overlap_leaves_both_on_call_there(ada: User, otto: User) -> None:
    found = schedule(layer(ada), layer(otto, name="Night"))
    actions.override_save(schedule=found, user=ada, replaces=otto, starts_at=MONDAY, ends_at=MONDAY + 5 * HOUR)
    ones, others = Span(MONDAY, MONDAY + 6 * HOUR), Span(MONDAY + 5 * HOUR, MONDAY + 9 * HOUR)
    made = actions.shifts_swap(schedule=found, one=ada, ones=ones, other=otto, others=others)
    assert [(one.starts_at, one.ends_at) for one in made] == [
        (MONDAY, MONDAY + 5 * HOUR),
        (MONDAY + 6 * HOUR, MONDAY + 9 * HOUR),
    ]


def test_a_swap_with_somebody_who_is_not_on_call_then_is_refused_and_changes_nothing(ada: User, otto: User) -> None:
    found = schedule(layer(ada, otto))
    values = {"schedule": found, "one": ada, "other": otto, "ones": FIRST}
    assert faults(actions.shifts_swap, others=FIRST, **values) == ["others"]
    assert not Override.objects.exists()


def test_a_swap_needs_two_people_and_spans_apart(ada: User, otto: User) -> None:
    found = schedule(
        layer(ada), layer(otto, name="Day", restrictions=[{"weekday": 2, "start": "09:00", "end": "17:00"}])
    )
    values = {"schedule": found, "one": ada, "ones": FIRST}
    assert faults(actions.shifts_swap, other=ada, others=SECOND, **values) == ["other"]
    inside = Span(MONDAY + timedelta(days=2), MONDAY + timedelta(days=3))
    assert faults(actions.shifts_swap, other=otto, others=inside, **values) == ["others"]
