"""Roll-ups: of each series and each minute, ten minutes or hour, what was least, most, in sum, last, and by how much it rose. Pure.

A bucket is [start, start + width) and starts at a multiple of its width. Values that are no number count for nothing: neither stale
markers nor other NaNs are in any column, and a bucket of nothing else has no row. The increase is a counter's: from the number before
the bucket's first, which may be buckets away, to its last, a fall being a restart at zero; so it agrees with Prometheus's `increase`
before that extrapolates, and the increases of consecutive rows add up to that of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import Columns, Floats, Ints
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.blocks.packing import Bools

MINUTE_MS, TEN_MINUTES_MS, HOUR_MS = 60_000, 600_000, 3_600_000
_MOST_FALLS = 1 / 32
VALUES = ("min", "max", "sum", "count", "last", "increase")


@dataclass(slots=True)
class Rollup:
    """Series `ids[i]` has the rows `offsets[i]` to `offsets[i + 1]`, by ascending start; a row's columns are float64, `count` whole.

    A column that was not asked for when it was read is None. `increase` is NaN where it was not kept.
    """

    width_ms: int
    ids: Ints
    offsets: Ints
    starts: Ints
    min: Floats | None = None
    max: Floats | None = None
    sum: Floats | None = None
    count: Floats | None = None
    last: Floats | None = None
    increase: Floats | None = None

    def columns(self, name: str) -> Columns:
        """One of its columns as samples at the starts."""
        return Columns(self.ids, self.offsets, self.starts, self.column(name))

    def column(self, name: str) -> Floats:
        found: Floats | None = getattr(self, name)
        if found is None:
            raise ValueError(f"The column {name} was not read.")
        return found

    def within(self, start_ms: int, end_ms: int) -> "Rollup":
        """Only rows that start in the span, both ends included; every series stays."""
        keep = (self.starts >= start_ms) & (self.starts <= end_ms)
        before = np.concatenate(([0], np.cumsum(keep)))
        return self._rows(self.ids, before[self.offsets], np.flatnonzero(keep))

    def _rows(self, ids: Ints, offsets: Ints, rows: Ints) -> "Rollup":
        columns = {name: found[rows] for name in VALUES if (found := getattr(self, name)) is not None}
        return Rollup(self.width_ms, ids, offsets, self.starts[rows], **columns)


def roll_up(columns: Columns, width_ms: int, previous: Floats | None = None) -> Rollup:
    """The rows of samples that ascend by time in each series. `previous` (one per series) is the last number before the first of
    them, NaN for none: then the first row rises from its own first number."""
    numbers = ~np.isnan(columns.values)
    offsets = np.concatenate(([0], np.cumsum(numbers)))[columns.offsets]
    times, values = columns.times[numbers], columns.values[numbers]
    buckets = times // width_ms
    series = np.repeat(np.arange(len(columns.ids)), np.diff(offsets))
    heads, row_offsets = _heads(buckets, series, len(columns.ids))
    if not len(heads):
        return _nothing(width_ms, columns.ids)
    last = values[np.concatenate((heads[1:], [len(values)])) - 1]
    with np.errstate(all="ignore"):
        increase = _risen(values, series, last, heads, series[heads], previous)
        total = np.add.reduceat(values, heads)
    counts = np.diff(heads, append=len(values)).astype(np.float64)
    return Rollup(
        width_ms,
        columns.ids,
        row_offsets,
        buckets[heads] * width_ms,
        np.minimum.reduceat(values, heads),
        np.maximum.reduceat(values, heads),
        total,
        counts,
        last,
        increase,
    )


def coarser(rollup: Rollup, width_ms: int) -> Rollup:
    """The same in wider buckets: all columns but the increase as from the samples themselves, sums within rounding; the increase too,
    if the first row of each series knew the number before it."""
    if width_ms % rollup.width_ms:
        raise ValueError(f"Rows of {width_ms} ms cannot be made of rows of {rollup.width_ms} ms.")
    buckets = rollup.starts // width_ms
    series = np.repeat(np.arange(len(rollup.ids)), np.diff(rollup.offsets))
    heads, offsets = _heads(buckets, series, len(rollup.ids))
    if not len(heads):
        return _nothing(width_ms, rollup.ids)
    with np.errstate(all="ignore"):
        return Rollup(
            width_ms,
            rollup.ids,
            offsets,
            buckets[heads] * width_ms,
            np.minimum.reduceat(rollup.column("min"), heads),
            np.maximum.reduceat(rollup.column("max"), heads),
            np.add.reduceat(rollup.column("sum"), heads),
            np.add.reduceat(rollup.column("count"), heads),
            rollup.column("last")[np.concatenate((heads[1:], [len(series)])) - 1],
            np.add.reduceat(rollup.column("increase"), heads),
        )


def join(parts: Sequence[Rollup]) -> Rollup:
    """Rows of several blocks as one, by ascending id and start; of the same (series, start) the earlier part's row is kept. All of
    one width and with the same columns."""
    if len(parts) == 1:
        return parts[0]
    places, at = [], 0
    for part in parts:
        rows = np.arange(at, at + len(part.starts), dtype=np.float64)
        places.append(Columns(part.ids, part.offsets, part.starts, rows))
        at += len(rows)
    merged = merge(places)
    rows = merged.values.astype(np.int64)
    present = [name for name in VALUES if all(getattr(part, name) is not None for part in parts)]
    columns = {name: np.concatenate([part.column(name) for part in parts])[rows] for name in present}
    return Rollup(parts[0].width_ms, merged.ids, merged.offsets, merged.times, **columns)


def last_numbers(ids: Ints, rows: Sequence[Rollup], samples: Columns | None = None) -> Floats:
    """The last number of each of these series, in ascending order: of the samples, else of the latest of the rows; NaN for none."""
    found = np.full(len(ids), np.nan)
    for one in rows:
        _fill_last(found, ids, Columns(one.ids, one.offsets, one.starts, one.column("last")))
    if samples is not None:
        _fill_last(found, ids, samples)
    return found


def _fill_last(found: Floats, ids: Ints, columns: Columns) -> None:
    """Set the last number of each series that is there."""
    numbers = ~np.isnan(columns.values)
    offsets = np.concatenate(([0], np.cumsum(numbers)))[columns.offsets]
    values = columns.values[numbers]
    full = np.diff(offsets) > 0
    own, last = columns.ids[full], values[offsets[1:][full] - 1]
    if len(own):
        at = np.minimum(np.searchsorted(own, ids), len(own) - 1)
        hit = own[at] == ids
        found[hit] = last[at[hit]]


def counters(columns: Columns) -> Bools:
    """Which series behave as counters do: nothing below zero, and at most one step in 32 falls. Of the others the increase says
    nothing, and is not worth its bytes."""
    numbers = ~np.isnan(columns.values)
    offsets = np.concatenate(([0], np.cumsum(numbers)))[columns.offsets]
    values = columns.values[numbers]
    falls = np.zeros(len(values), dtype=np.int64)
    falls[1:] = values[1:] < values[:-1]
    falls[offsets[:-1][offsets[:-1] < len(values)]] = 0
    bad = _per_series(falls, offsets) > np.maximum(1, np.diff(offsets) * _MOST_FALLS)
    good: Bools = ~bad & (_per_series((values < 0).astype(np.int64), offsets) == 0)
    return good


def _per_series(numbers: Ints, offsets: Ints) -> Ints:
    """Sums by series."""
    return np.diff(np.concatenate(([0], np.cumsum(numbers)))[offsets])


def _heads(buckets: Ints, series: NDArray[Any], count: int) -> tuple[Ints, Ints]:
    """Where each row begins, and the rows' offsets by series."""
    if not len(buckets):
        return np.empty(0, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    new = np.ones(len(buckets), dtype=np.bool_)
    new[1:] = (buckets[1:] != buckets[:-1]) | (series[1:] != series[:-1])
    heads = np.flatnonzero(new)
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(series[heads], minlength=count), out=offsets[1:])
    return heads, offsets


def _risen(
    values: Floats, series: NDArray[Any], last: Floats, heads: Ints, of: NDArray[Any], previous: Floats | None
) -> Floats:
    """The increase of each row: its last less the last before it, plus what was reached before each fall.

    Not the sum of the steps: so a row without a fall is one subtraction, which roll-up blocks then need not store.
    """
    opens = np.ones(len(values), dtype=np.bool_)
    opens[1:] = series[1:] != series[:-1]
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[opens] = values[opens]
    if previous is not None:
        carried = previous[series[opens]]
        before[opens] = np.where(np.isnan(carried), values[opens], carried)
    lost = np.where(values < before, before, 0.0)
    return (last - before[heads]) + np.add.reduceat(lost, heads)


def _nothing(width_ms: int, ids: Ints) -> Rollup:
    none = [np.empty(0) for _ in VALUES]
    return Rollup(width_ms, ids, np.zeros(len(ids) + 1, dtype=np.int64), np.empty(0, dtype=np.int64), *none)
