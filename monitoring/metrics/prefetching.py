"""Many small questions about the last minutes, answered from one read: for groups of rules.

    snapshot = prefetching.recent(matcher_sets, start_ms, end_ms)
    query(snapshot, "avg_over_time(m[5m]) > 3", end_ms)

`matcher_sets` are those of all selectors that will be asked for. What was not read ahead, another span or other series, is read from
PostgreSQL as usual; so a snapshot never answers less than the store, only as of the moment it was taken.
"""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.index import Matched, series_index
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection, TooManySamplesError
from monitoring.metrics.reading import PostgresStorage, samples


class Snapshot:
    """The samples of some series within a span, in memory; a `Storage`."""

    def __init__(self, found: Matched, columns: Columns, start_ms: int, end_ms: int) -> None:
        self.found, self.start_ms, self.end_ms = found, start_ms, end_ms
        self.times, self.values = columns.times, columns.values
        self.places = {series_id: place for place, series_id in enumerate(columns.ids.tolist())}
        self.offsets: list[int] = columns.offsets.tolist()
        self.read_ids = frozenset(found.ids.tolist())
        self.behind = PostgresStorage()

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        found = series_index.match(matchers, look=False)
        ids = found.ids.tolist()
        if start_ms < self.start_ms or end_ms > self.end_ms or not self.read_ids.issuperset(ids):
            return self.behind.select(matchers, start_ms, end_ms, hints)
        labels, bounds = [], []
        for own, series_id in zip(found.labels, ids, strict=True):
            place = self.places.get(series_id)
            if place is not None:
                low, high = self._bounds(place, start_ms, end_ms)
                if high > low:
                    labels.append(own)
                    bounds.append((low, high))
        return self._cut(labels, bounds, hints.most_samples)

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        return self.behind.series(matcher_sets, start_ms, end_ms, limit)

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        return self.behind.label_values(name, matcher_sets, start_ms, end_ms, limit)

    def _bounds(self, place: int, start_ms: int, end_ms: int) -> tuple[int, int]:
        """[low, high) of the samples of a series in the span."""
        low, high = self.offsets[place], self.offsets[place + 1]
        if start_ms == self.start_ms and end_ms == self.end_ms:
            return low, high
        times = self.times[low:high]
        return low + int(times.searchsorted(start_ms)), low + int(times.searchsorted(end_ms, "right"))

    def _cut(self, labels: list[Labels], bounds: list[tuple[int, int]], most: int) -> Selection:
        if len(bounds) == 1:
            low, high = bounds[0]
            offsets, where = np.array((0, high - low), dtype=np.int64), slice(low, high)
            if most and high - low > most:
                raise TooManySamplesError
            return Selection(labels, offsets, self.times[where], self.values[where])
        counts = np.array([high - low for low, high in bounds], dtype=np.int64)
        offsets = np.concatenate(([0], np.cumsum(counts)))
        if most and offsets[-1] > most:
            raise TooManySamplesError
        starts = np.array([low for low, _ in bounds], dtype=np.int64)
        places = np.arange(offsets[-1], dtype=np.int64) + np.repeat(starts - offsets[:-1], counts)
        return Selection(labels, offsets, self.times[places], self.values[places])


def recent(matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, most_samples: int = 0) -> Snapshot:
    """Read all series that fulfil any of the sets in [start, end]. Raises TooManySamplesError."""
    found = series_index.match(*matcher_sets)
    return Snapshot(found, samples(found.ids, found.targets, start_ms, end_ms, most_samples), start_ms, end_ms)
