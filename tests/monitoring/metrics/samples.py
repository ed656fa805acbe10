"""A naive store to compare with: the first value of each series and time, as bits."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from monitoring.metrics import ingest
from monitoring.metrics.ingest import Source
from monitoring.metrics.promql.storage import Hints, Labels, Matcher, Selection
from monitoring.metrics.reading import PostgresStorage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
NODE = Source("scrape", "node/a")

Bits = dict[tuple[Labels, int], int]


def labels_of(number: int, metric: str = "m") -> Labels:
    return (("__name__", metric), ("n", str(number)))


def bits(values: Iterable[float]) -> list[int]:
    found: list[int] = np.array(list(values), dtype=np.float64).view(np.uint64).tolist()
    return found


def add(samples: Iterable[tuple[Labels, int, int]], source: Source = NODE) -> None:
    """Append (labels, time in ms, bits of the value) in one batch."""
    rows = list(samples)
    resolved = ingest.resolve(source, [labels for labels, _, _ in rows])
    values = np.array([value for _, _, value in rows], dtype=np.uint64).view(np.float64)
    ingest.append(resolved.ids, np.array([time for _, time, _ in rows], dtype=np.int64), values, backfill=True)


def scatter(numbers: Iterable[int]) -> None:
    """Make the series of NODE in between others, so that their ids are not consecutive."""
    for number in numbers:
        ingest.resolve(NODE, [labels_of(number)])
        ingest.resolve(Source("scrape", "node/other"), [labels_of(number, "between")])


def select(
    *matchers: Matcher, start_ms: int = NOON_MS - 10**9, end_ms: int = NOON_MS + 10**9, **hints: Any
) -> Selection:
    wanted = matchers or (Matcher("__name__", "=", "m"),)
    return PostgresStorage().select(wanted, start_ms, end_ms, Hints(start_ms, end_ms, **hints))


def stored(selection: Selection) -> Bits:
    """What a selection holds; its order and freedom from doubles are checked."""
    found: Bits = {}
    bounds = selection.offsets.tolist()
    for labels, start, end in zip(selection.labels, bounds, bounds[1:], strict=False):
        times = selection.times[start:end]
        assert (np.diff(times) > 0).all()
        found |= dict(zip(((labels, time) for time in times.tolist()), bits(selection.values[start:end]), strict=True))
    assert sum(np.diff(selection.offsets)) == len(found)
    return found


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)
