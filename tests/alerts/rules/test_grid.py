"""The times at which rules are evaluated."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules.grid import following, latest, phase_s, rounds

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
INTERVALS = st.one_of(st.integers(1, 86_400).map(float), st.floats(1, 600))
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(st.integers(1, 10**9), INTERVALS, TIMES)
def test_the_next_time_is_within_an_interval_and_on_the_grid(rule: int, interval_s: float, now: datetime) -> None:
    unit = f"rule:{rule}"
    at = following(unit, interval_s, now)
    assert now < at <= now + timedelta(seconds=interval_s, milliseconds=1)
    assert abs((following(unit, interval_s, at) - at).total_seconds() - interval_s) < 1e-3


@given(st.integers(1, 10**9), st.integers(1, 86_400), st.integers(0, 50), st.floats(0, 0.99))
def test_as_many_rounds_are_missed_as_were_passed_over(rule: int, interval_s: int, passed: int, into: float) -> None:
    unit = f"rule:{rule}"
    due = following(unit, interval_s, NOW)
    at, missed = rounds(unit, interval_s, due, due + timedelta(seconds=interval_s * (passed + into)))
    assert missed == passed
    assert at == due + timedelta(seconds=interval_s * passed)


def test_a_rule_asked_for_between_two_times_is_evaluated_then() -> None:
    now = latest("rule:7", 60, NOW) + timedelta(seconds=20)
    assert rounds("rule:7", 60, now, now + timedelta(milliseconds=5)) == (now, 0)


def test_rules_of_one_interval_spread_over_it() -> None:
    places = Counter(phase_s(f"rule:{number}", 15) for number in range(15_000))
    assert len(places) == 15
    assert min(places.values()) > 800


@pytest.mark.parametrize("interval_s", [1, 15, 60, 3600])
def test_the_place_is_a_whole_second_and_the_same_for_ever(interval_s: int) -> None:
    assert phase_s("rule:1", interval_s) == phase_s("rule:1", interval_s) == int(phase_s("rule:1", interval_s))
