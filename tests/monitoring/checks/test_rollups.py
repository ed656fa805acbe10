from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.choices import Status
from monitoring.checks.rollups import COLUMNS, DAY_S, SLOT_S, Turn, slot_start, spent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = NOON + timedelta(seconds=SLOT_S)


def at(second: float, before: Status, after: Status) -> Turn:
    return Turn(NOON + timedelta(seconds=second), before, after)


def test_without_changes_the_whole_slot_was_spent_in_the_present_status() -> None:
    assert spent(NOON, END, [], Status.UP)["up_s"] == 900


def test_a_change_splits_the_slot() -> None:
    seconds = spent(NOON, END, [at(300, Status.UP, Status.DOWN), at(400, Status.DOWN, Status.UP)], Status.UP)
    assert (seconds["up_s"], seconds["down_s"]) == (800, 100)


def test_a_change_after_the_slot_tells_what_was_before_it() -> None:
    assert spent(NOON, END, [at(1000, Status.DOWN, Status.UP)], Status.UP)["down_s"] == 900


def test_time_before_the_first_run_is_excluded() -> None:
    seconds = spent(NOON, END, [at(600, Status.PENDING, Status.UP)], Status.UP)
    assert (seconds["excluded_s"], seconds["up_s"]) == (600, 300)


@given(
    st.lists(st.tuples(st.floats(0, 2000), st.sampled_from(list(Status))), max_size=30), st.sampled_from(list(Status))
)
def test_the_seconds_of_a_slot_always_add_up(moves: list[tuple[float, Status]], first: Status) -> None:
    turns, status = [], first
    for second, after in sorted(moves):
        turns.append(at(second, status, after))
        status = after
    assert sum(spent(NOON, END, turns, status).values()) == pytest.approx(900)
    assert set(COLUMNS) == set(Status)


def test_slots_begin_at_quarter_hours_and_days_at_midnight_utc() -> None:
    assert slot_start(NOON + timedelta(minutes=29), SLOT_S) == NOON + timedelta(minutes=15)
    assert slot_start(NOON, DAY_S) == NOON.replace(hour=0)
