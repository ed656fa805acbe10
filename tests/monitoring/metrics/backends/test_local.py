import time
from typing import Any

import pytest

from monitoring.metrics.backends.local import Local, whole
from monitoring.metrics.promql.storage import Matcher
from monitoring.metrics.reading import PostgresStorage
from tests.monitoring.metrics.prometheus import estate

UP = [(Matcher("__name__", "=", "up"),)]
EVER = (0, 4_000_000_000_000)


@pytest.fixture(autouse=True)
def _measured(db: None) -> None:
    estate.store()


def unread(*_: Any) -> Any:
    raise AssertionError("samples are read")


def test_what_there_is_over_all_time_is_known_without_reading_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresStorage, "series", unread)
    monkeypatch.setattr(PostgresStorage, "label_values", unread)
    store = Local()
    assert len(store.series(UP, *EVER, 0, 5)) == 2
    assert store.label_values("instance", UP, *EVER, 1, 5) == ["a:1"]
    assert "room" in store.label_values(None, [], *EVER, 0, 5)


def test_all_time_and_each_moment_of_it_agree() -> None:
    store, moment = Local(), (estate.T0 * 1000, estate.END * 1000)
    assert store.series([], *EVER, 0, 5) == store.series([], *moment, 0, 5)
    assert store.label_values(None, UP, *EVER, 0, 5) == store.label_values(None, UP, *moment, 0, 5)


@pytest.mark.parametrize(("days", "ahead_s", "expected"), [(31, 60, True), (29, 60, False), (31, -60, False)])
def test_a_span_is_whole_when_it_holds_all_that_is_kept(days: int, ahead_s: int, expected: bool) -> None:
    now_ms = int(time.time() * 1000)
    assert whole(now_ms - days * 86_400_000, now_ms + ahead_s * 1000) is expected
