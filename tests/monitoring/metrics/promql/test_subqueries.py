"""Subqueries: which inner steps an outer window sees."""

import pytest

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.vectors import Windows
from tests.monitoring.metrics.promql.stores import labels, number, ranged, steady, store

SECONDS = store({"clock": [(time, time) for time in range(0, 3601, 5)]})


def steps(text: str, at: float) -> list[float]:
    value = evaluate.query(SECONDS, text, round(at * 1000)).value
    assert isinstance(value, Windows)
    seen: list[int] = value.times[value.starts[0, 0] : value.ends[0, 0]].tolist()
    return [time / 1000 for time in seen]


def test_steps_are_multiples_of_the_step() -> None:
    assert steps("clock[1m:25s]", 610) == [550, 575, 600]


def test_the_step_is_a_minute_when_left_out() -> None:
    assert steps("clock[3m:]", 610) == [480, 540, 600]


def test_both_ends_of_a_subquery_count() -> None:
    assert steps("clock[1m:30s]", 600) == [540, 570, 600]


def test_no_step_may_lie_in_a_short_subquery() -> None:
    assert ranged(SECONDS, "count_over_time(clock[10s:1m])", 615, 640, 25) == {}


def test_an_offset_moves_the_steps() -> None:
    assert steps("clock[1m:30s] offset 1m", 610) == [510, 540]


def test_at_fixes_the_steps() -> None:
    assert steps("clock[1m:30s] @ 310", 3000) == [270, 300]


def test_a_subquery_of_a_subquery() -> None:
    assert number(SECONDS, "max_over_time(min_over_time(clock[1m:30s])[2m:1m])", 600) == 540


def test_start_in_a_subquery_is_that_of_the_query() -> None:
    assert set(ranged(SECONDS, "min_over_time((clock @ start())[5m:1m])", 600, 900, 60)[()].values()) == {600}


@pytest.mark.parametrize("step", [30, 300, 7])
def test_each_step_sees_the_same_as_alone(step: float) -> None:
    text = "sum_over_time(clock[1m:13s] offset 5s)"
    together = ranged(SECONDS, text, 600, 1500, step)[()]
    assert together == {at: number(SECONDS, text, at) for at in together}
    assert len(together) == 900 // step + 1


def test_gaps_of_the_inner_series_stay_gaps() -> None:
    samples = store({"up": [(0, 1), (600, 2)]})
    assert number(samples, "count_over_time(up[20m:1m])", 1200) == 6 + 6


def test_labels_of_the_inner_series_are_kept() -> None:
    found = ranged(steady("up{a=1}", "up{a=2}"), "last_over_time(up[5m:1m])", 600, 600, 60)
    assert set(found) == {labels("up{a=1}"), labels("up{a=2}")}
