"""Functions of one number after another. The figures are what promtool 2.42 says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.functions.arithmetic import SIMPLE
from tests.monitoring.metrics.promql.functions.arguments import NAMED, made, only, rows, scalar, vector

NAN, INF = math.nan, math.inf


def of(name: str, value: float, *numbers: float) -> float | None:
    return only(made(name, vector({NAMED: [value]}), *(scalar(number) for number in numbers)))


def assert_same(found: float | None, expected: float) -> None:
    """Down to the sign of a zero."""
    assert found is not None
    assert found == pytest.approx(expected, rel=1e-12, abs=0, nan_ok=True)
    assert math.isnan(expected) or math.copysign(1, found) == math.copysign(1, expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("abs", -2.5, 2.5),
        ("ceil", -0.5, -0.0),
        ("floor", -0.5, -1),
        ("sgn", -0.0, -0.0),
        ("sgn", -7, -1),
        ("sgn", NAN, NAN),
        ("sqrt", -1, NAN),
        ("exp", 710, INF),
        ("ln", 0, -INF),
        ("log2", 1.0000001, 1.442694970155145e-07),
        ("log2", 0.125, -3),
        ("log10", 1000, 3),
        ("sinh", 710, INF),
        ("cosh", -710, INF),
        ("sinh", -25, -36002449668.69294),
        ("acosh", 0.5, NAN),
        ("atanh", 1, INF),
        ("deg", math.pi, 180),
        ("rad", 90, math.pi / 2),
    ],
)
def test_numbers_are_as_go_has_them(name: str, value: float, expected: float) -> None:
    assert_same(of(name, value), expected)


@pytest.mark.parametrize(
    ("value", "nearest", "expected"),
    [(2.5, 1, 3), (-2.5, 1, -2), (-0.4, 1, 0.0), (17, 5, 15), (0.26, 0.1, 0.3), (5, 0, NAN)],
)
def test_halves_are_rounded_up(value: float, nearest: float, expected: float) -> None:
    assert_same(of("round", value, nearest), expected)


def test_without_a_width_numbers_are_rounded_to_integers() -> None:
    assert of("round", 1.6) == 2


@pytest.mark.parametrize(
    ("name", "value", "bounds", "expected"),
    [
        ("clamp", 5, (1, 3), 3),
        ("clamp", NAN, (1, 3), NAN),
        ("clamp", 5, (NAN, 3), NAN),
        ("clamp_min", -0.0, (0,), 0.0),
        ("clamp_max", 0.0, (-0.0,), -0.0),
        ("clamp_max", NAN, (-INF,), -INF),
        ("clamp_min", NAN, (INF,), INF),
        ("clamp_min", NAN, (0,), NAN),
    ],
)
def test_numbers_are_kept_within_bounds(name: str, value: float, bounds: tuple[float, ...], expected: float) -> None:
    assert_same(of(name, value, *bounds), expected)


def test_bounds_the_wrong_way_round_leave_nothing_at_that_step() -> None:
    found = made("clamp", vector({NAMED: [5, 5]}), scalar(1, 9), scalar(3, 3))
    assert list(rows(found).values()) == [[3, None]]


def test_bounds_may_differ_by_step() -> None:
    assert made("clamp_max", vector({NAMED: [5, 5]}), scalar(1, 9)).values.tolist() == [[1, 5]]


@pytest.mark.parametrize("name", [*SIMPLE, "round"])
def test_the_name_goes_and_gaps_stay(name: str) -> None:
    found = made(name, vector({NAMED: [0.5, None]}), times_ms=[0, 1])
    assert found.labels == [(("job", "api"),)]
    assert found.present.tolist() == [[True, False]]


@given(st.floats(1e-300, 1e300))
def test_logarithms_are_logarithms(value: float) -> None:
    assert of("log2", value) == pytest.approx(math.log2(value), rel=1e-9, abs=1e-15)
    assert of("log10", value) == pytest.approx(math.log10(value), rel=1e-9, abs=1e-15)


@given(st.lists(st.floats(), min_size=3, max_size=3))
def test_clamping_twice_is_clamping_once(numbers: list[float]) -> None:
    value, *bounds = numbers
    once = of("clamp", value, *bounds)
    if once is not None:
        np.testing.assert_equal(of("clamp", once, *bounds), once)
