"""Quantiles of windows. The figures are what promtool 2.42 says of the same samples."""

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

QUANTILES = st.lists(st.floats(0, 1) | st.sampled_from([-1.0, 2.0, math.nan, 0.5]), min_size=8, max_size=8)


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert only(made("quantile_over_time", scalar(0.9), window("1 3 2 5 4 7 6 9 8"))) == pytest.approx(8.2, rel=1e-12)


def test_nan_is_less_than_all() -> None:
    assert only(made("quantile_over_time", scalar(0.5), window("1 2 3 NaN 5 _ 7"))) == 2.5


@pytest.mark.parametrize(("quantile", "expected"), [(-0.1, -math.inf), (1.1, math.inf)])
def test_a_quantile_outside_0_to_1_is_infinite(quantile: float, expected: float) -> None:
    assert only(made("quantile_over_time", scalar(quantile), window("1 2"))) == expected


def test_each_step_has_its_own_quantile() -> None:
    two = windows([samples("1 2 3")], 60_000, [30_000, 30_000])
    assert made("quantile_over_time", scalar(0, 1), two).values.tolist() == [[1, 3]]


def test_the_median_deviation_is_not_moved_by_one_outlier() -> None:
    assert only(made("mad_over_time", window("1 1 2 2 4 6 900"))) == 1


@given(many_windows(), QUANTILES)
def test_quantiles_are_as_defined(case: tuple[list[Samples], int, list[int]], quantiles: list[float]) -> None:
    found = made("quantile_over_time", scalar(*quantiles[: len(case[2])]), windows(*case))
    expected = naive.over(lambda one, step, _end: naive.quantile(quantiles[step], naive.values(one)), *case)
    assert_rows(found, expected)


@given(many_windows())
def test_median_deviations_are_as_defined(case: tuple[list[Samples], int, list[int]]) -> None:
    assert_rows(made("mad_over_time", windows(*case)), naive.over(lambda one, *_: naive.mad_over_time(one), *case))
