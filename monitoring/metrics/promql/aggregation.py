"""Aggregation operators over the series of a vector, at all steps at once (promql/engine.go, aggregation). Pure."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from monitoring.metrics.promql.rows import grouped, without_name
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector

_ROWS_ONE_BY_ONE = 2_000


class Groups(NamedTuple):
    """Rows by group: rows `order[starts[g]:starts[g] + sizes[g]]` belong to group g, in their own order."""

    labels: list[Labels]
    order: Ints
    starts: Ints
    sizes: Ints
    of_row: Ints


def key(labels: Labels, grouping: tuple[str, ...], without: bool) -> Labels:
    """The labels of the group that a series falls into. `grouping` is sorted."""
    if without:
        return tuple([pair for pair in labels if pair[0] not in grouping and pair[0] != "__name__"])
    if not grouping:
        return ()
    return tuple([pair for pair in labels if pair[0] in grouping])


def groups_of(labels: list[Labels], grouping: tuple[str, ...], without: bool) -> Groups:
    """The groups in the order in which they appear."""
    count = len(labels)
    if not without and not grouping:
        return Groups([()], np.arange(count), np.zeros(1, np.int64), np.array([count]), np.zeros(count, np.int64))
    if without and not grouping:
        keys: list[Labels] = [without_name(one) for one in labels]
    else:
        keys = [key(one, grouping, without) for one in labels]
    of_row, firsts = grouped(keys)
    sizes = np.bincount(of_row, minlength=len(firsts))
    return Groups(
        [keys[first] for first in firsts],
        np.argsort(of_row, kind="stable"),
        np.cumsum(sizes) - sizes,
        sizes,
        of_row,
    )


def aggregate(op: str, vector: Vector, grouping: tuple[str, ...], without: bool) -> Vector:
    """The operators without a parameter: sum avg min max count group stddev stdvar."""
    if not vector.labels:
        return vector
    groups = groups_of(vector.labels, grouping, without)
    values, present = vector.values, vector.present
    if len(groups.labels) > 1:
        values, present = values[groups.order], present[groups.order]
    here: Bools = np.logical_or.reduceat(present, groups.starts, axis=0)
    return Vector(groups.labels, _OPERATORS[op](values, present, groups.starts, groups.sizes), here)


def _sum(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    return _summed(values if present.all() else np.where(present, values, 0.0), starts)


def _summed(values: Floats, starts: Ints) -> Floats:
    """Rows are added one after another, as Prometheus adds them; numpy would add a single column in pairs."""
    if values.shape[1] == 1:
        groups = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
        column: Floats = np.bincount(groups, weights=values[:, 0], minlength=len(starts)).astype(np.float64, copy=False)
        return column[:, None]
    found: Floats = np.add.reduceat(values, starts, axis=0)
    return found


def _count(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    counts: Floats = np.add.reduceat(present, starts, axis=0, dtype=np.float64)
    return counts


def _group(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    return np.ones((len(starts), values.shape[1]))


def _min(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    found: Floats = np.fmin.reduceat(np.where(present, values, np.nan), starts, axis=0)
    return found


def _max(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    found: Floats = np.fmax.reduceat(np.where(present, values, np.nan), starts, axis=0)
    return found


def _avg(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    """Prometheus's running mean. For very many series the sum by the count, where that cannot differ visibly."""
    if _is_small(values):
        return _one_by_one(running_mean, _running_means, values, present, starts, sizes)
    filled = np.where(present, values, 0.0)
    sums, counts = _summed(filled, starts), _count(values, present, starts, sizes)
    magnitude = np.add.reduceat(np.abs(filled), starts, axis=0)
    doubtful = ~(magnitude * 1e-4 <= np.abs(sums)) | ~np.isfinite(sums)
    return _redone(_running_means, sums / counts, doubtful, values, present, starts, sizes)


