"""The thinking of escalations: pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oncall.escalation import (
    LEAST_PAUSE_S,
    Do,
    LapDone,
    Place,
    Plan,
    Skip,
    after_lap,
    after_skip,
    after_step,
    in_turn,
    look,
    told_more_when_worse,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def plan(*steps: dict[str, Any], repeat: int = 0) -> Plan:
    blank = {"id": 1, "wait_s": 60, "targets": [], "round_robin": False, "only_between": None, "least_severity": ""}
    stored = {"policy": "Default", "repeat": repeat, "acknowledge_timeout_s": 1800, "is_default": False}
    return Plan.of_json(stored | {"steps": [blank | step for step in steps]})


def hours(start: str, end: str) -> dict[str, Any]:
    return {"only_between": {"time_zone": "UTC", "weekdays": [], "start": start, "end": end}}


def test_the_step_at_its_place_is_due() -> None:
    what = look(plan({"wait_s": 1}, {"wait_s": 2}), Place(step=1), "warning", NOW)
    assert isinstance(what, Do)
    assert what.step.wait_s == 2


def test_a_step_for_worse_is_skipped_and_the_reason_says_so() -> None:
    what = look(plan({"least_severity": "error"}), Place(), "warning", NOW)
    assert isinstance(what, Skip)
    assert what.reason == "only for error and worse, this is warning"


def test_a_step_for_less_is_due() -> None:
    assert isinstance(look(plan({"least_severity": "warning"}), Place(), "critical", NOW), Do)


def test_a_step_outside_its_hours_is_skipped() -> None:
    what = look(plan(hours("22:00", "06:00")), Place(), "critical", NOW)
    assert isinstance(what, Skip)
    assert what.reason == "only daily 22:00 to 06:00 UTC"


def test_after_the_last_step_the_lap_is_done() -> None:
    assert isinstance(look(plan({}), Place(step=1), "critical", NOW), LapDone)


def test_a_step_that_told_is_followed_after_its_wait_and_one_that_did_not_at_once() -> None:
    rules = plan({"wait_s": 300})
    assert after_step(rules, Place(), told=True, now=NOW) == (Place(1, told=True), NOW + timedelta(seconds=300))
    assert after_step(rules, Place(), told=False, now=NOW) == (Place(1, empty=True), NOW)


def test_a_lap_that_reached_somebody_is_followed_by_the_next_at_once() -> None:
    end = after_lap(plan({}, repeat=1), Place(1, told=True), "critical", NOW, reached=True)
    assert (end.place, end.next_at, end.last_resort) == (Place(lap=1), NOW, False)


def test_after_the_last_lap_it_is_exhausted() -> None:
    assert after_lap(plan({}, repeat=1), Place(1, 1, told=True), "critical", NOW, reached=True).next_at is None


def test_a_lap_that_reached_nobody_calls_for_the_last_resort_and_pauses() -> None:
    end = after_lap(plan({"wait_s": 5}, repeat=1), Place(1, empty=True), "critical", NOW, reached=False)
    assert end.last_resort
    assert end.next_at == NOW + timedelta(seconds=LEAST_PAUSE_S)


def test_a_plan_without_steps_reaches_nobody() -> None:
    assert after_lap(plan(), Place(), "critical", NOW, reached=False).last_resort


def test_a_lap_of_which_nothing_was_due_yet_waits_for_the_first_hours() -> None:
    rules = plan(hours("20:00", "21:00"), hours("18:00", "19:00"))
    end = after_lap(rules, Place(2), "critical", NOW, reached=False)
    assert (end.place, end.next_at) == (Place(step=1), NOW + timedelta(hours=6))
    assert not end.last_resort


def test_a_lap_for_worse_only_wants_nobody() -> None:
    end = after_lap(plan({"least_severity": "critical"}), Place(1), "info", NOW, reached=False)
    assert (end.next_at, end.nobody_wanted, end.last_resort) == (None, True, False)


def test_turns_go_round() -> None:
    assert [in_turn("abc", turn) for turn in range(4)] == ["a", "b", "c", "a"]


def test_becoming_worse_matters_where_a_step_was_left_out_for_it() -> None:
    rules = plan({"least_severity": "critical"}, {})
    assert told_more_when_worse(rules, "warning", "critical")
    assert not told_more_when_worse(rules, "critical", "warning")
    assert not told_more_when_worse(plan({}), "warning", "critical")


@settings(deadline=None)
@given(
    repeat=st.integers(0, 9),
    found=st.lists(st.booleans(), min_size=1, max_size=6),
    waits=st.lists(st.integers(0, 900), min_size=6, max_size=6),
)
def test_every_step_is_done_once_a_lap_and_it_always_ends(repeat: int, found: list[bool], waits: list[int]) -> None:
    rules = plan(*({"wait_s": waits[number]} for number in range(len(found))), repeat=repeat)
    place, now, done = Place(), NOW, []
    for _ in range(1000):
        what = look(rules, place, "critical", now)
        if isinstance(what, Do):
            done.append((place.lap, place.step))
            place, now = after_step(rules, place, told=found[place.step], now=now)
        elif isinstance(what, Skip):
            place = after_skip(place)
        else:
            end = after_lap(rules, place, "critical", now, reached=any(found))
            if end.next_at is None:
                break
            assert end.next_at >= now
            place, now = end.place, end.next_at
    assert done == [(lap, step) for lap in range(repeat + 1) for step in range(len(found))]
