"""What one query may cost, and that every bound is an error of Prometheus."""

import sys

import pytest

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.errors import TIMED_OUT, TOO_DEEP, TOO_MANY_SAMPLES, PromqlError, TooMuchError
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import Hints, Matchers, Selection
from tests.monitoring.metrics.promql.stores import steady

ESTATE = steady(*(f"up{{n={i}}}" for i in range(10)))


def error(text: str, limits: Limits) -> tuple[str, str]:
    with pytest.raises(PromqlError) as caught:
        evaluate.query(ESTATE, text, 3_600_000, limits=limits)
    return caught.value.kind, caught.value.message


@pytest.mark.parametrize("limits", [Limits(most_samples=100), Limits(most_held=100), Limits(most_cells=5)])
def test_too_many_samples(limits: Limits) -> None:
    kind, message = error("rate(up[5m])", limits)
    assert (kind, message.partition(":")[0]) == ("execution", TOO_MANY_SAMPLES)
    assert message.endswith("ask for fewer series, a shorter time or a larger step")


def test_samples_of_all_selectors_count() -> None:
    limits = Limits(most_samples=300)
    evaluate.query(ESTATE, "count_over_time(up[5m])", 3_600_000, limits=limits)
    assert error("count_over_time(up[5m]) + count_over_time(up[5m] offset 30m)", limits)[1].startswith(TOO_MANY_SAMPLES)


def test_too_many_series() -> None:
    assert error("up", Limits(most_series=9)) == (
        "execution",
        "query selects 10 series, at most 9 are allowed for one selector",
    )


def test_a_deadline_that_has_passed() -> None:
    assert error("up", Limits(deadline_s=-1)) == ("timeout", TIMED_OUT)


def test_a_deadline_that_passes_on_the_way() -> None:
    class Slow(MemoryStorage):
        def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
            while True:
                evaluate.query(ESTATE, "sum(up)", 3_600_000, limits=limits)

    limits = Limits(deadline_s=0.0)
    slow = Slow(ESTATE.labels, ESTATE.offsets, ESTATE.times, ESTATE.values)
    with pytest.raises(PromqlError) as caught:
        evaluate.query(slow, "up", 3_600_000, limits=Limits(deadline_s=60))
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    "text", ["sum(up[1000y:1ms])", "max_over_time(up[200y:1ms])", "sum_over_time((up[5m:1ms] + 1)[200y:1ms])"]
)
def test_endless_subqueries_end_at_once(text: str) -> None:
    with pytest.raises(PromqlError):
        evaluate.query(ESTATE, text, 3_600_000)


def test_a_caller_deep_in_the_stack_gets_an_error_too() -> None:
    def deeper(levels: int) -> None:
        if levels:
            return deeper(levels - 1)
        with pytest.raises(PromqlError, match=TOO_DEEP):
            evaluate.query(ESTATE, "sum(" * 90 + "up" + ")" * 90, 3_600_000)
        return None

    deeper(sys.getrecursionlimit() - 350)


def test_a_range_has_at_most_11_000_points() -> None:
    evaluate.query_range(ESTATE, "1", 0, 11_000, 1)
    with pytest.raises(PromqlError) as caught:
        evaluate.query_range(ESTATE, "1", 0, 11_001, 1)
    assert caught.value.kind == "bad_data"
    assert caught.value.message == (
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
    )


@pytest.mark.parametrize(
    ("end", "step", "word"), [(-1, 1, "end timestamp"), (1, 0, "step widths"), (1, -1, "step widths")]
)
def test_a_range_goes_forward(end: int, step: int, word: str) -> None:
    with pytest.raises(PromqlError, match=word):
        evaluate.query_range(ESTATE, "1", 0, end, step)


def test_a_vector_too_wide_for_one_portion_is_worked_out_in_several() -> None:
    limits = Limits(most_cells=50)
    result = evaluate.query_range(ESTATE, "sum(up)", 0, 1_200_000, 60_000, limits=limits)
    assert not isinstance(result.value, str)
    with pytest.raises(PromqlError, match=TOO_MANY_SAMPLES):
        evaluate.query_range(ESTATE, "up", 0, 1_200_000, 60_000, limits=limits)


def test_vectors_that_wait_for_others_count() -> None:
    limits = Limits(most_cells=25)
    assert error("up + (up + up)", limits)[1].startswith(TOO_MANY_SAMPLES)
    evaluate.query(ESTATE, "up + up", 3_600_000, limits=limits)
    assert error("topk(scalar(topk(scalar(count(up)), up)), up)", limits)[1].startswith(TOO_MANY_SAMPLES)


def test_series_that_a_query_makes_up_are_bounded() -> None:
    text = " or ".join(f'label_replace(up, "m", "{number}", "", "")' for number in range(9))
    assert error(text, Limits(most_series=30))[1] == "a part of the query yields 40 series, at most 30 are allowed"


def test_labels_that_double_at_every_step_come_to_an_end() -> None:
    text = "label_replace(" * 60 + "up" + ', "n", "$1$1", "n", "(.*)")' * 60
    kind, message = error(text, Limits())
    assert (kind, message) == (
        "execution",
        "a label would have more than 32,768 characters; take a shorter replacement",
    )
    assert error(f'label_replace(up, "n", "{"$1" * 40_000}", "n", "(.*)")', Limits())[1] == message
    assert error(f'label_join(up, "n", "{"x" * 20_000}", "n", "n", "n")', Limits())[1] == message


def test_many_long_labels_are_bounded_together() -> None:
    store = steady(*(f"up{{n={i}}}" for i in range(600)))
    with pytest.raises(PromqlError, match="16,777,216 characters together"):
        evaluate.query(store, f'label_replace(up, "long", "{"x" * 30_000}", "", "")', 3_600_000)


def test_a_query_that_may_not_be_portioned_says_so() -> None:
    limits = Limits(most_cells=50, in_portions=False)
    with pytest.raises(TooMuchError):
        evaluate.query_range(ESTATE, "sum(up)", 0, 1_200_000, 60_000, limits=limits)
