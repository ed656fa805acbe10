from datetime import timedelta

import pytest

from monitoring.metrics import prefetching
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.models import Series
from monitoring.metrics.promql.storage import Hints, Matcher, Selection, TooManySamplesError
from monitoring.metrics.reading import PostgresStorage
from tests.monitoring.metrics.samples import NOON, NOON_MS, add, labels_of, later, stored

ALL = [Matcher("__name__", "=", "m")]


@pytest.fixture(autouse=True)
def _filled(db: None) -> None:
    add(
        (labels_of(n), NOON_MS + minute * 60_000, minute + 1)
        for minute in range(30)
        for n in range(4)
        if minute % (n + 1) == 0
    )


def both(*matchers: Matcher, start: int = 20, end: int = 29) -> tuple[Selection, Selection]:
    """From a snapshot of ten minutes, and from the store."""
    start_ms, end_ms = NOON_MS + start * 60_000, NOON_MS + end * 60_000
    snapshot = prefetching.recent([ALL], NOON_MS + 20 * 60_000, NOON_MS + 29 * 60_000)
    hints = Hints(start_ms, end_ms)
    return snapshot.select(matchers, start_ms, end_ms, hints), PostgresStorage().select(
        matchers, start_ms, end_ms, hints
    )


@pytest.mark.parametrize(
    "matchers", [ALL, [Matcher("n", "=", "2")], [Matcher("n", "=~", "1|3")], [Matcher("n", "=", "9")]]
)
@pytest.mark.parametrize("span", [(20, 29), (22, 25), (5, 29)])
def test_a_snapshot_answers_as_the_store(matchers: list[Matcher], span: tuple[int, int]) -> None:
    one, other = both(*matchers, start=span[0], end=span[1])
    assert stored(one) == stored(other)
    assert one.labels == other.labels


def test_series_that_were_not_read_ahead_come_from_the_store() -> None:
    snapshot = prefetching.recent([[Matcher("n", "=", "1")]], NOON_MS, NOON_MS + 10**6)
    hints = Hints(NOON_MS, NOON_MS + 10**6)
    assert len(snapshot.select(ALL, NOON_MS, NOON_MS + 10**6, hints).labels) == 4


def test_a_snapshot_counts_before_it_copies() -> None:
    snapshot = prefetching.recent([ALL], NOON_MS, NOON_MS + 10**6)
    with pytest.raises(TooManySamplesError):
        snapshot.select(ALL, NOON_MS, NOON_MS + 10**6, Hints(NOON_MS, NOON_MS + 10**6, most_samples=3))


def test_the_store_counts_before_it_decodes() -> None:
    with pytest.raises(TooManySamplesError):
        PostgresStorage().select(ALL, NOON_MS, NOON_MS + 10**7, Hints(NOON_MS, NOON_MS + 10**7, most_samples=3))


def test_series_and_label_values_are_those_with_samples_in_the_span() -> None:
    storage = PostgresStorage()
    at = NOON_MS + 60_000
    assert storage.label_values("n", [ALL], at, at) == ["0"]
    assert storage.label_values(None, [], NOON_MS, at) == ["__name__", "n"]
    assert [dict(labels)["n"] for labels in storage.series([ALL], NOON_MS, NOON_MS, limit=2)] == ["0", "1"]
    assert storage.series([ALL], at - 10**8, at - 10**8 + 1000) == []


def test_series_in_blocks_are_told_by_their_headers() -> None:
    compact(later(120), Deadline(60))
    storage = PostgresStorage()
    assert storage.label_values("n", [ALL], NOON_MS + 29 * 60_000, NOON_MS + 10**6 * 3) == ["0"]
    assert storage.label_values("n", [ALL], NOON_MS, NOON_MS + 10**6) == ["0", "1", "2", "3"]


def test_over_long_spans_the_day_that_a_series_was_last_seen_decides() -> None:
    Series.objects.filter(labels__n="2").update(last_seen_at=NOON - timedelta(days=9))
    storage = PostgresStorage()
    assert storage.label_values("n", [ALL], NOON_MS - 10**8, NOON_MS) == ["0", "1", "3"]
