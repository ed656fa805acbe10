from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.schedule import next_run, next_try

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))


@given(st.integers(1, 10**6), st.integers(1, 86_400), times)
def test_the_next_run_is_within_one_interval(check_id: int, interval_s: int, now: datetime) -> None:
    ahead = next_run(check_id, interval_s, now) - now
    assert timedelta(0) <= ahead <= timedelta(seconds=interval_s, microseconds=1)


@given(st.integers(1, 10**6), st.integers(1, 86_400), times)
def test_runs_are_one_interval_apart(check_id: int, interval_s: int, now: datetime) -> None:
    first = next_run(check_id, interval_s, now)
    second = next_run(check_id, interval_s, first + timedelta(milliseconds=1))
    assert abs(second - first - timedelta(seconds=interval_s)) < timedelta(milliseconds=1)


def test_checks_of_one_interval_spread_over_it() -> None:
    offsets = sorted((next_run(check_id, 60, NOON) - NOON).total_seconds() for check_id in range(1, 601))
    assert all(sum(low <= offset < low + 6 for offset in offsets) > 30 for low in range(0, 60, 6))


def test_an_unconfirmed_change_is_tried_again_sooner() -> None:
    assert next_try(7, 3600, 5, False, NOON) == NOON + timedelta(seconds=5)
    assert next_try(7, 3600, 5, True, NOON) == next_run(7, 3600, NOON)
    assert next_try(7, 3600, None, False, NOON) == next_run(7, 3600, NOON)
