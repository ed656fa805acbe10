"""Many queries at one time."""

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.batch import query_many
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import Hints, Matchers, Selection, TooManySamplesError
from monitoring.metrics.promql.vectors import Vector
from tests.monitoring.metrics.promql.stores import steady

ESTATE = steady(*(f"up{{host=h{i}.example,job=api}}" for i in range(20)))
RULES = [f'avg_over_time(up{{host="h{i}.example",job="api"}}[5m]) > 3' for i in range(20)]


class Counting(MemoryStorage):
    asked = 0

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        self.asked += 1
        return super().select(matchers, start_ms, end_ms, hints)


class Stingy(Counting):
    """Refuses to read for several at once."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        selection = super().select(matchers, start_ms, end_ms, hints)
        if len(selection.labels) > 1:
            raise TooManySamplesError
        return selection


def storage(kind: type[Counting]) -> Counting:
    return kind(ESTATE.labels, ESTATE.offsets, ESTATE.times, ESTATE.values)


def found(one: evaluate.Result | PromqlError) -> object:
    if isinstance(one, PromqlError):
        return one.message
    assert isinstance(one.value, Vector)
    return one.value.labels, one.value.values.tolist()


def test_each_is_answered_as_alone() -> None:
    alone = [found(evaluate.query(ESTATE, rule, 600_000)) for rule in RULES]
    assert [found(one) for one in query_many(ESTATE, RULES, 600_000)] == alone


def test_rules_on_one_metric_share_a_read() -> None:
    counting = storage(Counting)
    query_many(counting, RULES, 600_000)
    assert counting.asked == 1


def test_few_rules_are_read_one_by_one() -> None:
    counting = storage(Counting)
    query_many(counting, RULES[:3], 600_000)
    assert counting.asked == 3


def test_what_may_not_be_read_together_is_read_alone() -> None:
    stingy = storage(Stingy)
    assert sum(isinstance(one, evaluate.Result) for one in query_many(stingy, RULES, 600_000)) == 20
    assert stingy.asked == 21


def test_an_error_is_that_of_its_rule_alone() -> None:
    results = query_many(ESTATE, ["sum(", *RULES, "up + on () up"], 600_000)
    assert [isinstance(one, PromqlError) for one in results] == [True, *[False] * 20, True]


def test_rules_over_very_different_times_do_not_share() -> None:
    counting = storage(Counting)
    query_many(counting, [*RULES, 'max_over_time(up{host="h1.example"}[1d])'], 600_000)
    assert counting.asked == 2


def test_the_deadline_is_of_all_together() -> None:
    found = query_many(ESTATE, ["up", "1"], 3_600_000, limits=Limits(deadline_s=-1))
    assert [one.kind for one in found] == ["timeout", "timeout"]
