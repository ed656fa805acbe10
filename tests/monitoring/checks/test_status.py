from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.choices import Impact, Status
from monitoring.checks.status import (
    BY_SEVERITY,
    Circumstances,
    Rules,
    Standing,
    advanced,
    flap_percent,
    service_status,
    shown,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
UP, DEGRADED, DOWN, UNKNOWN = Status.UP, Status.DEGRADED, Status.DOWN, Status.UNKNOWN


def after(*verdicts: Status, rules: Rules = Rules(), start: Standing = Standing()) -> Standing:
    standing = start
    for minute, verdict in enumerate(verdicts):
        standing = advanced(standing, verdict, rules, NOON + timedelta(minutes=minute))
    return standing


def test_the_first_good_run_counts_at_once() -> None:
    assert (after(UP).status, after(UP).hard) == (UP, True)


@pytest.mark.parametrize("verdict", [DEGRADED, DOWN, UNKNOWN])
def test_a_new_check_that_fails_is_pending_until_that_is_confirmed(verdict: Status) -> None:
    assert (after(verdict).status, after(verdict).hard) == (Status.PENDING, False)
    assert after(verdict, verdict).status == verdict


def test_a_fault_is_soft_until_it_is_confirmed() -> None:
    once = after(UP, DOWN, rules=Rules(failures_before_down=2))
    assert (once.status, once.hard) == (UP, False)
    twice = after(UP, DOWN, DOWN, rules=Rules(failures_before_down=2))
    assert (twice.status, twice.hard, twice.since) == (DOWN, True, NOON + timedelta(minutes=2))


def test_a_good_run_in_between_starts_the_count_again() -> None:
    assert after(UP, DOWN, UP, DOWN, rules=Rules(failures_before_down=2)).status == UP


def test_recovery_needs_its_own_number_of_good_runs() -> None:
    rules = Rules(failures_before_down=1, successes_before_up=3)
    assert after(DOWN, UP, UP, rules=rules).status == DOWN
    assert after(DOWN, UP, UP, UP, rules=rules).status == UP


def test_faults_of_changing_kind_confirm_the_level_they_share() -> None:
    assert after(UP, DEGRADED, DOWN, rules=Rules(failures_before_down=2)).status == DEGRADED
    assert after(UP, DEGRADED, DOWN, DOWN, rules=Rules(failures_before_down=2)).status == DOWN


def test_one_good_run_takes_a_degraded_check_from_down_to_degraded() -> None:
    assert after(DOWN, DEGRADED).status == DEGRADED


@given(st.lists(st.sampled_from([UP, DEGRADED, DOWN, UNKNOWN]), min_size=1), st.integers(1, 20), st.integers(1, 20))
def test_a_status_is_one_that_was_seen_since_it_last_changed_or_a_level_between(
    verdicts: list[Status], failures: int, successes: int
) -> None:
    standing = after(*verdicts, rules=Rules(failures, successes))
    assert standing.confirmed in {*BY_SEVERITY.values(), Status.PENDING}
    assert (standing.confirmed == Status.PENDING) <= (UP not in verdicts)
    assert standing.hard == (standing.confirmed == verdicts[-1])
    assert len(standing.history) == min(len(verdicts), 21)


@given(
    st.sampled_from([UP, DEGRADED, DOWN, UNKNOWN]),
    st.lists(st.sampled_from([UP, DEGRADED, DOWN, UNKNOWN])),
    st.integers(1, 20),
)
def test_enough_equal_runs_always_confirm(last: Status, before: list[Status], needed: int) -> None:
    assert after(*before, *[last] * needed, rules=Rules(needed, needed)).status == last


def test_since_stays_while_the_status_does() -> None:
    assert after(UP, UP, UP).since == NOON


def test_a_check_that_changes_again_and_again_flaps_until_it_is_quiet() -> None:
    flapping = after(*[UP, DOWN] * 8, rules=Rules(1, 1))
    assert flapping.flapping
    calmer = after(*[UP] * 13, rules=Rules(1, 1), start=flapping)
    assert calmer.flapping
    assert not after(*[UP] * 9, rules=Rules(1, 1), start=calmer).flapping


def test_the_share_of_changes_counts_against_a_full_history() -> None:
    assert flap_percent("ud" * 10 + "u") == 100
    assert flap_percent("uud") == 5
    assert flap_percent("uugdd") == 5


@pytest.mark.parametrize(
    ("around", "status"),
    [
        (Circumstances(paused=True, maintenance=True, stale=True), Status.PAUSED),
        (Circumstances(maintenance=True, stale=True), Status.MAINTENANCE),
        (Circumstances(stale=True), Status.STALE),
        (Circumstances(), UP),
    ],
)
def test_pause_goes_before_maintenance_before_staleness(around: Circumstances, status: Status) -> None:
    assert shown(after(UP), around, NOON).status == status


def test_a_check_that_never_ran_is_pending_not_stale() -> None:
    assert shown(Standing(), Circumstances(stale=True), NOON).status == Status.PENDING


def test_what_maintenance_hides_is_shown_when_it_ends() -> None:
    hidden = advanced(after(UP), DOWN, Rules(1, 1), NOON, Circumstances(maintenance=True))
    assert hidden.status == Status.MAINTENANCE
    assert shown(hidden, Circumstances(), NOON).status == DOWN


DECIDES, DEGRADES, INFORMS = Impact.DECIDES, Impact.DEGRADES, Impact.INFORMS


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([], Status.PENDING),
        ([(UP, DECIDES), (DOWN, DECIDES)], DOWN),
        ([(UP, DECIDES), (DOWN, DEGRADES)], DEGRADED),
        ([(UP, DECIDES), (DOWN, INFORMS)], UP),
        ([(Status.STALE, DECIDES), (UP, DECIDES)], Status.STALE),
        ([(UNKNOWN, DECIDES), (UP, DECIDES)], UNKNOWN),
        ([(Status.PAUSED, DECIDES), (UP, DECIDES)], UP),
        ([(Status.PAUSED, DECIDES), (Status.PENDING, DECIDES)], Status.PAUSED),
        ([(DEGRADED, DEGRADES), (UP, DECIDES)], DEGRADED),
    ],
)
def test_a_service_follows_from_its_checks(checks: list[tuple[Status, Impact]], status: Status) -> None:
    assert service_status(checks) == status
    assert service_status(checks, maintenance=True) == Status.MAINTENANCE
