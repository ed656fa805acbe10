"""`promql.storage.Storage` over PostgreSQL."""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.hot_reading import read_hot
from monitoring.metrics.index import Matched, series_index
from monitoring.metrics.merging import merged
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection, TooManySamplesError


class PostgresStorage:
    """The store of this portal."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        found = series_index.match(matchers)
        return selection(found, merged([read_hot(found.ids, found.targets, start_ms, end_ms)]), hints)

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        found = sorted(_present(matcher_sets, start_ms, end_ms))
        return found[:limit] if limit else found

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        present = _present(matcher_sets, start_ms, end_ms)
        found = sorted(
            {value if name else label for labels in present for label, value in labels if name in (None, label)}
        )
        return found[:limit] if limit else found


def selection(found: Matched, columns: Columns, hints: Hints) -> Selection:
    """Samples with the labels of their series."""
    if hints.most_samples and len(columns.times) > hints.most_samples:
        raise TooManySamplesError
    places = np.searchsorted(found.ids, columns.ids).tolist()
    return Selection([found.labels[place] for place in places], columns.offsets, columns.times, columns.values)


def _present(matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int) -> list[Labels]:
    found = series_index.match(*(matcher_sets or [[]]))
    columns = read_hot(found.ids, found.targets, start_ms, end_ms)
    return [found.labels[place] for place in np.searchsorted(found.ids, columns.ids).tolist()]
