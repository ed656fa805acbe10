"""Questions of many rules, asked together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from alerts.rules.asking import Asker
from alerts.rules.kinds.base import Span
from alerts.rules.kinds.metric import MetricKind
from monitoring.metrics import querying
from monitoring.metrics.ingest import Source, append, resolve
from monitoring.metrics.promql.errors import PromqlError
from tests.alerts.rules.asking_memory import plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def now_ms() -> int:
    import time

    return int(time.time() * 1000) - 60_000


def sample(value: float, at_ms: int) -> None:
    ids = resolve(Source("push", "test"), [(("__name__", "asked"),)]).ids
    append(ids, np.array([at_ms]), np.array([value]))


def test_the_same_question_is_asked_once(now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []
    real = querying.query_many

    def count(texts: Sequence[str], time_ms: int, **options: Any) -> Any:
        asked.append(texts)
        return real(texts, time_ms, **options)

    monkeypatch.setattr(querying, "query_many", count)
    Asker().answers(["asked", "asked", "asked + 1"], now_ms)
    assert asked == [["asked", "asked + 1"]]


def test_a_wrong_question_spoils_no_other(now_ms: int) -> None:
    sample(3, now_ms)
    found = Asker().answers(["asked", "asked +", "1 + 1"], now_ms)
    assert [isinstance(one, PromqlError) for one in found.values()] == [False, True, False]


def test_a_question_that_ran_out_of_time_is_asked_alone_from_then_on(
    now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[list[str]] = []

    def late(texts: Sequence[str], time_ms: int, **options: Any) -> Any:
        together.append(list(texts))
        return [PromqlError("timeout", querying.TIMED_OUT) for _ in texts]

    def alone(text: str, time_ms: int, **options: Any) -> Any:
        if text == "slow":
            raise PromqlError("timeout", querying.TIMED_OUT)
        return f"answer to {text}"

    monkeypatch.setattr(querying, "query_many", late)
    monkeypatch.setattr(querying, "query", alone)
    asker = Asker()
    first = asker.answers(["slow", "quick"], now_ms)
    assert [str(one) for one in first.values()] == [querying.TIMED_OUT, "answer to quick"]
    asker.answers(["slow", "quick"], now_ms)
    assert together == [["slow", "quick"], ["quick"]]


def test_a_kind_may_ask_for_the_past(now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kinds of rules that look back (forecasts, anomalies) will need."""
    for minute in range(5):
        sample(minute, now_ms - minute * 60_000)
    monkeypatch.setattr(MetricKind, "spans", lambda self: (Span("asked", 240, 60),))
    found = Asker().ask([plan(expression="asked")], now_ms)[1]
    assert not isinstance(found, PromqlError)
    assert [one.kind for one in found] == ["vector", "matrix"]
