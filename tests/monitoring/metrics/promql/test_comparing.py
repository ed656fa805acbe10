"""The comparison itself: that it sees what differs."""

import re
from functools import cache

import numpy as np
import pytest

from benchmarks.compat.answers import Answer, Question, Row, refusal
from benchmarks.compat.compare import verdict
from benchmarks.compat.queries import FAMILIES, queries
from benchmarks.compat.queries.query import Query, spread
from benchmarks.compat.scope import reason_outside
from monitoring.metrics.promql.lexing import AGGREGATORS
from monitoring.metrics.promql.signatures import SIGNATURES


def vector(*values: float) -> Answer:
    rows = [Row((("n", str(i)),), np.array([1000]), np.array([value])) for i, value in enumerate(values)]
    return Answer("vector", rows)


@pytest.mark.parametrize("value", [1.5, float("nan"), float("inf"), float("-inf"), 0.0])
def test_the_same_values_are_equal(value: float) -> None:
    assert verdict(vector(value), vector(value)) == ("equal", "")


def test_a_value_within_a_thousand_millionth_is_equal() -> None:
    assert verdict(vector(1e6), vector(1e6 + 1e-4))[0] == "equal"


@pytest.mark.parametrize("pair", [(1e6, 1e6 + 1e-2), (float("nan"), 0.0), (float("inf"), float("-inf")), (0.0, 1e-30)])
def test_another_value_differs(pair: tuple[float, float]) -> None:
    assert verdict(vector(pair[0]), vector(pair[1]))[0] == "differing"


def test_a_missing_series_differs() -> None:
    assert verdict(vector(1, 2), vector(1)) == ("differing", "missing {n='1'}")


def test_a_series_twice_differs() -> None:
    twice = Answer("vector", vector(1).rows * 2)
    assert verdict(vector(1), twice)[0] == "differing"


def test_another_time_differs() -> None:
    late = Answer("vector", [vector(1).rows[0]._replace(times=np.array([1001]))])
    assert verdict(vector(1), late)[0] == "differing"


@pytest.mark.parametrize(("ordered", "expected"), [(True, "differing"), (False, "equal")])
def test_the_order_of_series_counts_where_it_is_asked_for(ordered: bool, expected: str) -> None:
    backwards = Answer("vector", vector(1, 2).rows[::-1])
    assert verdict(vector(1, 2), backwards, ordered=ordered)[0] == expected


def test_an_error_in_place_of_an_answer_is_a_refusal() -> None:
    assert verdict(vector(1), refusal("bad_data", "no"))[0] == "refused"


def test_an_answer_in_place_of_an_error_differs() -> None:
    assert verdict(refusal("bad_data", "no"), vector(1))[0] == "differing"


def test_an_error_in_other_words_is_told_apart() -> None:
    assert verdict(refusal("execution", "no"), refusal("execution", "never"))[0] == "words"


def test_an_error_of_another_kind_differs() -> None:
    assert verdict(refusal("execution", "no"), refusal("bad_data", "no"))[0] == "differing"


def test_a_template_is_spread_over_every_combination() -> None:
    assert spread("$fn(up$at)", fn="abs ln", at=["", " @ 0"]) == ["abs(up)", "abs(up @ 0)", "ln(up)", "ln(up @ 0)"]


def test_a_moment_within_an_expression_counts_from_the_beginning_of_the_data() -> None:
    asked = [one.text for one in Query("up @ <60.5>", moments=(1,), spans=((0, 60, 15),)).questions(1000)]
    assert asked == ["up @ 1060.500", "up @ 1060.500"]


def reason(text: str, step_ms: int = 0) -> str:
    return reason_outside(Question(text, 0, 0, step_ms))


@pytest.mark.parametrize(
    "text", ["histogram_sum(up)", "limitk(2, up)", '{"up"}', "{job='a', 'b'='c'}", "first_over_time(up[5m])", "('a')"]
)
def test_what_is_newer_or_native_is_outside_the_scope(text: str) -> None:
    assert reason(text)


@pytest.mark.parametrize(
    "text", ["up", "histogram_quantile(0.9, up)", "count_values('up', up)", "{job='limitk'}", """{job=~"x{',\"'"}"""]
)
def test_the_rest_is_inside_the_scope(text: str) -> None:
    assert reason(text) == ""


def test_a_window_fixed_in_time_under_predict_linear_is_outside_only_in_a_range() -> None:
    text = "predict_linear(up[5m] @ 0, 60)"
    assert (reason(text), bool(reason(text, 60_000))) == ("", True)


@pytest.mark.parametrize("name", sorted(name for name in SIGNATURES if not reason(f"{name}(up)")))
def test_every_function_is_asked_about(name: str) -> None:
    assert [text for text in expressions() if f"{name}(" in text] != []


@pytest.mark.parametrize("name", sorted(name for name in AGGREGATORS if not reason(f"{name}(up)")))
def test_every_aggregation_is_asked_about(name: str) -> None:
    assert [text for text in expressions() if re.search(rf"\b{name}\s*(by|without|\()", text)] != []


@cache
def expressions() -> list[str]:
    return [query.text for family in FAMILIES for query in queries(family)]
