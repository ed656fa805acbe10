"""The storage in memory, as any storage must be."""

import pytest

from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import Hints, Matcher, TooManySamplesError
from tests.monitoring.metrics.promql.stores import labels, store

ESTATE = store({"up{a=2}": [(0, 1), (1, 2), (2, 3)], "up{a=1}": [(1, 4)], "down{a=1}": [(9, 5)]})
UP = [Matcher("__name__", "=", "up")]


def test_series_are_sorted_whatever_their_order() -> None:
    assert ESTATE.labels == [labels("down{a=1}"), labels("up{a=1}"), labels("up{a=2}")]


def test_a_span_includes_both_ends() -> None:
    selection = ESTATE.select(UP, 1000, 2000, Hints(1000, 2000))
    assert selection.labels == [labels("up{a=1}"), labels("up{a=2}")]
    assert (selection.offsets.tolist(), selection.values.tolist()) == ([0, 1, 3], [4, 2, 3])


def test_series_apart_are_put_together() -> None:
    selection = ESTATE.select([Matcher("a", "!=", "1"), *UP], 0, 9000, Hints(0, 9000))
    assert selection.times.tolist() == [0, 1000, 2000]
    spread = ESTATE.select([Matcher("__name__", "=~", "down|up")], 0, 500, Hints(0, 500))
    assert spread.labels == [labels("up{a=2}")]


def test_nothing_selected_is_empty() -> None:
    selection = ESTATE.select([Matcher("a", "=", "7")], 0, 9000, Hints(0, 9000))
    assert (selection.labels, selection.offsets.tolist(), len(selection.times)) == ([], [0], 0)


def test_more_than_the_most_is_refused() -> None:
    with pytest.raises(TooManySamplesError):
        ESTATE.select(UP, 0, 9000, Hints(0, 9000, most_samples=3))


def test_series_with_samples_in_the_span() -> None:
    assert ESTATE.series([], 0, 1000) == [labels("up{a=1}"), labels("up{a=2}")]
    assert ESTATE.series([UP, [Matcher("a", "=", "1")]], 0, 9000, limit=2) == [labels("down{a=1}"), labels("up{a=1}")]


def test_names_and_values_of_labels() -> None:
    assert ESTATE.label_values(None, [], 0, 9000) == ["__name__", "a"]
    assert ESTATE.label_values("a", [UP], 0, 9000) == ["1", "2"]
    assert ESTATE.label_values("a", [], 0, 9000, limit=1) == ["1"]


def test_what_was_selected_is_a_store_too() -> None:
    selection = ESTATE.select(UP, 0, 9000, Hints(0, 9000))
    again = MemoryStorage.of_selection(selection).select([Matcher("a", "=", "2")], 0, 500, Hints(0, 500))
    assert again.values.tolist() == [1]
