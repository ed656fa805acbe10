"""How fast counters change. The figures are what promtool 2.42 says of the same samples."""

import pytest
from hypothesis import given

from tests.monitoring.metrics.promql.functions import naive
from tests.monitoring.metrics.promql.functions.arguments import Samples, made, many_windows, only, window, windows
from tests.monitoring.metrics.promql.functions.comparing import assert_rows

WITH_RESET_AND_GAP = "0 10 20 5 15 25 _ _ 60"


@pytest.mark.parametrize(
    ("name", "range_s", "expected"),
    [
        ("rate", 120, 0.6666666666666666),
        ("rate", 75, 0.7333333333333334),
        ("increase", 120, 80),
        ("irate", 60, 0.7777777777777778),
    ],
)
def test_a_counter_grows_on_over_resets_and_gaps(name: str, range_s: float, expected: float) -> None:
    assert only(made(name, window(WITH_RESET_AND_GAP, range_s))) == pytest.approx(expected, rel=1e-12)


def test_a_gauge_may_fall() -> None:
    assert only(made("delta", window("9 7 8 1"))) == pytest.approx(-8 * 52.5 / 45)
    assert only(made("idelta", window("9 7 8 1"))) == -7


@pytest.mark.parametrize("name", ["rate", "increase", "delta", "irate", "idelta"])
def test_one_sample_has_no_rate(name: str) -> None:
    assert only(made(name, window("_ _ 3"))) is None


def test_a_counter_is_not_taken_below_zero() -> None:
    # 1 → 61 in 60 s of a window of 120 s: it was zero a second before the first sample.
    assert only(made("increase", window("_ 1 16 31 46 61", range_s=76))) == pytest.approx(61)


def test_a_series_far_from_the_border_goes_half_an_interval_further() -> None:
    # 5 samples over 60 s, the border 60 s away: 67.5 s are covered, and 15 s to the end are not reached.
    assert only(made("delta", window("_ _ _ _ 0 15 30 45 60 _ _"))) == pytest.approx(75)


def test_resets_that_nearly_cancel_keep_their_digits() -> None:
    assert only(made("increase", window("1e15 1000000000000001 3", range_s=30))) == 4


@pytest.mark.parametrize(
    ("name", "counter", "per_second"), [("rate", True, True), ("increase", True, False), ("delta", False, False)]
)
@given(case=many_windows())
def test_rates_are_as_defined(
    name: str, counter: bool, per_second: bool, case: tuple[list[Samples], int, list[int]]
) -> None:
    def growth(one: Samples, _step: int, end: int) -> float | None:
        return naive.extrapolated(one, case[1], end, counter=counter, per_second=per_second)

    assert_rows(made(name, windows(*case)), naive.over(growth, *case))


@given(many_windows())
def test_changes_between_the_last_two_are_as_defined(case: tuple[list[Samples], int, list[int]]) -> None:
    assert_rows(made("irate", windows(*case)), naive.over(lambda one, *_: naive.irate(one), *case))
    assert_rows(made("idelta", windows(*case)), naive.over(lambda one, *_: naive.idelta(one), *case))
