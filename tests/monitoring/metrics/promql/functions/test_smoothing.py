"""Double exponential smoothing. The figures are what promtool 2.42 says of the same samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.errors import PromqlError
from tests.monitoring.metrics.promql.functions import naive
from tests.monitoring.metrics.promql.functions.arguments import (
    Samples,
    made,
    many_windows,
    only,
    scalar,
    window,
    windows,
)
from tests.monitoring.metrics.promql.functions.comparing import assert_rows

FACTORS = st.lists(st.floats(0.01, 0.99), min_size=8, max_size=8)


@pytest.mark.parametrize("name", ["holt_winters", "double_exponential_smoothing"])
def test_level_and_trend_are_followed(name: str) -> None:
    found = made(name, window("1 3 2 5 4 7 6 9 8"), scalar(0.5), scalar(0.3))
    assert only(found) == pytest.approx(8.7858398984375, rel=1e-12)


def test_one_sample_is_not_smoothed() -> None:
    assert only(made("holt_winters", window("1"), scalar(0.5), scalar(0.5))) is None


@pytest.mark.parametrize(
    ("smoothing", "trend", "words"),
    [
        (1.5, 0.3, "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.500000"),
        (0, 7, "invalid smoothing factor. Expected: 0 < sf < 1, got: 0.000000"),
        (0.5, 1, "invalid trend factor. Expected: 0 < tf < 1, got: 1.000000"),
        (0.5, float("inf"), "invalid trend factor. Expected: 0 < tf < 1, got: +Inf"),
        (0.5, -float("inf"), "invalid trend factor. Expected: 0 < tf < 1, got: -Inf"),
    ],
)
def test_factors_lie_between_0_and_1(smoothing: float, trend: float, words: str) -> None:
    with pytest.raises(PromqlError) as raised:
        made("holt_winters", window("1"), scalar(smoothing), scalar(trend))
    assert (raised.value.kind, raised.value.message) == ("execution", words)


def test_a_factor_is_not_looked_at_where_there_is_nothing_to_smooth() -> None:
    assert only(made("holt_winters", window("_ _", range_s=1), scalar(5), scalar(5))) is None


@given(many_windows(), FACTORS, FACTORS)
def test_smoothing_is_as_defined(
    case: tuple[list[Samples], int, list[int]], smoothing: list[float], trend: list[float]
) -> None:
    steps = len(case[2])
    found = made("holt_winters", windows(*case), scalar(*smoothing[:steps]), scalar(*trend[:steps]))
    expected = naive.over(lambda one, step, _end: naive.holt_winters(one, smoothing[step], trend[step]), *case)
    assert_rows(found, expected)
