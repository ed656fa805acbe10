"""Samples of a unit test: those that it gives, and those that its rules write. Pure; times are ms since 1970."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from alerts.rules.prometheus_files.series_notation import STALE
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection

Given = tuple[Labels, Sequence[int], Sequence[float]]


class Timeline:
    """A `Storage`. Nothing after `now_ms` is seen."""

    def __init__(self, given: Iterable[Given]) -> None:
        self.given = MemoryStorage.of(given)
        self.now_ms = 0
        self._rows: dict[Labels, tuple[list[int], list[float]]] = {}
        self._written: MemoryStorage | None = None

    def write(self, series: Mapping[Labels, float], before: Iterable[Labels]) -> None:
        """Samples of now; those of `before` that are not among them end."""
        ended = dict.fromkeys((labels for labels in before if labels not in series), STALE)
        for labels, value in (*series.items(), *ended.items()):
            times, values = self._rows.setdefault(labels, ([], []))
            if not times or times[-1] < self.now_ms:
                times.append(self.now_ms)
                values.append(value)
        if series or ended:
            self._written = None

    def written(self) -> MemoryStorage:
        if self._written is None:
            self._written = MemoryStorage.of((labels, *rows) for labels, rows in self._rows.items())
        return self._written

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        """See `Storage`."""
        end_ms = min(end_ms, self.now_ms)
        given = self.given.select(matchers, start_ms, end_ms, hints)
        written = self.written().select(matchers, start_ms, end_ms, hints)
        if not written.labels:
            return given
        return written if not given.labels else _merged(given, written, matchers, start_ms, end_ms, hints)

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        """See `Storage`."""
        stores = (self.given, self.written())
        found = {labels for store in stores for labels in store.series(matcher_sets, start_ms, end_ms)}
        return sorted(found)[: limit or None]

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        """See `Storage`."""
        stores = (self.given, self.written())
        found = {value for store in stores for value in store.label_values(name, matcher_sets, start_ms, end_ms)}
        return sorted(found)[: limit or None]


def _merged(
    one: Selection, other: Selection, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints
) -> Selection:
    """Of a series that is given and written too, what is given counts where both have a sample."""
    rows: dict[Labels, dict[int, float]] = {}
    for part in (other, one):
        for place, labels in enumerate(part.labels):
            span = slice(int(part.offsets[place]), int(part.offsets[place + 1]))
            samples = zip(part.times[span].tolist(), part.values[span], strict=True)  # the bits of a stale sample stay
            rows.setdefault(labels, {}).update(samples)
    whole = MemoryStorage.of(
        (labels, sorted(samples), np.array([samples[time] for time in sorted(samples)]))
        for labels, samples in rows.items()
    )
    return whole.select(matchers, start_ms, end_ms, hints)
