"""Reading while others write."""

import time
from typing import Any

import numpy as np
import pytest

from monitoring.metrics import ingest
from monitoring.metrics.gathering import gather
from monitoring.metrics.index import series_index
from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.reading import PostgresStorage


@pytest.mark.django_db(transaction=True)
def test_a_series_that_another_thread_heard_of_first_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made after this reader has matched, and told to the index by somebody else before this reader's own answer is."""
    matchers = [Matcher("__name__", "=", "fresh")]
    PostgresStorage().select(matchers, 0, 1, Hints(0, 1))
    now_ms = time.time_ns() // 1_000_000
    place = "monitoring.metrics.reading.gather"

    def after_the_match(*words: Any) -> Any:
        monkeypatch.setattr(place, gather)
        [series] = ingest.resolve(ingest.Source("push", "test"), [(("__name__", "fresh"),)]).ids.tolist()
        ingest.append(np.array([series]), np.array([now_ms]), np.array([1.0]))
        answer = gather(*words)
        assert series_index.match(matchers).ids.tolist() == [series]
        return answer

    monkeypatch.setattr(place, after_the_match)
    found = PostgresStorage().select(matchers, now_ms - 1000, now_ms, Hints(now_ms - 1000, now_ms))
    assert found.values.tolist() == [1.0]
