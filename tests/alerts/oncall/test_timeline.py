"""Layers over one another, overrides over all, gaps."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from alerts.oncall.rotation import Restriction, Rotation, Span
from alerts.oncall.timeline import Cover, Plan, Stretch, by_person, final, gaps

ADA, OTTO, VERA = 1, 2, 3
START = datetime(2026, 6, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OFFICE = (Restriction(None, time(9), time(17)),)


def daily(*members: int, **values: Any) -> Rotation:
    return Rotation("daily", 1, START, None, UTC, members, **values)


def people(plan: Plan, hours: int = 24) -> list[tuple[float, tuple[int, ...]]]:
    """Length in hours and people of each stretch of the first day."""
    return [((one.end - one.start) / HOUR, one.people) for one in final(plan, START, START + hours * HOUR)]


def hours(first: float, last: float) -> tuple[datetime, datetime]:
    return START + first * HOUR, START + last * HOUR


def test_a_later_layer_wins_where_it_has_somebody() -> None:
    plan = Plan((daily(ADA), daily(OTTO, restrictions=OFFICE)))
    assert people(plan) == [(9, (ADA,)), (8, (OTTO,)), (7, (ADA,))]


def test_where_no_layer_has_anybody_there_is_a_gap() -> None:
    pieces = final(Plan((daily(ADA, restrictions=OFFICE),)), START, START + DAY)
    assert gaps(pieces) == [Span(*hours(0, 9)), Span(*hours(17, 24))]


def test_a_schedule_without_layers_is_one_gap() -> None:
    assert people(Plan(())) == [(24, ())]


def test_an_override_for_everybody_takes_the_place_of_all() -> None:
    assert people(Plan((daily(ADA),), (Cover(*hours(6, 8), VERA),))) == [(6, (ADA,)), (2, (VERA,)), (16, (ADA,))]


def test_an_override_for_everybody_fills_a_gap() -> None:
    assert people(Plan((), (Cover(*hours(0, 24), VERA),))) == [(24, (VERA,))]


def test_an_override_of_one_person_holds_only_while_that_person_is_on_call() -> None:
    plan = Plan((daily(ADA, OTTO),), (Cover(*hours(12, 36), VERA, replaces=OTTO),))
    assert people(plan, 48) == [(24, (ADA,)), (12, (VERA,)), (12, (OTTO,))]


def test_nobody_in_place_of_somebody_is_a_gap_on_purpose() -> None:
    assert people(Plan((daily(ADA),), (Cover(*hours(0, 2), None),))) == [(2, ()), (22, (ADA,))]


def test_what_one_override_gave_a_later_one_hands_on() -> None:
    covers = (Cover(*hours(0, 24), OTTO, replaces=ADA, order=1), Cover(*hours(0, 12), VERA, replaces=OTTO, order=2))
    assert people(Plan((daily(ADA),), covers)) == [(12, (VERA,)), (12, (OTTO,))]


def test_of_two_overrides_for_everybody_the_one_made_later_holds() -> None:
    covers = (Cover(*hours(0, 24), VERA, order=2), Cover(*hours(0, 24), OTTO, order=1))
    assert people(Plan((daily(ADA),), covers)) == [(24, (VERA,))]


def test_a_swap_is_two_overrides() -> None:
    covers = (Cover(*hours(0, 24), OTTO, replaces=ADA), Cover(*hours(24, 48), ADA, replaces=OTTO, order=1))
    assert people(Plan((daily(ADA, OTTO),), covers), 72) == [(24, (OTTO,)), (48, (ADA,))]


def test_stretches_say_which_layer_and_whether_an_override_had_a_hand_in_it() -> None:
    plan = Plan((daily(ADA), daily(OTTO, restrictions=OFFICE)), (Cover(*hours(20, 24), VERA),))
    found = final(plan, START, START + DAY)
    assert [(one.layer, one.covered) for one in found] == [(0, False), (1, False), (0, False), (0, True)]


def test_nothing_is_asked_of_a_range_without_length() -> None:
    assert final(Plan((daily(ADA),)), START, START) == []


def test_the_time_of_each_person_is_put_together() -> None:
    pieces = [Stretch(*hours(0, 1), (ADA,)), Stretch(*hours(1, 2), (ADA, OTTO)), Stretch(*hours(2, 3), (OTTO,))]
    assert by_person(pieces) == {ADA: [Span(*hours(0, 2))], OTTO: [Span(*hours(1, 3))]}
