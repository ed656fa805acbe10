from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.formats.numbers import api_float
from monitoring.metrics.prometheus.serialising import number_texts, query_data, short_time, time_text
from monitoring.metrics.promql.vectors import Scalar, Text, Vector, Windows

UP = (("__name__", "up"), ("job", "node"))
TIMES = np.array([0, 250, 1000], dtype=np.int64)


def result(kind: str, value: Any, times: Any = TIMES) -> Any:
    return orjson.loads(query_data(kind, value, times))["result"]


def test_a_scalar_is_a_time_and_a_number_without_exponent() -> None:
    assert query_data("scalar", Scalar(np.array([1e21])), np.array([1680])) == (
        b'{"resultType":"scalar","result":[1.68,"1000000000000000000000"]}'
    )


def test_a_string_is_a_time_and_a_text() -> None:
    assert result("string", Text('a"b')) == [0, 'a"b']


def test_a_vector_holds_what_is_there() -> None:
    vector = Vector([UP, (), ()], np.array([[1.5], [2.0], [np.nan]]), np.array([[True], [False], [True]]))
    assert query_data("vector", vector, np.array([500])) == (
        b'{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"node"},"value":[0.500,"1.5"]},'
        b'{"metric":{},"value":[0.500,"NaN"]}]}'
    )


def test_a_matrix_leaves_out_missing_points_and_empty_series() -> None:
    vector = Vector(
        [UP, (), ()],
        np.array([[1, 2.5, 3], [4, 5, 6], [7, 8, 9]]),
        np.array([[True, True, True], [False, True, False], [False, False, False]]),
    )
    assert query_data("matrix", vector, TIMES) == (
        b'{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"node"},'
        b'"values":[[0,"1"],[0.250,"2.5"],[1,"3"]]},{"metric":{},"values":[[0.250,"5"]]}]}'
    )


def test_a_scalar_over_a_range_is_a_series_without_labels() -> None:
    assert result("matrix", Scalar(np.array([1.0, 2, 3]))) == [
        {"metric": {}, "values": [[0, "1"], [0.25, "2"], [1, "3"]]}
    ]


def test_windows_are_the_samples_within() -> None:
    windows = Windows(
        [UP, ()],
        np.array([1000, 2000, 3000]),
        np.array([1.0, 2.0, 3.0]),
        np.array([[1], [3]]),
        np.array([[3], [3]]),
        60_000,
        np.array([3000]),
        np.array([3000]),
    )
    assert result("matrix", windows) == [{"metric": dict(UP), "values": [[2, "2"], [3, "3"]]}]


def test_nothing_is_an_empty_list() -> None:
    empty = Vector([], np.empty((0, 1)), np.empty((0, 1), bool))
    assert (result("vector", empty), result("matrix", empty)) == ([], [])


@pytest.mark.parametrize(
    ("time_ms", "text", "short"),
    [
        (0, b"0", b"0"),
        (1_435_781_430_781, b"1435781430.781", b"1435781430.781"),
        (500, b"0.500", b"0.5"),
        (-1500, b"-1.500", b"-1.5"),
        (-1, b"-0.001", b"-0.001"),
        (10_000, b"10", b"10"),
    ],
)
def test_times_have_three_decimals_or_none(time_ms: int, text: bytes, short: bytes) -> None:
    assert (time_text(time_ms), short_time(time_ms)) == (text, short)


@given(st.lists(st.floats(width=64)))
def test_numbers_are_written_as_go_writes_them(values: list[float]) -> None:
    assert number_texts(np.array(values, dtype=np.float64)) == [api_float(value).encode() for value in values]


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 1.0, 10.0, 100.5, 1e15, 1e16, 123456789012345.6, 1e20, 1e21, 1e-4, 9.9e-5, 1e-7, 5e-324, 0.1 + 0.2],
)
def test_the_edges_of_the_quick_way_are_written_alike(value: float) -> None:
    assert number_texts(np.array([value, -value])) == [api_float(value).encode(), api_float(-value).encode()]
