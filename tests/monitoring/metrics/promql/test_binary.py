"""Binary operators: arithmetic, comparisons, sets, and how the series of two vectors are paired."""

import math

import pytest

from tests.monitoring.metrics.promql.stores import instant, labels, number, ranged, refused, steady, store

NONE = store({})
ESTATE = store(
    {
        "errors{job=api,host=a}": [(600, 1)],
        "errors{job=api,host=b}": [(600, 2)],
        "errors{job=web,host=c}": [(600, 3)],
        "requests{job=api,host=a}": [(600, 10)],
        "requests{job=api,host=b}": [(600, 20)],
        "requests{job=db,host=d}": [(600, 30)],
        "build{job=api,version=v1}": [(600, 1)],
        "build{job=web,version=v2}": [(600, 1)],
    }
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 + 2 * 3", 13),
        ("-7 % 3", -1),
        ("1 / 0", math.inf),
        ("0 / 0", math.nan),
        ("5 % 0", math.nan),
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("-Inf ^ 0.5", -math.inf),
        ("(-Inf) ^ 0.5", math.inf),
        ("NaN ^ 0", 1),
        ("1 atan2 1", math.pi / 4),
        ("2 > bool 1", 1),
        ("NaN == bool NaN", 0),
        ("NaN != bool NaN", 1),
    ],
)
def test_scalars(text: str, value: float) -> None:
    assert number(NONE, text) == pytest.approx(value, nan_ok=True)


def test_a_comparison_keeps_the_series_it_holds_for_as_they_are() -> None:
    assert instant(ESTATE, "errors > 1") == {labels("errors{job=api,host=b}"): 2, labels("errors{job=web,host=c}"): 3}


def test_a_comparison_from_the_left_keeps_the_value_of_the_series() -> None:
    assert instant(ESTATE, "1 < errors < 3") == {labels("errors{job=api,host=b}"): 2}


def test_bool_answers_for_every_series_and_drops_the_name() -> None:
    assert instant(ESTATE, "errors{job='api'} == bool 2") == {
        labels("{job=api,host=a}"): 0,
        labels("{job=api,host=b}"): 1,
    }


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "%", "^"])
def test_arithmetic_drops_the_name(op: str) -> None:
    assert set(instant(ESTATE, f"errors{{job='web'}} {op} 2")) == {labels("{job=web,host=c}")}


def test_an_arc_tangent_leaves_the_name_as_prometheus_2_42_does() -> None:
    assert set(instant(ESTATE, "errors{job='web'} atan2 2")) == {labels("errors{job=web,host=c}")}


def test_series_are_paired_by_all_labels_but_the_name() -> None:
    assert instant(ESTATE, "errors / requests") == {labels("{job=api,host=a}"): 0.1, labels("{job=api,host=b}"): 0.1}


def test_on_pairs_by_the_labels_named_and_keeps_only_those() -> None:
    assert instant(ESTATE, "errors{job='web'} * on (job) build") == {labels("{job=web}"): 3}


def test_ignoring_pairs_by_the_others() -> None:
    assert instant(ESTATE, "build + ignoring (version, host) errors{job='web'}") == {labels("{job=web}"): 4}


def test_group_left_keeps_the_labels_of_the_many_and_takes_some_of_the_one() -> None:
    found = instant(ESTATE, "errors * on (job) group_left (version) build")
    assert found[labels("{job=api,host=a,version=v1}")] == 1
    assert found[labels("{job=web,host=c,version=v2}")] == 3
    assert len(found) == 3


def test_group_right_is_the_same_from_the_other_side() -> None:
    found = instant(ESTATE, "build - on (job) group_right (version) errors")
    assert found[labels("{job=api,host=b,version=v1}")] == -1


def test_a_label_that_the_one_does_not_have_is_taken_off_the_many() -> None:
    found = instant(ESTATE, "errors{host='c'} * on (job) group_left (host) build")
    assert set(found) == {labels("{job=web}")}


def test_two_on_the_side_of_one_are_refused() -> None:
    assert refused(ESTATE, "build * on (job) group_left errors") == (
        'found duplicate series for the match group {job="api"} on the right hand-side of the operation:'
        ' [{__name__="errors", host="b", job="api"}, {__name__="errors", host="a", job="api"}]'
        ";many-to-many matching not allowed: matching labels must be unique on one side"
    )


def test_the_side_of_one_is_the_left_with_group_right() -> None:
    assert "on the left hand-side" in refused(ESTATE, "errors * on (job) group_right build")


def test_many_without_a_grouping_are_refused() -> None:
    message = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    assert refused(ESTATE, "errors * on (job) build") == message


def test_a_grouping_must_leave_series_apart() -> None:
    message = "multiple matches for labels: grouping labels must ensure unique matches"
    assert refused(ESTATE, "errors * on (job) group_left (host) build") == message


def test_twos_at_different_steps_are_none() -> None:
    samples = store(
        {"up{a=1}": [(0, 1)], "one{v=x}": [(0, 5)], "one{v=y}": [(600, 7)], "many{n=1}": [(0, 1), (600, 1)]}
    )
    assert ranged(samples, "many * on () group_left one", 0, 600, 600) == {labels("{n=1}"): {0: 5, 600: 7}}
    assert ranged(samples, "many * on () group_left (v) one", 0, 600, 600) == {
        labels("{n=1,v=x}"): {0: 5},
        labels("{n=1,v=y}"): {600: 7},
    }


def test_twos_where_the_other_side_has_nothing_are_none() -> None:
    samples = store({"one{v=x}": [(0, 5), (600, 5)], "one{v=y}": [(0, 7)], "many": [(600, 2)]})
    assert ranged(samples, "many * on () group_left one", 0, 600, 600) == {(): {600: 10}}


def test_and_keeps_the_left_where_the_right_has_any() -> None:
    assert set(instant(ESTATE, "errors and requests")) == {
        labels("errors{job=api,host=a}"),
        labels("errors{job=api,host=b}"),
    }


def test_unless_keeps_the_left_where_the_right_has_none() -> None:
    assert set(instant(ESTATE, "errors unless on (job) requests")) == {labels("errors{job=web,host=c}")}


def test_or_adds_the_right_where_the_left_has_none() -> None:
    assert set(instant(ESTATE, "errors or on (job) requests")) == {
        *instant(ESTATE, "errors"),
        labels("requests{job=db,host=d}"),
    }


def test_or_changes_sides_from_step_to_step() -> None:
    samples = store({"up{a=1}": [(600, 2)], "old{a=1}": [(0, 1), (600, 1)]})
    found = ranged(samples, "up or old", 0, 600, 600)
    assert found == {labels("old{a=1}"): {0: 1}, labels("up{a=1}"): {600: 2}}


def test_and_follows_the_steps() -> None:
    samples = store({"up": [(0, 1), (600, 2)], "on": [(600, 0)]})
    assert ranged(samples, 'up and {__name__="on"}', 0, 600, 600) == {labels("up"): {600: 2}}


def test_equal_label_sets_at_one_step_are_refused() -> None:
    for text in ('{__name__=~"errors|requests"} + 1', '-{__name__=~"errors|requests"}'):
        assert refused(ESTATE, text) == "vector cannot contain metrics with the same labelset"


def test_equal_label_sets_at_different_steps_are_one_series() -> None:
    samples = store({"old": [(0, 1)], "new": [(600, 2)]})
    assert ranged(samples, '{__name__=~"old|new"} * 10', 0, 600, 600) == {(): {0: 10, 600: 20}}


def test_a_long_chain_is_no_deep_one() -> None:
    assert number(steady("up"), "+".join(["up"] * 3000)) == 3000
