"""Which series have samples in a span, told without reading them: from hot rows, and from the headers of blocks.

A block's header knows the first and last time of each series, so a series whose only gap is the very span is told to be there. Over a
day or more, or with many targets, the day on which a series was last seen decides; so do Prometheus's own blocks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics import block_reading
from monitoring.metrics.binary import fetch
from monitoring.metrics.block_reading import BlockGoneError
from monitoring.metrics.gathering import gather
from monitoring.metrics.index import series_index
from monitoring.metrics.moments import moment
from monitoring.metrics.promql.storage import Labels, Matchers
from monitoring.metrics.tiers import DAY_MS

Ints = NDArray[np.int64]

MOST_TARGETS = 100
MOST_TRIES = 5
LAST_SEEN = "SELECT id FROM metrics_series WHERE last_seen_at >= %(since)s"


def present(matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int) -> list[Labels]:
    """Series that fulfil any of the sets (all, with none) and have samples in [start, end], by ascending id."""
    found = series_index.match(*(matcher_sets or [[]]))
    if not len(found.ids) or end_ms < start_ms:
        return []
    if end_ms - start_ms >= DAY_MS or len(np.unique(found.targets)) > MOST_TARGETS:
        there = _seen_since(start_ms)
    else:
        there = _in_headers(found.ids, found.targets, start_ms, end_ms)
    return [found.labels[place] for place in np.flatnonzero(np.isin(found.ids, there)).tolist()]


def _seen_since(start_ms: int) -> Ints:
    """`last_seen_at` is right to within a day."""
    rows = fetch(LAST_SEEN, {"since": moment(start_ms - DAY_MS)})
    return np.array([series_id for (series_id,) in rows], dtype=np.int64)


def _in_headers(ids: Ints, targets: Ints, start_ms: int, end_ms: int) -> Ints:
    for _ in range(MOST_TRIES):
        gathered = gather(ids, targets, start_ms, end_ms)
        try:
            blocks = block_reading.found_raw(gathered.blocks, ids, targets)
        except BlockGoneError:
            continue
        there = [gathered.hot.ids]
        for _, header, wanted in blocks.parts:
            places = header.find(wanted)
            inside = (header.first_times[places] <= end_ms) & (header.last_times[places] >= start_ms)
            there.append(header.ids[places][inside])
        return np.unique(np.concatenate(there))
    raise BlockGoneError
