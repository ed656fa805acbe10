"""The order of an instant query's series, as Prometheus 2.42 gives it."""

import math

import pytest

from monitoring.metrics.promql.storage import Labels
from tests.monitoring.metrics.promql.functions.arguments import made, vector


def named(x: str) -> Labels:
    return (("__name__", "e"), ("x", x))


def order(name: str, values: dict[str, float | None], *names: str) -> str:
    found = made(name, vector({named(x): [value] for x, value in values.items()}), *names)
    return "".join(dict(labels)["x"] for labels, there in zip(found.labels, found.present[:, 0], strict=True) if there)


@pytest.mark.parametrize(("name", "expected"), [("sort", "cdabfhe"), ("sort_desc", "fabdche")])
def test_series_come_by_value_and_nan_last_and_backwards(name: str, expected: str) -> None:
    values = {"a": 3, "b": 3, "c": -math.inf, "d": 0, "e": math.nan, "f": math.inf, "g": None, "h": math.nan}
    assert order(name, values) == expected


def test_values_move_with_their_labels() -> None:
    found = made("sort", vector({named("a"): [2], named("b"): [1]}))
    assert (found.labels, found.values.tolist()) == ([named("b"), named("a")], [[1], [2]])


def test_a_range_query_keeps_its_order() -> None:
    found = made("sort_desc", vector({named("a"): [1, 2], named("b"): [2, 1]}))
    assert found.labels == [named("a"), named("b")]


def test_labels_with_digits_come_as_numbers() -> None:
    values: dict[str, float | None] = {"a10": 1, "a9": 1, "b": 1}
    assert order("sort_by_label", values, "x") == "a9a10b"
    assert order("sort_by_label_desc", values, "x") == "ba10a9"
