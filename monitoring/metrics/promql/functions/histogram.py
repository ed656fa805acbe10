"""Quantiles of classic histograms (Prometheus 2.42, promql/quantile.go). Pure."""

import math
import re
from collections.abc import Iterable, Iterator

import numpy as np

from monitoring.metrics.promql.functions.labels import NAME
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Scalar, Vector

BUCKET = "le"
DECIMAL = re.compile(r"[+-]?[0-9._]+(e[+-]?[0-9_]+)?", re.IGNORECASE | re.ASCII)
HEXADECIMAL = re.compile(r"[+-]?0x[0-9a-f_.]+p[+-]?[0-9_]+", re.IGNORECASE | re.ASCII)
INFINITE = re.compile(r"([+-]?)inf(inity)?", re.IGNORECASE | re.ASCII)

Bounds = tuple[float, ...]


def histogram_quantile(quantile: Scalar, vector: Vector) -> Vector:
    """The quantile of each histogram: the series that differ in `le` only."""
    labels: list[Labels] = []
    values, present = [], []
    for bounds, names, rows in alike(grouped(vector.labels)):
        labels += names
        found, known = of_alike(np.array(bounds), vector.values[rows], vector.present[rows], quantile.values)
        values.append(found)
        present.append(known)
    if not labels:
        steps = vector.values.shape[1]
        return Vector([], np.empty((0, steps)), np.empty((0, steps), np.bool_))
    return Vector(labels, np.concatenate(values), np.concatenate(present))


Groups = Iterable[tuple[Labels, list[tuple[float, int]]]]


def grouped(labels: list[Labels]) -> Groups:
    """Each histogram's labels, without name and `le`, and its (bound, row), ascending; what has no readable `le` is left out."""
    groups: dict[tuple[str, Labels], list[tuple[float, int]]] = {}
    for row, pairs in enumerate(labels):
        found = dict(pairs)
        bound = bound_of(found.pop(BUCKET, ""))
        if bound is not None:
            name = found.pop(NAME, "")
            groups.setdefault((name, tuple(found.items())), []).append((bound, row))
    return ((rest, sorted(buckets)) for (_name, rest), buckets in groups.items())


def bound_of(text: str) -> float | None:
    """A bound as Go's ParseFloat reads it; None for what it does not, and for NaN."""
    if infinite := INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    try:
        if DECIMAL.fullmatch(text):
            bound = float(text)
        elif HEXADECIMAL.fullmatch(text):
            bound = float.fromhex(text.replace("_", ""))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return bound if math.isfinite(bound) else None


def alike(groups: Groups) -> Iterator[tuple[Bounds, list[Labels], Ints]]:
    """Histograms with the same bounds together: the bounds (B), the labels (g) and the buckets' rows (g, B)."""
    kinds: dict[Bounds, tuple[list[Labels], list[list[int]]]] = {}
    for labels, buckets in groups:
        bounds, rows = zip(*buckets, strict=True)
        names, rows_of_kind = kinds.setdefault(bounds, ([], []))
        names.append(labels)
        rows_of_kind.append(list(rows))
    for bounds, (names, rows_of_kind) in kinds.items():
        yield bounds, names, np.array(rows_of_kind)


def of_alike(bounds: Floats, counts: Floats, present: Bools, quantiles: Floats) -> tuple[Floats, Bools]:
    """Quantiles and their presence (g, T) from counts (g, B, T); some buckets may lack samples at some steps."""
    groups, _, steps = counts.shape
    bounds, counts, present = coalesced(bounds, counts, present)
    columns = counts.transpose(1, 0, 2).reshape(len(bounds), groups * steps)
    there = present.transpose(1, 0, 2).reshape(columns.shape)
    wanted = np.tile(quantiles, groups)
    found = np.full(groups * steps, np.nan)
    for chosen, members in patterns(there):
        found[members] = of_columns(bounds[chosen], columns[chosen][:, members], wanted[members])
    return found.reshape(groups, steps), np.asarray(present.any(axis=1))


def coalesced(bounds: Floats, counts: Floats, present: Bools) -> tuple[Floats, Floats, Bools]:
    """Buckets of the same bound (`le="1"` and `le="1.0"`) added together."""
    distinct, firsts = np.unique(bounds, return_index=True)
    if len(distinct) == len(bounds):
        return bounds, counts, present
    counts = np.add.reduceat(np.where(present, counts, 0.0), firsts, axis=1)
    return distinct, counts, np.logical_or.reduceat(present, firsts, axis=1)


def patterns(there: Bools) -> Iterator[tuple[Bools, Ints]]:
    """Columns (B, C) that have the same buckets: which buckets, and which columns. Those without any are left out."""
    full = there.all(axis=0)
    if full.any():
        yield np.ones(len(there), np.bool_), np.flatnonzero(full)
    partial = np.flatnonzero(~full & there.any(axis=0))
    if len(partial):
        distinct, which = np.unique(there[:, partial], axis=1, return_inverse=True)
        for number in range(distinct.shape[1]):
            yield distinct[:, number], partial[which.ravel() == number]


@np.errstate(all="ignore")
def of_columns(bounds: Floats, counts: Floats, quantiles: Floats) -> Floats:
    """Quantiles (C) of histograms with counts (B, C) up to the ascending bounds (B)."""
    outside = np.where(quantiles < 0, -np.inf, np.where(quantiles > 1, np.inf, np.nan))
    if len(bounds) < 2 or bounds[-1] != np.inf:
        return outside
    counts = ascending(counts)
    ranks = quantiles * counts[-1]
    bucket = first_reaching(counts, ranks)
    columns = np.arange(counts.shape[1])
    below = np.where(bucket > 0, counts[bucket - 1, columns], 0.0)
    start = np.where(bucket > 0, bounds[bucket - 1], 0.0)
    found = start + (bounds[bucket] - start) * ((ranks - below) / (counts[bucket, columns] - below))
    found = np.where((bucket == 0) & (bounds[0] <= 0), bounds[0], found)
    found = np.where(bucket == len(bounds) - 1, bounds[-2], found)
    return np.where((quantiles >= 0) & (quantiles <= 1) & (counts[-1] != 0), found, outside)


def ascending(counts: Floats) -> Floats:
    """Counts (B, C) with those that are less than one before them raised to it."""
    counts = counts.copy()
    highest = counts[0]
    for number in range(1, len(counts)):
        highest = np.where(counts[number] > highest, counts[number], highest)
        counts[number] = np.where(counts[number] < highest, highest, counts[number])
    return counts


def first_reaching(counts: Floats, ranks: Floats) -> Ints:
    """The first bucket (C) whose count reaches the rank, or the last one, bisected as Go's sort.Search does for NaN's sake."""
    columns = np.arange(counts.shape[1])
    low = np.zeros(counts.shape[1], np.int64)
    high = np.full(counts.shape[1], len(counts) - 1)
    while (open_ := low < high).any():
        middle = (low + high) >> 1
        reached = counts[middle, columns] >= ranks
        high = np.where(open_ & reached, middle, high)
        low = np.where(open_ & ~reached, middle + 1, low)
    return low