def _stdvar(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    """Welford's way, as in Prometheus. For very many series in two passes, where that cannot differ visibly."""
    if _is_small(values):
        return _one_by_one(welford, _welfords, values, present, starts, sizes)
    filled = np.where(present, values, 0.0)
    counts = _count(values, present, starts, sizes)
    mean = _summed(filled, starts) / counts
    apart = np.where(present, values - np.repeat(mean, sizes, axis=0), 0.0)
    variance = np.add.reduceat(apart * apart, starts, axis=0) / counts
    doubtful = ~(variance > mean * mean * 1e-8) | ~np.isfinite(variance)
    return _redone(_welfords, variance, doubtful, values, present, starts, sizes)


def _stddev(values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    found: Floats = np.sqrt(_stdvar(values, present, starts, sizes))
    return found


Column = Callable[[list[float]], float]
Columns = Callable[[Floats, Bools], Floats]


def _is_small(values: Floats) -> bool:
    rows, steps = values.shape
    return bool(rows <= _ROWS_ONE_BY_ONE or steps == 1)


def _one_by_one(column: Column, columns: Columns, values: Floats, present: Bools, starts: Ints, sizes: Ints) -> Floats:
    """Each group sample by sample: numbers where there is one step, arrays of steps otherwise."""
    found = np.empty((len(starts), values.shape[1]))
    for group, (start, size) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
        rows = slice(start, start + size)
        if values.shape[1] == 1:
            kept = values[rows, 0][present[rows, 0]].tolist()
            found[group, 0] = column(kept) if kept else 0.0
        else:
            found[group] = columns(values[rows], present[rows])
    return found


def _redone(
    columns: Columns, found: Floats, doubtful: Bools, values: Floats, present: Bools, starts: Ints, sizes: Ints
) -> Floats:
    """`found`, with the doubtful steps of each group worked out sample by sample."""
    for group in np.flatnonzero(doubtful.any(axis=1)).tolist():
        steps = np.flatnonzero(doubtful[group])
        rows = slice(int(starts[group]), int(starts[group] + sizes[group]))
        found[group, steps] = columns(values[rows][:, steps], present[rows][:, steps])
    return found


def running_mean(values: list[float]) -> float:
    """The mean as Prometheus adds it up: it neither overflows nor leaves an infinity for a number."""
    mean = values[0]
    for count, value in enumerate(values[1:], 2):
        if math.isinf(mean) and value == value and (not math.isinf(value) or (mean > 0) == (value > 0)):
            continue
        mean += value / count - mean / count
    return mean


def _running_means(values: Floats, present: Bools) -> Floats:
    count, mean = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for value, here in zip(values, present, strict=True):
        count += here
        first = here & (count == 1)
        kept = np.isinf(mean) & ~np.isnan(value) & (~np.isinf(value) | ((mean > 0) == (value > 0)))
        moved = mean + (value / count - mean / count)
        mean = np.where(first, value, np.where(here & ~kept, moved, mean))
    return mean


def welford(values: list[float]) -> float:
    """The variance as Prometheus adds it up."""
    mean, total = values[0], 0.0
    for count, value in enumerate(values[1:], 2):
        delta = value - mean
        mean += delta / count
        total += delta * (value - mean)
    return total / len(values)


def _welfords(values: Floats, present: Bools) -> Floats:
    steps = values.shape[1]
    count, mean, total = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    for value, here in zip(values, present, strict=True):
        count += here
        first = here & (count == 1)
        delta = value - mean
        moved = mean + delta / count
        total = np.where(here & ~first, total + delta * (value - moved), total)
        mean = np.where(first, value, np.where(here, moved, mean))
    return total / count


_OPERATORS: dict[str, Callable[[Floats, Bools, Ints, Ints], Floats]] = {
    "sum": _sum,
    "count": _count,
    "group": _group,
    "min": _min,
    "max": _max,
    "avg": _avg,
    "stdvar": _stdvar,
    "stddev": _stddev,
}
