from typing import Any

import pytest

from monitoring.metrics import ingest, querying
from monitoring.metrics.backends import local
from monitoring.metrics.ingest import Metadata, Source
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.storage import Matcher
from monitoring.metrics.promql.vectors import Vector
from opsportal.measures.registry import registry
from tests.monitoring.metrics.prometheus import estate

UP = [(Matcher("__name__", "=", "up"),)]
START_MS, END_MS = estate.T0 * 1000, estate.END * 1000


@pytest.fixture(autouse=True)
def _measured(db: None) -> None:
    estate.store()


def test_a_query_is_answered_at_one_time() -> None:
    result = querying.query('up{instance="a:1"}', END_MS)
    assert isinstance(result.value, Vector)
    assert (result.kind, result.value.values.tolist()) == ("vector", [[1.0]])


def test_a_range_is_answered_at_every_step() -> None:
    result = querying.query_range('up{instance="b:1"}', START_MS, START_MS + 45_000, 15_000)
    assert isinstance(result.value, Vector)
    assert result.value.values.tolist() == [[0.0, 1.0, 0.0, 1.0]]


def test_series_names_and_values_are_found() -> None:
    assert len(querying.series(UP, START_MS, END_MS)) == 2
    assert querying.label_names(UP, START_MS, END_MS) == ["__name__", "instance", "job"]
    assert querying.label_values("instance", UP, START_MS, END_MS) == ["a:1", "b:1"]
    assert querying.label_values("instance", UP, START_MS, END_MS, limit=1) == ["a:1"]


def test_metadata_is_found() -> None:
    one = Metadata("up", "gauge", "Whether it is up.", "")
    ingest.metadata_write(Source("scrape", "test"), [one])
    assert querying.metadata("up") == [one]
    assert querying.metadata("down") == []


def test_a_question_is_counted_by_how_it_ended() -> None:
    registry.take_counts()
    querying.query("1", END_MS)
    with pytest.raises(PromqlError):
        querying.query("sum(", END_MS)
    counts = {field.replace("\x1f", " "): count for field, count in registry.take_counts().items()}
    assert counts['opsportal_queries_total kind="query",outcome="success"'] == 1.0
    assert counts['opsportal_queries_total kind="query",outcome="bad_data"'] == 1.0


def test_no_time_is_no_answer() -> None:
    with pytest.raises(PromqlError) as caught:
        querying.query("up", END_MS, timeout_s=0)
    assert (caught.value.kind, caught.value.message) == ("timeout", "query timed out in query execution")


def test_many_questions_are_answered_at_once_each_by_itself() -> None:
    first, second, third, fourth = querying.query_many(["up", "sum(", "1 + 1", 'up{instance="a:1"}'], END_MS)
    assert isinstance(first, Result)
    assert len(first.value.labels) == 2  # type: ignore[union-attr]
    assert isinstance(second, PromqlError)
    assert isinstance(third, Result)
    assert third.kind == "scalar"
    assert isinstance(fourth, Result)
    assert len(fourth.value.labels) == 1  # type: ignore[union-attr]


def test_many_questions_share_one_time_limit() -> None:
    with pytest.raises(PromqlError) as caught:
        querying.query_many(["up"] * 3, END_MS, timeout_s=0)
    assert caught.value.kind == "timeout"


def test_a_question_too_large_to_run_beside_others_is_answered_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "SMALL_CELLS", 1)
    turns: list[float] = []
    monkeypatch.setattr(querying, "give_back", lambda: turns.append(1))
    assert len(querying.query("up", END_MS).value.labels) == 2  # type: ignore[union-attr]
    assert len(querying.query_range("up", START_MS, END_MS, 15_000).value.labels) == 2  # type: ignore[union-attr]
    both = querying.query_many(["up", "1"], END_MS)
    assert [one.kind for one in both] == ["vector", "scalar"]
    assert len(turns) == 3


def test_an_answer_of_too_many_points_is_refused(settings: Any) -> None:
    settings.METRICS_QUERY_MAX_POINTS = 5
    assert len(querying.query("up", END_MS).value.labels) == 2  # type: ignore[union-attr]
    with pytest.raises(PromqlError, match=r"points, at most 5 are sent \(METRICS_QUERY_MAX_POINTS\)"):
        querying.query_range("up", START_MS, END_MS, 15_000)
    with pytest.raises(PromqlError, match="at most 5 are sent"):
        querying.query("up[1h]", END_MS)


def test_what_the_portal_measures_itself_is_described_once_it_is_there() -> None:
    assert querying.metadata("engine_runs") == []
    ingest.resolve(Source("portal", "one"), [(("__name__", "engine_runs"), ("engine", "one"))])
    [found] = querying.metadata("engine_runs")
    assert (found.type, found.help) == ("gauge", "Runs written over the last 15 s.")
    ingest.metadata_write(Source("scrape", "test"), [Metadata("engine_runs", "counter", "Runs of an engine.", "")])
    assert [one.type for one in querying.metadata("engine_runs")] == ["counter"]
