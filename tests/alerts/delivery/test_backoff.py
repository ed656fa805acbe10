"""When a message is tried again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.backoff import LEAST_S, MOST_S, next_attempt

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FAR = NOON + timedelta(days=2)


def wait_s(attempts: int, dice: float, retry_after_s: float | None = None) -> float:
    at = next_attempt(attempts=attempts, now=NOON, deadline=FAR, dice=dice, retry_after_s=retry_after_s)
    assert at is not None
    return (at - NOON).total_seconds()


def test_the_longest_wait_doubles_up_to_a_minute() -> None:
    assert [wait_s(attempts, 1.0) for attempts in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_jitter_is_full() -> None:
    assert wait_s(5, 0.5) == 8
    assert wait_s(5, 0.0) == LEAST_S


def test_a_receiver_that_asks_for_more_time_gets_it() -> None:
    assert wait_s(1, 0.5, retry_after_s=90) == 90


def test_a_time_past_the_deadline_is_none() -> None:
    assert next_attempt(attempts=1, now=NOON, deadline=NOON + timedelta(seconds=1), dice=1.0) is None


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1e9), st.floats(0, 1e5))
def test_it_is_never_past_the_deadline_and_never_too_soon(
    attempts: int, dice: float, retry_after_s: float, left_s: float
) -> None:
    deadline = NOON + timedelta(seconds=left_s)
    at = next_attempt(attempts=attempts, now=NOON, deadline=deadline, dice=dice, retry_after_s=retry_after_s)
    if at is not None:
        assert NOON + timedelta(seconds=min(max(LEAST_S, retry_after_s), MOST_S * 1440)) <= at < deadline
