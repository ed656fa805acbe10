"""Samples out of roll-ups, made so that the function they are wanted for answers as nearly as it can.

| Function | Value of a bucket |
| --- | --- |
| `min_over_time`, `max_over_time`, `sum_over_time` | its least, its greatest, its sum |
| `rate`, `increase` | a counter that rises by the increases, restarts taken out |
| `last_over_time`, `delta`, `idelta`, `irate`, `resets`, `changes`, `deriv`, `predict_linear` | its last |
| any other | of counters the last, of anything else the mean |

A bucket's sample stands at its last millisecond. For an instant selector it stands there and at every four minutes before, as long as
the bucket is, so that it is found within the usual lookback.
"""

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics import block_reading
from monitoring.metrics.blocks.columns import Columns, Floats
from monitoring.metrics.blocks.rollups import Rollup, join
from monitoring.metrics.promql.storage import Hints
from monitoring.metrics.tiers import Tier

Ints = NDArray[np.int64]

COLUMN = {"min_over_time": "min", "max_over_time": "max", "sum_over_time": "sum"}
RISING = frozenset({"rate", "increase"})
LASTING = frozenset(
    {"last_over_time", "delta", "idelta", "irate", "resets", "changes", "deriv", "predict_linear", "absent_over_time"}
)
STEADY_MS = 240_000


def columns_wanted(hints: Hints) -> tuple[str, ...]:
    """Columns of a roll-up that `values_of` needs."""
    if hints.function in COLUMN:
        return (COLUMN[hints.function],)
    if hints.function in RISING:
        return ("last", "increase")
    return ("last",) if hints.function in LASTING else ("sum", "count", "last", "increase")


def read(tier: Tier, ids: Ints, targets: Ints, start_ms: int, end_ms: int, hints: Hints) -> tuple[Rollup | None, Ints]:
    """(rows, for each series the time up to which the roll-up covers its target)."""
    found = block_reading.find(tier, ids, targets, start_ms - tier.width_ms, end_ms)
    parts = block_reading.read_rows(found, columns_wanted(hints))
    covered = dict.fromkeys(np.unique(targets).tolist(), start_ms)
    for part in found.parts:
        covered[part.ref.target_id] = max(covered[part.ref.target_id], part.ref.covers_ms)
    until = np.array([covered[target] for target in targets.tolist()], dtype=np.int64)
    return join(parts) if parts else None, until


def samples_of(rollup: Rollup, hints: Hints, start_ms: int, end_ms: int) -> Columns:
    """Rows as samples within [start, end]."""
    values = values_of(rollup, hints)
    ends = rollup.starts + rollup.width_ms - 1
    if hints.range_ms or rollup.width_ms <= STEADY_MS:
        return Columns(rollup.ids, rollup.offsets, ends, values).within(start_ms, end_ms)
    copies = -(-rollup.width_ms // STEADY_MS)
    back = np.arange(copies - 1, -1, -1, dtype=np.int64) * STEADY_MS
    times = (ends[:, None] - back[None, :]).ravel()
    return Columns(rollup.ids, rollup.offsets * copies, times, np.repeat(values, copies)).within(start_ms, end_ms)


def values_of(rollup: Rollup, hints: Hints) -> Floats:
    if hints.function in COLUMN:
        return rollup.column(COLUMN[hints.function])
    last = rollup.column("last")
    if hints.function in LASTING:
        return last
    increase = rollup.column("increase")
    if hints.function in RISING:
        return np.where(np.isnan(increase), last, _counter(rollup.offsets, last, increase))
    mean = rollup.column("sum") / rollup.column("count")
    return np.where(np.isnan(increase), mean, last)


def _counter(offsets: Ints, last: Floats, increase: Floats) -> Floats:
    """Begins at the first last of each series and rises by every later increase."""
    heads = offsets[:-1][np.diff(offsets) > 0]
    steps = np.nan_to_num(increase, nan=0.0)
    steps[heads] = 0.0
    total = np.cumsum(steps)
    base = np.zeros(len(last))
    counts = np.diff(offsets)
    base[:] = np.repeat(last[heads] - total[heads], counts[counts > 0])
    risen: Floats = base + total
    return risen
