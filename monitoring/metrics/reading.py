"""`promql.storage.Storage` over PostgreSQL."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics import block_reading
from monitoring.metrics.block_reading import BlockGoneError
from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.hot_reading import read_hot
from monitoring.metrics.index import Matched, series_index
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection, TooManySamplesError
from monitoring.metrics.tiers import RAW

Ints = NDArray[np.int64]
MOST_TRIES = 5


class PostgresStorage:
    """The store of this portal."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        found = series_index.match(matchers)
        return selection(found, samples(found.ids, found.targets, start_ms, end_ms, hints.most_samples))

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


def samples(ids: Ints, targets: Ints, start_ms: int, end_ms: int, most: int = 0) -> Columns:
    """Raw samples of these series (ascending ids, with their targets) in [start, end].

    Hot rows are read before blocks: what the compactor moves in between is then seen twice, and once after the merge, but never not
    at all. A block that is replaced in between is not found again, and all is read anew. Raises TooManySamplesError.
    """
    if not len(ids) or end_ms < start_ms:
        return Columns.empty()
    for _ in range(MOST_TRIES - 1):
        try:
            return _samples(ids, targets, start_ms, end_ms, most)
        except BlockGoneError:
            continue
    return _samples(ids, targets, start_ms, end_ms, most)


def _samples(ids: Ints, targets: Ints, start_ms: int, end_ms: int, most: int) -> Columns:
    hot = read_hot(ids, targets, start_ms, end_ms)
    blocks = block_reading.find(RAW, ids, targets, start_ms, end_ms)
    if most and len(hot.times) + blocks.estimate(start_ms, end_ms) > most:
        raise TooManySamplesError
    parts = [part.within(start_ms, end_ms) for part in block_reading.read_samples(blocks)]
    return merge([*parts, hot])


def selection(found: Matched, columns: Columns) -> Selection:
    """Samples with the labels of their series; series without any are left out."""
    full = np.diff(columns.offsets) > 0
    ids, offsets = columns.ids, columns.offsets
    if not full.all():
        ids, offsets = ids[full], np.append(offsets[:-1][full], offsets[-1])
    places = np.searchsorted(found.ids, ids).tolist()
    return Selection([found.labels[place] for place in places], offsets, columns.times, columns.values)


def _present(matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int) -> list[Labels]:
    found = series_index.match(*(matcher_sets or [[]]))
    columns = samples(found.ids, found.targets, start_ms, end_ms)
    return selection(found, columns).labels
