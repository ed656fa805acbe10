"""Whole queries: kinds of results, their order, what holds at every step."""

import numpy as np
import pytest

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import Hints, Matchers, Selection
from monitoring.metrics.promql.vectors import Scalar, Text, Vector
from tests.monitoring.metrics.promql.stores import instant, labels, number, ranged, refused, steady, store

ESTATE = steady("up{job=b}", "up{job=a}", "build")


class Recording(MemoryStorage):
    """A store that remembers what it was asked."""

    asked: list[tuple[tuple[str, ...], Hints]]

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        self.asked.append((tuple(matcher.value for matcher in matchers), hints))
        return super().select(matchers, start_ms, end_ms, hints)


class Coarse(Recording):
    """One that reads a roll-up wherever a range is wanted."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        selection = super().select(matchers, start_ms, end_ms, hints)
        selection.tier = "1h"
        selection.warnings = ["from the roll-up of 1h"]
        return selection


def recording(kind: type[Recording]) -> Recording:
    storage = kind(ESTATE.labels, ESTATE.offsets, ESTATE.times, ESTATE.values)
    storage.asked = []
    return storage


def test_a_scalar_is_one_number() -> None:
    result = evaluate.query(ESTATE, "1 + 1", 4000)
    assert (result.kind, result.step_times_ms.tolist()) == ("scalar", [4000])
    assert isinstance(result.value, Scalar)
    assert result.value.values.tolist() == [2]


def test_a_string_is_itself() -> None:
    result = evaluate.query(ESTATE, '"a"', 0)
    assert result.kind == "string"
    assert result.value == Text("a")


def test_a_scalar_over_a_range_is_a_series_without_labels() -> None:
    assert ranged(ESTATE, "time()", 0, 120, 60) == {(): {0: 0, 60: 60, 120: 120}}


def test_a_range_ends_with_the_last_whole_step() -> None:
    assert list(ranged(ESTATE, "time()", 0, 100, 60)[()]) == [0, 60]


def test_a_matrix_is_sorted_by_labels() -> None:
    assert list(ranged(ESTATE, '{__name__=~"up|build"}')) == [labels("build"), labels("up{job=a}"), labels("up{job=b}")]


def test_a_sorted_vector_stays_so() -> None:
    assert list(instant(ESTATE, "sort_desc(up)").values()) == [2, 1]


@pytest.mark.parametrize(("text", "kind"), [("up[5m]", "range vector"), ('"a"', "string")])
def test_only_numbers_and_vectors_have_ranges(text: str, kind: str) -> None:
    with pytest.raises(PromqlError) as caught:
        evaluate.query_range(ESTATE, text, 0, 60_000, 15_000)
    message = f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector'
    assert (caught.value.kind, caught.value.message) == ("bad_data", message)


@pytest.mark.parametrize(
    "text",
    [
        "sum by (job) (rate(up[5m]))",
        "up * on (job) group_left build or up",
        "topk(1, up)",
        "max_over_time(sum(up)[10m:1m])",
        "absent(up > 1)",
        "label_replace(up, 'a', '$1', 'job', '(.*)')",
        "up @ 60 + time()",
        "scalar(build) * minute()",
        "count_values('v', up)",
        "quantile_over_time(0.3, up[3m] offset 1m)",
    ],
)
def test_a_range_is_its_steps_one_by_one(text: str) -> None:
    together = ranged(ESTATE, text, 600, 1200, 120)
    for at in range(600, 1201, 120):
        alone = instant(ESTATE, text, at)
        assert alone == {series: values[at] for series, values in together.items() if at in values}


def test_a_selector_is_read_once_for_all_steps() -> None:
    storage = recording(Recording)
    ranged(storage, "sum(rate(up[5m] offset 1m))", 600, 1200, 60)
    assert storage.asked == [(("up",), Hints(240_000, 1_140_000, 60_000, 300_000, "rate", 12_000_000))]


def test_equal_selectors_are_read_together() -> None:
    storage = recording(Recording)
    value = number(storage, "sum(up) / count(up) + sum(count_over_time(up[20m]))", 1800)
    assert value == 1.5 + 2 * 81
    assert len(storage.asked) == 1


def test_equal_selectors_far_apart_are_read_alone() -> None:
    storage = recording(Recording)
    assert number(storage, "sum(up) - sum(up offset 30m)", 3600) == 0
    assert len(storage.asked) == 2


def test_a_roll_up_is_not_shared_with_another_function() -> None:
    storage = recording(Coarse)
    result = evaluate.query(storage, "sum(up) + sum(max_over_time(up[20m]))", 1_800_000)
    assert {hints.function for _, hints in storage.asked} == {"", "max_over_time"}
    assert result.notes.warnings == ["from the roll-up of 1h"]


def test_what_never_changes_is_worked_out_once() -> None:
    storage = recording(Recording)
    ranged(storage, "sum(up @ 60)", 600, 1200, 60)
    assert storage.asked[0][1][:2] == (60_000 - 300_000, 60_000)


def test_another_lookback_may_be_asked_for() -> None:
    result = evaluate.query(store({"up": [(0, 1)]}), "up", 120_000, lookback_ms=60_000)
    assert isinstance(result.value, Vector)
    assert result.value.labels == []


def test_functions_that_drop_the_name_must_leave_series_apart() -> None:
    samples = store({"old": [(0, 1)], "new": [(600, 2)]})
    text = 'last_over_time({__name__=~"old|new"}[1h])'
    assert set(instant(samples, text)) == {labels("old"), labels("new")}
    message = "vector cannot contain metrics with the same labelset"
    assert refused(samples, 'max_over_time({__name__=~"old|new"}[1h])') == message


def test_a_query_in_portions_is_the_same_as_in_one() -> None:
    times = range(0, 3601, 15)
    storage = store({f"n{{i={i}}}": [(time, time * i) for time in times] for i in range(20)})
    text = "sum(rate(n[5m])) + on () group_right topk(3, n) - on () group_left count(n @ end())"
    whole = evaluate.query_range(storage, text, 0, 3_600_000, 60_000)
    portions = evaluate.query_range(storage, text, 0, 3_600_000, 60_000, limits=Limits(most_held=1000))
    assert isinstance(whole.value, Vector)
    assert isinstance(portions.value, Vector)
    assert whole.value.labels == portions.value.labels
    assert np.array_equal(whole.value.present, portions.value.present)
    assert np.array_equal(whole.value.values[whole.value.present], portions.value.values[whole.value.present])
