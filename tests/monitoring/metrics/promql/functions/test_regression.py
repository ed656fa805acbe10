"""Straight lines. The figures are what promtool 2.42 says of the same samples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitoring.metrics.promql.functions import naive
from tests.monitoring.metrics.promql.functions.arguments import (
    Samples,
    made,
    many_windows,
    only,
    samples,
    scalar,
    window,
    windows,
)
from tests.monitoring.metrics.promql.functions.comparing import assert_rows

SAW = "1 3 2 5 4 7 6 9 8"


def test_a_slope_is_a_second() -> None:
    assert only(made("deriv", window(SAW))) == pytest.approx(0.06222222222222222, rel=1e-12)


def test_a_prediction_starts_at_the_step() -> None:
    assert only(made("predict_linear", window(SAW), scalar(60))) == pytest.approx(12.466666666666669, rel=1e-12)


def test_an_offset_moves_the_window_but_not_the_step() -> None:
    moved = windows([samples(SAW)], 120_000, [120_000], eval_times=[180_000])
    assert only(made("predict_linear", moved, scalar(0))) == pytest.approx(12.466666666666669, rel=1e-12)


def test_a_prediction_reaches_as_far_as_each_step_says() -> None:
    found = made("predict_linear", windows([samples("0 15 30 45")], 60_000, [45_000, 45_000]), scalar(10, 100))
    assert found.values[0] == pytest.approx([55, 145])


def test_a_level_line_is_level_even_without_digits_to_spare() -> None:
    assert only(made("deriv", window("1e300 1e300 1e300"))) == 0
    assert only(made("predict_linear", window("0.1 0.1 0.1"), scalar(1e9))) == 0.1


@pytest.mark.parametrize("text", ["Inf Inf", "1 Inf 2", "1 NaN 3"])
def test_there_is_no_line_through_infinity_or_nan(text: str) -> None:
    slope = only(made("deriv", window(text)))
    assert slope is not None
    assert math.isnan(slope)


def test_one_sample_makes_no_line() -> None:
    assert only(made("deriv", window("1"))) is None
    assert only(made("predict_linear", window("1"), scalar(1))) is None


@given(many_windows())
def test_slopes_are_as_defined(case: tuple[list[Samples], int, list[int]]) -> None:
    def slope(one: Samples, _step: int, _end: int) -> float | None:
        found = naive.line(one, one[0][0])
        return found and found[0]

    assert_rows(made("deriv", windows(*case)), naive.over(slope, *case))


@given(many_windows(), st.lists(st.floats(-1e4, 1e4), min_size=8, max_size=8), st.integers(0, 10**9))
def test_predictions_are_as_defined(
    case: tuple[list[Samples], int, list[int]], ahead: list[float], offset_ms: int
) -> None:
    def prediction(one: Samples, step: int, end: int) -> float | None:
        found = naive.line(one, end + offset_ms)
        return found and found[0] * ahead[step] + found[1]

    steps = [end + offset_ms for end in case[2]]
    found = made("predict_linear", windows(*case, eval_times=steps), scalar(*ahead[: len(steps)]))
    assert_rows(found, naive.over(prediction, *case))
