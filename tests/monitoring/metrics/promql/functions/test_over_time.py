"""What the samples of a window come to. The figures are what promtool 2.42 says of the same samples."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitoring.metrics.promql.functions import naive
from tests.monitoring.metrics.promql.functions.arguments import (
    Samples,
    made,
    many_windows,
    one_series,
    only,
    window,
    windows,
)
from tests.monitoring.metrics.promql.functions.comparing import assert_rows

NAMES = (
    "avg_over_time changes count_over_time first_over_time last_over_time max_over_time min_over_time present_over_time "
    "resets stddev_over_time stdvar_over_time sum_over_time"
)


@pytest.mark.parametrize("name", NAMES.split())
@given(case=many_windows())
def test_windows_come_to_what_is_defined(name: str, case: tuple[list[Samples], int, list[int]]) -> None:
    compute: naive.Naive = getattr(naive, name)
    assert_rows(made(name, windows(*case)), naive.over(lambda one, *_: compute(one), *case))


@pytest.mark.parametrize("name", ["avg_over_time", "sum_over_time", "stddev_over_time", "max_over_time"])
@given(one=one_series())
def test_few_and_many_windows_come_to_the_same(name: str, one: Samples) -> None:
    alone = made(name, windows([one], 300_000, [300_000]))
    among = made(name, windows([one] * 20, 300_000, [300_000]))
    assert_rows(
        among, [[value if there else None] for value, there in zip(alone.values[0], alone.present[0], strict=True)] * 20
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=100, max_size=300))
def test_long_sums_are_right(values: list[float]) -> None:
    found = made("sum_over_time", windows([list(enumerate(values))], 300, [299]))
    assert only(found) == pytest.approx(float(sum(map(Fraction, values))), rel=1e-9, abs=0)


def test_digits_that_cancel_are_not_lost() -> None:
    assert only(made("sum_over_time", window("1e100 1 -1e100 1"))) == 2
    assert only(made("avg_over_time", window("1e100 1 -1e100 1"))) == 0.25


def test_digits_that_cancel_are_not_lost_among_many_windows() -> None:
    one = [(0, 1e100), (1, 1.0), (2, -1e100), (3, 1.0)]
    assert made("sum_over_time", windows([one] * 20, 10, [3])).values.tolist() == [[2.0]] * 20


@pytest.mark.parametrize("text", ["Inf 1 2", "1 Inf Inf", "1e308 Inf 1e308"])
def test_a_mean_with_an_infinity_is_infinite(text: str) -> None:
    assert only(made("avg_over_time", window(text))) == math.inf


@pytest.mark.parametrize("text", ["Inf -Inf", "-Inf 1 Inf", "1 NaN 2", "Inf NaN"])
def test_a_mean_of_both_infinities_or_nan_is_nan(text: str) -> None:
    value = only(made("avg_over_time", window(text)))
    assert value is not None
    assert math.isnan(value)


def test_a_mean_does_not_overflow() -> None:
    found = made("avg_over_time", windows([[(time, 1e308) for time in range(10)]] * 8, 10, [9]))
    assert found.values == pytest.approx(np.full((8, 1), 1e308), rel=1e-9)


def test_equal_samples_have_no_spread() -> None:
    assert only(made("stdvar_over_time", window("0.1 0.1 0.1"))) == 0


def test_spread_is_the_populations() -> None:
    assert only(made("stddev_over_time", window("1 3 2 5 4 7 6 9 8"))) == pytest.approx(2.581988897471611, rel=1e-12)


def test_nan_is_the_least_and_the_greatest_only_of_nothing_else() -> None:
    assert only(made("min_over_time", window("NaN 3 NaN 2"))) == 2
    assert only(made("max_over_time", window("NaN -3 NaN"))) == -3
    nothing = only(made("max_over_time", window("NaN NaN")))
    assert nothing is not None
    assert math.isnan(nothing)


def test_nan_after_nan_is_no_change() -> None:
    assert only(made("changes", window("1 NaN NaN 1 1 2"))) == 3


def test_the_times_of_the_first_and_last_sample_are_seconds() -> None:
    assert only(made("ts_of_first_over_time", window("_ 5 6 7"))) == 15
    assert only(made("ts_of_last_over_time", window("_ 5 6 7"))) == 45


def test_an_empty_window_has_no_result() -> None:
    found = made("sum_over_time", windows([[], [(0, 1.0)]], 1000, [0, 5000]))
    assert found.present.tolist() == [[False, False], [True, False]]


def test_no_series_have_no_results() -> None:
    assert made("avg_over_time", windows([], 1000, [0, 1])).values.shape == (0, 2)
