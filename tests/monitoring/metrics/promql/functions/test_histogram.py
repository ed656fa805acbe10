"""Quantiles of classic histograms. The figures are what promtool 2.42 says of the same samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.functions.histogram import bound_of
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Vector
from tests.monitoring.metrics.promql.functions.arguments import made, only, rows, scalar, vector
from tests.monitoring.metrics.promql.functions.comparing import close

Buckets = dict[str, float | None]


def histogram(buckets: Buckets, **labels: str) -> dict[Labels, list[float | None]]:
    """One step of `h` with these counts by `le`."""
    return {tuple(sorted({"__name__": "h", "le": le, **labels}.items())): [count] for le, count in buckets.items()}


def quantile(q: float, buckets: Buckets) -> float | None:
    return only(made("histogram_quantile", scalar(q), vector(histogram(buckets))))


@pytest.mark.parametrize(
    ("q", "buckets", "expected"),
    [
        (0.5, {"0.1": 5, "0.5": 8, "1": 15, "1.0": 2, "+Inf": 20}, 0.6111111111111112),
        (0.9, {"0.1": 5, "0.5": 8, "1": 15, "1.0": 2, "+Inf": 20}, 1),
        (0.2, {"-1": 3, "2": 2, "+Inf": 10}, -1),
        (0.9, {"-1": 3, "2": 2, "+Inf": 10}, 2),
        (0.5, {"2": 10, "+Inf": 10}, 1),
        (0, {"2": 10, "4": 10, "+Inf": 10}, 0),
        (1, {"2": 3, "4": 10, "+Inf": 10}, 4),
        (-1, {"2": 3}, -math.inf),
        (2, {"2": 3}, math.inf),
    ],
)
def test_a_quantile_is_interpolated_within_its_bucket(q: float, buckets: Buckets, expected: float) -> None:
    assert quantile(q, buckets) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "buckets",
    [{"+Inf": 5}, {"1": 3, "2": 5}, {"1": 0, "2": 0, "+Inf": 0}, {"inf": 5, "+Inf": 5}],
    ids=["one bucket", "no infinite bucket", "no observations", "one bucket twice"],
)
def test_there_is_no_quantile_of_half_a_histogram(buckets: Buckets) -> None:
    value = quantile(0.5, buckets)
    assert value is not None
    assert math.isnan(value)


def test_an_unknown_quantile_is_unknown() -> None:
    value = quantile(math.nan, {"1": 3, "+Inf": 5})
    assert value is not None
    assert math.isnan(value)


def test_buckets_without_a_readable_bound_are_left_out() -> None:
    assert quantile(0.5, {"2": 10, "+Inf": 10, "many": 99, "": 99, "1e999": 99}) == 1


def test_a_dip_in_the_counts_is_levelled() -> None:
    assert quantile(0.5, {"1": 4, "2": 3, "3": 8, "+Inf": 8}) == quantile(0.5, {"1": 4, "2": 4, "3": 8, "+Inf": 8})


def test_histograms_are_told_apart_by_their_other_labels() -> None:
    both = histogram({"2": 1, "+Inf": 1}, job="a") | histogram({"8": 1, "+Inf": 1}, job="b")
    found = made("histogram_quantile", scalar(0.5), vector(both))
    assert rows(found) == {(("job", "a"),): [1], (("job", "b"),): [4]}


def test_histograms_are_told_apart_by_their_names_and_lose_them() -> None:
    other = {tuple({**dict(labels), "__name__": "other"}.items()): row for labels, row in histogram({"2": 1}).items()}
    found = made("histogram_quantile", scalar(0.5), vector(histogram({"2": 4, "+Inf": 4}) | other))
    assert found.labels == [(), ()]
    np.testing.assert_array_equal(found.values, [[1], [math.nan]])


def test_each_step_has_the_buckets_it_has() -> None:
    two, four = (("le", "2"),), (("le", "4"),)
    endless = (("le", "+Inf"),)
    found = made(
        "histogram_quantile",
        scalar(0.5, 0.5, 0.5, 1),
        vector({two: [10, None, None, 10], four: [20, 20, None, 20], endless: [20, 20, None, None]}),
    )
    [(labels, values)] = rows(found).items()
    assert labels == ()
    assert values[:3] == [2, 2, None]
    assert values[3] is not None
    assert math.isnan(values[3])


def test_without_buckets_there_is_nothing() -> None:
    found = made("histogram_quantile", scalar(0.5, 0.5), vector({(("job", "a"),): [1, 2]}))
    assert (found.labels, found.values.shape) == ([], (0, 2))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("1", 1.0),
        ("-.5e1", -5.0),
        ("1_0", 10.0),
        ("0x1p-2", 0.25),
        ("+Inf", math.inf),
        ("-infinity", -math.inf),
        ("", None),
        (" 1", None),
        ("1__0", None),
        ("1e400", None),
        ("0x10", None),
        ("nan", None),
        ("\N{ARABIC-INDIC DIGIT ONE}", None),
    ],
)
def test_bounds_are_read_as_go_reads_them(text: str, bound: float | None) -> None:
    assert bound_of(text) == bound


def naive_quantile(q: float, bounds: list[float], counts: list[float]) -> float:
    """Of ascending bounds that end with infinity."""
    raised = [max(counts[: number + 1]) for number in range(len(counts))]
    if len(bounds) < 2 or raised[-1] == 0:
        return math.nan
    rank = q * raised[-1]
    bucket = next((number for number, count in enumerate(raised[:-1]) if count >= rank), len(bounds) - 1)
    if bucket == len(bounds) - 1:
        return bounds[-2]
    if bucket == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[bucket - 1], raised[bucket - 1]) if bucket else (0.0, 0.0)
    share = (rank - below) / (raised[bucket] - below) if raised[bucket] != below else math.nan
    return start + (bounds[bucket] - start) * share


@given(
    st.sets(st.integers(-5, 50), max_size=8),
    st.lists(st.lists(st.integers(0, 9) | st.none(), min_size=9, max_size=9), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_quantiles_are_as_defined(bounds: set[int], steps: list[list[int | None]], q: float) -> None:
    names = [str(bound) for bound in sorted(bounds)] + ["+Inf"]
    found: Vector = made(
        "histogram_quantile",
        scalar(*[q] * len(steps)),
        vector({(("le", le),): [step[number] for step in steps] for number, le in enumerate(names)}),
    )
    for step, counts in enumerate(steps):
        here = [(float(le), float(count)) for le, count in zip(names, counts, strict=False) if count is not None]
        expected = None
        if here:
            complete = math.isinf(here[-1][0])
            expected = (
                naive_quantile(q, [bound for bound, _ in here], [count for _, count in here]) if complete else math.nan
            )
        got = float(found.values[0, step]) if found.present[0, step] else None
        assert close(got, expected), (counts, got, expected)


def test_a_thousand_histograms_are_worked_out_together() -> None:
    many = {
        key: value for number in range(1000) for key, value in histogram({"1": 1, "+Inf": 2}, n=str(number)).items()
    }
    found = made("histogram_quantile", scalar(0.25), vector(many))
    assert len(found.labels) == 1000
    assert np.unique(found.values).tolist() == [0.5]
