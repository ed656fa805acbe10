"""From samples to steps: the last sample before each, or the window before each, for all series and steps at once. Pure.

Prometheus 2 closes both ends: an instant selector sees [t - lookback, t], a range selector [t - range, t].
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from monitoring.metrics.promql.limits import Budget
from monitoring.metrics.promql.storage import STALE_BITS, Labels, Selection
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector, Windows

Side = Literal["left", "right"]

_CELLS_AT_ONCE = 1 << 18
_SAMPLES_AT_ONCE = 1 << 21
_SAMPLES_IN_WINDOWS = 1 << 24


def stale(values: Floats) -> Bools:
    """Which values say that their series ended."""
    found: Bools = values.view(np.int64) == STALE_BITS
    return found


def instants(
    selection: Selection, references_ms: Ints, lookback_ms: int, budget: Budget, with_times: bool = False
) -> Vector:
    """The instant vector at each reference time (ascending)."""
    count, steps = len(selection.labels), len(references_ms)
    budget.cells(count, steps)
    values = np.empty((count, steps))
    present = np.zeros((count, steps), dtype=np.bool_)
    own_times = np.zeros((count, steps), dtype=np.int64) if with_times else None
    first = 0
    while first < count and len(selection.times):
        last = _portion(selection.offsets, first, steps)
        begin = int(selection.offsets[first])
        offsets = selection.offsets[first : last + 1] - begin
        times = selection.times[begin : begin + int(offsets[-1])]
        if len(times):
            places = _positions(offsets, times, references_ms, "right", budget) - 1
            here = places >= offsets[:-1, None]
            np.maximum(places, 0, out=places)
            found = times[places]
            here &= found >= references_ms - lookback_ms
            values[first:last] = selection.values[begin:][places]
            here &= values[first:last].view(np.int64) != STALE_BITS
            present[first:last] = here
            if own_times is not None:
                own_times[first:last] = found
        first = last
    return _seen(Vector(selection.labels, values, present, own_times))


def _seen(vector: Vector) -> Vector:
    """Without the series that no step sees."""
    some = vector.present.any(axis=1)
    if some.all():
        return vector
    rows = np.flatnonzero(some)
    times = vector.sample_times
    return Vector(
        [vector.labels[row] for row in rows],
        vector.values[rows],
        vector.present[rows],
        None if times is None else times[rows],
    )


def without_stale(selection: Selection) -> Selection:
    """Only what is a value."""
    ended = stale(selection.values)
    if not ended.any():
        return selection
    kept = ~ended
    before = np.concatenate(([0], np.cumsum(kept)))
    return Selection(
        selection.labels, before[selection.offsets], selection.times[kept], selection.values[kept], selection.tier
    )


def windows(
    selection: Selection, ends_ms: Ints, range_ms: int, eval_times_ms: Ints, budget: Budget
) -> Iterator[Windows]:
    """The windows that end at `ends_ms` (ascending), some series at a time. At least one, maybe of no series."""
    selection = without_stale(selection)
    count, steps = len(selection.labels), len(ends_ms)
    budget.cells(count, steps)
    per_window = len(selection.times) * range_ms // (max(count, 1) * (int(ends_ms[-1] - ends_ms[0]) + range_ms))
    cells = cells_at_once(per_window)
    first = 0
    while first < count or first == 0:
        last = _portion(selection.offsets, first, steps, cells)
        begin, end = (int(selection.offsets[first]), int(selection.offsets[last])) if count else (0, 0)
        offsets = selection.offsets[first : last + 1] - begin
        times = selection.times[begin:end]
        labels: list[Labels] = selection.labels[first:last]
        yield Windows(
            labels,
            times,
            selection.values[begin:end],
            _positions(offsets, times, ends_ms - range_ms, "left", budget),
            _positions(offsets, times, ends_ms, "right", budget),
            range_ms,
            ends_ms,
            eval_times_ms,
        )
        first = max(last, 1)


def whole(portions: Iterator[Windows]) -> Windows:
    """All series in one."""
    parts = list(portions)
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0, *(len(part.times) for part in parts)])[:-1]
    return Windows(
        [labels for part in parts for labels in part.labels],
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.starts + shift for part, shift in zip(parts, shifts, strict=True)]),
        np.concatenate([part.ends + shift for part, shift in zip(parts, shifts, strict=True)]),
        parts[0].range_ms,
        parts[0].window_ends,
        parts[0].eval_times,
    )


def cells_at_once(samples: int) -> int:
    """How many windows to take at once that hold about so many samples each: between two portions the deadline is seen."""
    return max(1, min(_CELLS_AT_ONCE, _SAMPLES_IN_WINDOWS // (samples + 1)))


def _portion(offsets: Ints, first: int, steps: int, cells: int = _CELLS_AT_ONCE) -> int:
    """How far from series `first` a portion goes: bounded in cells and in samples, at least one series."""
    count = len(offsets) - 1
    last = min(count, first + max(1, cells // max(steps, 1)))
    if last - first > 1 and offsets[last] - offsets[first] > _SAMPLES_AT_ONCE:
        within = int(np.searchsorted(offsets, offsets[first] + _SAMPLES_AT_ONCE, "right")) - 1
        last = min(last, max(first + 1, within))
    return last


def _positions(offsets: Ints, times: Ints, references_ms: Ints, side: Side, budget: Budget) -> Ints:
    """searchsorted of the references in each series, as places in `times` (n, T)."""
    count, steps = len(offsets) - 1, len(references_ms)
    if count <= 0 or len(times) == 0:
        return np.zeros((max(count, 0), steps), dtype=np.int64)
    shared = _shared_clock(offsets, times)
    if shared is not None:
        found: Ints = offsets[:-1, None] + shared.searchsorted(references_ms, side)[None, :]
        return found
    if steps * 8 < count:
        return _positions_of_many(offsets, times, references_ms, side)
    found = np.empty((count, steps), dtype=np.int64)
    bounds = offsets.tolist()
    for row in range(count):
        if row & 1023 == 1023:
            budget.check()
        begin = bounds[row]
        np.add(times[begin : bounds[row + 1]].searchsorted(references_ms, side), begin, out=found[row])
    return found


def _shared_clock(offsets: Ints, times: Ints) -> Ints | None:
    """The times of every series, where all have the same (a target's series do)."""
    count = len(offsets) - 1
    length = int(offsets[1])
    if count == 1:
        return times
    if length * count != len(times) or length == 0:
        return None
    table = times.reshape(count, length)
    if (table[-1] != table[0]).any() or (offsets[1:] - offsets[:-1] != length).any():
        return None
    return table[0] if count == 2 or (table[1:-1] == table[0]).all() else None


def _positions_of_many(offsets: Ints, times: Ints, references_ms: Ints, side: Side) -> Ints:
    """The same for many short series: one search in times made ascending by the number of their series."""
    count = len(offsets) - 1
    low, high = int(times.min()) - 1, int(times.max()) + 1
    references_ms = references_ms.clip(low, high)
    width = high - low + 1
    keys = times - low + np.repeat(np.arange(count) * width, np.diff(offsets))
    wanted = (references_ms - low)[None, :] + (np.arange(count) * width)[:, None]
    found: Ints = keys.searchsorted(wanted.ravel(), side).reshape(count, len(references_ms))
    return found
