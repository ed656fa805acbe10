"""Whether there is anything at all, and the one value of a vector. Labels are as promtool 2.42 gives them."""

import math

import numpy as np
import pytest

from monitoring.metrics.promql.ast import Node, Number, Range, Selector
from monitoring.metrics.promql.storage import Labels, Matcher
from monitoring.metrics.promql.vectors import Scalar, Vector, Windows
from tests.monitoring.metrics.promql.functions.arguments import NAMED, called, rows, samples, vector, windows

SELECTOR = Selector(
    (
        Matcher("__name__", "=", "zz"),
        Matcher("a", "=", "1"),
        Matcher("b", "=~", "2"),
        Matcher("c", "=", "3"),
        Matcher("c", "=", "4"),
        Matcher("d", "=", ""),
        Matcher("e", "=", "5"),
        Matcher("e", "!=", "6"),
    ),
    0,
    None,
    invariant=False,
)


def absent(name: str, arg: Vector | Windows, node: Node) -> dict[Labels, list[float | None]]:
    found = called(name, arg, nodes=[node])
    assert isinstance(found, Vector)
    return rows(found)


def test_absence_has_the_labels_that_are_settled() -> None:
    assert absent("absent", vector({}), SELECTOR) == {(("a", "1"),): [1]}


def test_absence_of_an_expression_has_no_labels() -> None:
    assert absent("absent", vector({}), Number(1)) == {(): [1]}


def test_any_series_ends_absence_at_its_steps() -> None:
    some = vector({NAMED: [1, None, None], (): [1, math.nan, None]})
    assert absent("absent", some, Number(1)) == {(): [None, None, 1]}


def test_any_sample_in_a_window_ends_absence() -> None:
    some = windows([samples("1"), samples("_ 1")], 1000, [0, 15_000, 30_000])
    assert absent("absent_over_time", some, Range(SELECTOR, 1000, invariant=False)) == {(("a", "1"),): [None, None, 1]}


def test_no_series_at_all_are_absent_at_every_step() -> None:
    assert absent("absent_over_time", windows([], 1000, [0, 1]), Number(1)) == {(): [1, 1]}


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ({(): [1, None]}, [1, math.nan]),
        ({NAMED: [1, None, 3], (): [None, 2, 4]}, [1, 2, math.nan]),
    ],
)
def test_a_scalar_is_the_only_value(series: dict[Labels, list[float | None]], expected: list[float]) -> None:
    found = called("scalar", vector(series))
    assert isinstance(found, Scalar)
    np.testing.assert_array_equal(found.values, expected)


def test_no_series_are_no_scalar() -> None:
    found = called("scalar", Vector([], np.empty((0, 2)), np.empty((0, 2), np.bool_)))
    assert isinstance(found, Scalar)
    np.testing.assert_array_equal(found.values, [math.nan, math.nan])
