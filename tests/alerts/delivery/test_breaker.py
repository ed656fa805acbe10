"""The state machine of a circuit, in virtual time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery import breaker
from alerts.delivery.breaker import FAILURES, Gate, Standing, failed, gate, probing, succeeded
from alerts.delivery.choices import CircuitState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def fail(
    standing: Standing, *, began: float, now: float, probe: bool = False, retry_after_s: float | None = None
) -> Standing:
    return failed(standing, began=at(began), now=at(now), words="no answer", probe=probe, retry_after_s=retry_after_s)


def opened() -> Standing:
    standing = Standing()
    for _ in range(FAILURES):
        standing = fail(standing, began=0, now=0)
    return standing


def test_five_failures_in_a_row_open_it() -> None:
    standing = Standing()
    for number in range(4):
        standing = fail(standing, began=number, now=number)
        assert standing.state == CircuitState.CLOSED
    assert fail(standing, began=4, now=4).state == CircuitState.OPEN


def test_failing_for_ten_seconds_opens_it() -> None:
    standing = fail(Standing(), began=0, now=1)
    assert fail(standing, began=5, now=9.9).state == CircuitState.CLOSED
    assert fail(standing, began=5, now=10).state == CircuitState.OPEN


def test_one_try_that_hung_for_ten_seconds_opens_it() -> None:
    assert fail(Standing(), began=0, now=10).state == CircuitState.OPEN


def test_a_success_meanwhile_makes_one_hanging_try_harmless() -> None:
    standing = succeeded(Standing(), at(5))
    assert fail(standing, began=0, now=10).state == CircuitState.CLOSED


def test_a_success_begins_the_count_anew() -> None:
    standing = Standing()
    for _ in range(4):
        standing = fail(standing, began=0, now=0)
    assert fail(succeeded(standing, at(1)), began=1, now=1).failures == 1


def test_an_open_circuit_lets_nothing_through_until_its_probe() -> None:
    assert gate(opened(), at(1.9)) == Gate.WAIT
    assert gate(opened(), at(2)) == Gate.PROBE


def test_one_probe_at_a_time() -> None:
    assert gate(probing(opened(), at(2)), at(3)) == Gate.WAIT


def test_a_probe_whose_sender_died_is_followed_by_another() -> None:
    assert gate(probing(opened(), at(2)), at(2 + breaker.PROBE_TIMEOUT_S + 1)) == Gate.PROBE


def test_probes_are_two_four_eight_and_eight_seconds_apart() -> None:
    standing, times = opened(), []
    for _ in range(5):
        assert standing.next_probe_at is not None
        time = (standing.next_probe_at - NOON).total_seconds()
        times.append(time)
        standing = fail(probing(standing, at(time)), began=time, now=time, probe=True)
    assert times == [2, 6, 14, 22, 30]


def test_a_probe_that_hung_does_not_put_off_the_next() -> None:
    standing = opened()
    for began in (2, 10, 18):
        standing = fail(probing(standing, at(began)), began=began, now=began + breaker.PROBE_TIMEOUT_S, probe=True)
    assert standing.next_probe_at == at(26)


def test_a_receiver_that_asks_for_time_is_given_it() -> None:
    standing = fail(probing(opened(), at(2)), began=2, now=2, probe=True, retry_after_s=60)
    assert standing.next_probe_at == at(62)


def test_a_probe_that_goes_through_closes_it() -> None:
    closed = succeeded(probing(opened(), at(2)), at(2.1))
    assert (closed.state, closed.failures, closed.openings) == (CircuitState.CLOSED, 0, 0)


def test_the_late_failure_of_an_older_try_moves_nothing() -> None:
    before = probing(opened(), at(2))
    after = fail(before, began=0, now=3)
    assert (after.state, after.probe_lease_until) == (CircuitState.HALF_OPEN, before.probe_lease_until)


def test_a_failing_endpoint_gets_no_more_at_once_than_would_open_it() -> None:
    assert breaker.room(Standing(), under_way=0, most=8) == 8
    assert breaker.room(Standing(failures=3), under_way=1, most=8) == 1
    assert breaker.room(Standing(failures=3), under_way=2, most=8) == 0


@given(st.lists(st.floats(min_value=0.01, max_value=9), min_size=1, max_size=60))
def test_recovery_is_noticed_within_ten_seconds_whenever_it_comes(answers: list[float]) -> None:
    """However long the failing probes take, the next one begins at most 8 s after the last began."""
    standing = opened()
    for duration in answers:
        assert standing.next_probe_at is not None
        began = (standing.next_probe_at - NOON).total_seconds()
        took = min(duration, breaker.PROBE_TIMEOUT_S)
        standing = fail(probing(standing, at(began)), began=began, now=began + took, probe=True)
        assert standing.next_probe_at is not None
        assert (standing.next_probe_at - at(began)).total_seconds() <= breaker.LAST_PROBE_S
