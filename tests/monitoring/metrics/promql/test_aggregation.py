"""Aggregation operators, as Prometheus adds, orders and labels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.aggregation import aggregate, running_mean, welford
from monitoring.metrics.promql.parameters import largest
from monitoring.metrics.promql.vectors import Vector
from tests.monitoring.metrics.promql.stores import instant, labels, number, ranged, refused, steady, store

INF, NAN = float("inf"), float("nan")
ESTATE = steady("up{job=api,host=a}", "up{job=api,host=b}", "up{job=web,host=a}", "up{job=web,host=c}")


def of(*values: float) -> Vector:
    column = np.array(values, dtype=np.float64)[:, None]
    return Vector([(("n", str(i)),) for i in range(len(values))], column, np.ones(column.shape, dtype=np.bool_))


def total(op: str, *values: float) -> float:
    return float(aggregate(op, of(*values), (), False).values[0, 0])


@pytest.mark.parametrize(
    ("op", "value"),
    [("sum", 10), ("avg", 2.5), ("min", 1), ("max", 4), ("count", 4), ("group", 1), ("stdvar", 1.25)],
)
def test_all_series_make_one_without_labels(op: str, value: float) -> None:
    assert instant(ESTATE, f"{op}(up)") == {(): value}


def test_by_keeps_only_the_labels_named() -> None:
    assert instant(ESTATE, "sum by (job, nope) (up)") == {labels("{job=api}"): 3, labels("{job=web}"): 7}


def test_without_drops_the_labels_named_and_the_metric() -> None:
    assert instant(ESTATE, "max without (host) (up)") == {labels("{job=api}"): 2, labels("{job=web}"): 4}


def test_the_name_may_be_kept_by_name() -> None:
    assert instant(ESTATE, "count by (__name__) (up)") == {labels("up"): 4}


def test_nothing_makes_nothing() -> None:
    assert instant(ESTATE, "sum(nope)") == {}


def test_a_step_counts_only_the_series_it_has() -> None:
    samples = store({"up{a=1}": [(0, 1)], "up{a=2}": [(360, 5)]})
    assert ranged(samples, "sum(up)", 0, 720, 180) == {(): {0: 1, 180: 1, 360: 5, 540: 5}}


@pytest.mark.parametrize(
    ("op", "values", "value"),
    [
        ("min", (NAN, 2, 1), 1),
        ("max", (NAN, 2, 1), 2),
        ("max", (NAN, NAN), NAN),
        ("sum", (1, NAN), NAN),
        ("sum", (INF, -INF), NAN),
        ("avg", (INF, 1), INF),
        ("avg", (INF, -INF), NAN),
        ("avg", (1e308, 1e308, 1e308), 1e308),
        ("stddev", (0.1, 0.1, 0.1), 0),
        ("stddev", (INF, 1), NAN),
    ],
)
def test_numbers_that_are_none(op: str, values: tuple[float, ...], value: float) -> None:
    assert total(op, *values) == pytest.approx(value, nan_ok=True)


FLOATS = st.floats(allow_nan=True, width=32)


@given(st.lists(FLOATS, min_size=1, max_size=12))
def test_a_column_and_a_table_are_added_up_alike(values: list[float]) -> None:
    with np.errstate(all="ignore"):
        table = np.repeat(np.array(values, dtype=np.float64)[:, None], 2, axis=1)
        vector = Vector(of(*values).labels, table, np.ones(table.shape, dtype=np.bool_))
        mean = aggregate("avg", vector, (), False).values[0, 1]
        variance = aggregate("stdvar", vector, (), False).values[0, 1]
        assert np.array_equal([mean, variance], [running_mean(values), welford(values)], equal_nan=True)


@settings(max_examples=10)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_very_many_series_are_added_up_the_short_way_to_the_same(values: list[float]) -> None:
    many = np.array(values * 200 + values * 1901, dtype=np.float64)
    table = np.repeat(many[:, None], 2, axis=1)
    vector = Vector([(("n", str(i)),) for i in range(len(many))], table, np.ones(table.shape, dtype=np.bool_))
    assert aggregate("avg", vector, (), False).values[0, 0] == pytest.approx(running_mean(many.tolist()), 1e-9, 1e-9)
    assert aggregate("stdvar", vector, (), False).values[0, 0] == pytest.approx(welford(many.tolist()), 1e-8, 1e-9)


def test_topk_is_ordered_by_value_within_each_group() -> None:
    found = list(instant(ESTATE, "topk by (job) (1, up)").items())
    assert found == [(labels("up{job=api,host=b}"), 2), (labels("up{job=web,host=c}"), 4)]


def test_bottomk_is_ordered_from_below() -> None:
    assert list(instant(ESTATE, "bottomk(3, up)").values()) == [1, 2, 3]


def test_topk_chooses_anew_at_every_step() -> None:
    samples = store({"up{a=1}": [(0, 1), (60, 9)], "up{a=2}": [(0, 5), (60, 5)]})
    assert ranged(samples, "topk(1, up)", 0, 60, 60) == {labels("up{a=1}"): {60: 9}, labels("up{a=2}"): {0: 5}}


@pytest.mark.parametrize("k", ["0", "-1", "0.9"])
def test_less_than_one_series_is_none(k: str) -> None:
    assert instant(ESTATE, f"topk({k}, up)") == {}


@pytest.mark.parametrize(("k", "told"), [("NaN", "NaN"), ("1e30", "1e+30"), ("-Inf", "-Inf")])
def test_a_number_of_series_must_be_one(k: str, told: str) -> None:
    assert refused(ESTATE, f"topk({k}, up)") == f"Scalar value {told} overflows int64"


@given(st.lists(st.floats(), max_size=30), st.integers(1, 8))
def test_the_largest_are_what_sorting_finds(values: list[float], most: int) -> None:
    def rank(value: float) -> tuple[bool, float]:
        return (not math.isnan(value), 0.0 if math.isnan(value) else value)

    found = [rank(values[place]) for place in largest(values, most)]
    assert found == sorted(map(rank, values), reverse=True)[:most]


def test_which_of_equal_ones_stay_is_what_the_heap_of_go_keeps() -> None:
    assert largest([0, 0, 1, 1, 2], 2) == [4, 3]


def test_limitk_takes_the_first_of_each_group() -> None:
    assert instant(ESTATE, "limitk by (job) (1, up)") == {
        labels("up{job=api,host=a}"): 1,
        labels("up{job=web,host=a}"): 3,
    }


def test_a_ratio_and_its_complement_are_all() -> None:
    samples = steady(*(f"up{{n={i}}}" for i in range(50)))
    some, rest = instant(samples, "limit_ratio(0.3, up)"), instant(samples, "limit_ratio(-0.7, up)")
    assert 0 < len(some) < 50
    assert {**some, **rest} == instant(samples, "up")
    assert not set(some) & set(rest)


@pytest.mark.parametrize(
    ("q", "value"), [("0", 1), ("0.5", 2.5), ("1", 4), ("-1", -INF), ("1.1", INF), ("NaN", NAN), ("scalar(up{host='c'})/8", 2.5)]
)  # fmt: skip
def test_a_quantile_lies_between_its_neighbours(q: str, value: float) -> None:
    assert number(ESTATE, f"quantile({q}, up)") == pytest.approx(value, nan_ok=True)


def test_nan_is_below_all_numbers_in_a_quantile() -> None:
    samples = store({"up{a=1}": [(0, NAN)], "up{a=2}": [(0, 1)], "up{a=3}": [(0, 3)]})
    assert math.isnan(number(samples, "quantile(0, up)", 0))
    assert number(samples, "quantile(0.5, up)", 0) == 1


def test_a_quantile_leaves_out_what_is_absent() -> None:
    samples = store({"up{a=1}": [(0, 1), (360, 1)], "up{a=2}": [(0, 3)]})
    assert ranged(samples, "quantile(0.5, up)", 0, 360, 360) == {(): {0: 2, 360: 1}}


def test_values_are_counted_and_become_a_label() -> None:
    samples = store({f"up{{n={i}}}": [(0, value)] for i, value in enumerate([1e21, 0.1, 0.1, NAN, INF])})
    found = instant(samples, 'count_values("value", up)', 0)
    assert {dict(series)["value"]: count for series, count in found.items()} == {
        "1000000000000000000000": 1,
        "0.1": 2,
        "NaN": 1,
        "+Inf": 1,
    }


def test_counted_values_are_grouped_too() -> None:
    samples = store({"up{job=a,n=1}": [(0, 1)], "up{job=a,n=2}": [(0, 1)], "up{job=b,n=1}": [(0, 1)]})
    found = instant(samples, 'count_values by (job) ("v", up)', 0)
    assert found == {labels("{job=a,v=1}"): 2, labels("{job=b,v=1}"): 1}


def test_a_label_for_values_must_be_a_name() -> None:
    assert refused(ESTATE, 'count_values("a-b", up)') == 'invalid label name "a-b"'


def test_a_parameter_may_change_with_the_step() -> None:
    result = evaluate.query_range(ESTATE, "count(topk(time() / 60, up))", 60_000, 180_000, 60_000)
    assert isinstance(result.value, Vector)
    assert result.value.values[0].tolist() == [1, 2, 3]
