"""Windows of all lengths, gone through in parts that are bounded in memory and in time."""

import pytest

from monitoring.metrics.promql.functions import averages, kahan
from monitoring.metrics.promql.functions import windows as bounds
from monitoring.metrics.promql.vectors import Scalar, Windows
from tests.monitoring.metrics.promql.functions import naive
from tests.monitoring.metrics.promql.functions.arguments import Samples, made, scalar, windows
from tests.monitoring.metrics.promql.functions.comparing import assert_rows

SERIES: list[Samples] = [
    [(time, float(time * 7 % 11 - 5)) for time in range(40)],
    [(time, 1e10 + time % 3) for time in range(0, 40, 3)],
]
RANGE_MS = 12
ENDS = list(range(0, 60, 2))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a few samples reach."""
    monkeypatch.setattr(bounds, "MOST_CELLS", 16)
    monkeypatch.setattr(bounds, "MOST_SIDE_BY_SIDE", 7)
    monkeypatch.setattr(bounds, "MOST_UNCHECKED", 30)
    monkeypatch.setattr(bounds, "POSITIONS_UNCHECKED", 2)
    monkeypatch.setattr(averages, "AT_ONCE", 3)
    monkeypatch.setattr(kahan, "MOST_CELLS", 4)


def deriv(window: Samples) -> float | None:
    found = naive.line(window, window[0][0])
    return found and found[0]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("steps", [len(ENDS), 2])
@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("sum_over_time", naive.sum_over_time),
        ("avg_over_time", naive.avg_over_time),
        ("stdvar_over_time", naive.stdvar_over_time),
        ("max_over_time", naive.max_over_time),
        ("deriv", deriv),
        ("mad_over_time", naive.mad_over_time),
    ],
)
def test_work_in_parts_comes_to_the_same(name: str, compute: naive.Naive, steps: int) -> None:
    case = SERIES, RANGE_MS, ENDS[10 : 10 + steps]
    assert_rows(made(name, windows(*case)), naive.over(lambda one, *_: compute(one), *case))


@pytest.mark.usefixtures("small_parts")
def test_smoothing_in_parts_comes_to_the_same() -> None:
    half = scalar(*[0.5] * len(ENDS))
    found = made("holt_winters", windows(SERIES, RANGE_MS, ENDS), half, half)
    assert_rows(found, naive.over(lambda one, *_: naive.holt_winters(one, 0.5, 0.5), SERIES, RANGE_MS, ENDS))


class OverError(Exception):
    """The time of a query is over."""


def over() -> None:
    raise OverError


def checked() -> Windows:
    found = windows([[(time, (-1.0) ** time) for time in range(40)]], 30, list(range(40)))
    found.check = over
    return found


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("sum_over_time", 0),
        ("avg_over_time", 0),
        ("stddev_over_time", 0),
        ("min_over_time", 0),
        ("rate", 0),
        ("deriv", 0),
        ("predict_linear", 1),
        ("holt_winters", 2),
        ("mad_over_time", 0),
    ],
)
def test_long_work_ends_when_the_query_has_to(name: str, numbers: int) -> None:
    args: list[Scalar] = [scalar(*[0.5] * 40)] * numbers
    with pytest.raises(OverError):
        made(name, checked(), *args)


@pytest.mark.usefixtures("small_parts")
def test_one_long_window_ends_when_the_query_has_to() -> None:
    one = windows([[(time, 1.0) for time in range(80)]], 80, [80])
    one.check = over
    with pytest.raises(OverError):
        made("stddev_over_time", one)
