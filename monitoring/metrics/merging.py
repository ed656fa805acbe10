"""Pieces of series into whole ones: in order of time, of several samples of one time the first. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import Columns

Ints = NDArray[np.int64]


def columns_of(ids: Ints, times: Ints, values: NDArray[np.float64], order: Ints | None = None) -> Columns:
    """Samples in any order, by series and time; of doubles that of the lowest `order` (their position, unless given) is kept."""
    if not len(ids):
        return Columns.empty()
    by = np.lexsort((times, ids) if order is None else (order, times, ids))
    ids, times, values = ids[by], times[by], values[by]
    new = ids[1:] != ids[:-1]
    fresh = np.concatenate(([True], new | (times[1:] != times[:-1])))
    if not fresh.all():
        ids, times, values = ids[fresh], times[fresh], values[fresh]
        new = ids[1:] != ids[:-1]
    starts = np.concatenate(([0], np.flatnonzero(new) + 1))
    return Columns(ids[starts], np.append(starts, len(ids)).astype(np.int64), times, values)


def merged(pieces: Sequence[Columns]) -> Columns:
    """One piece of many; of two samples of one series and time that of the earlier piece is kept. Series without samples are left out."""
    pieces = [piece for piece in pieces if len(piece.times)]
    if len(pieces) <= 1:
        return _without_empty(pieces[0]) if pieces else Columns.empty()
    ids = np.unique(np.concatenate([piece.ids for piece in pieces]))
    counts = np.zeros(len(ids), dtype=np.int64)
    places = [np.searchsorted(ids, piece.ids) for piece in pieces]
    for piece, place in zip(pieces, places, strict=True):
        counts[place] += piece.counts()
    offsets = np.concatenate(([0], np.cumsum(counts)))
    times, values = np.empty(offsets[-1], dtype=np.int64), np.empty(offsets[-1])
    free = offsets[:-1].copy()
    for piece, place in zip(pieces, places, strict=True):
        _scatter(piece, free[place], times, values)
        free[place] += piece.counts()
    return _without_empty(_ordered(Columns(ids, offsets, times, values)))


def _scatter(piece: Columns, starts: Ints, times: Ints, values: NDArray[np.float64]) -> None:
    """Copy each series of the piece to its start."""
    counts = piece.counts()
    if len(piece.ids) == 1:
        start, first, last = int(starts[0]), int(piece.offsets[0]), int(piece.offsets[1])
        times[start : start + last - first] = piece.times[first:last]
        values[start : start + last - first] = piece.values[first:last]
        return
    where = np.repeat(starts - piece.offsets[:-1], counts) + np.arange(piece.offsets[0], piece.offsets[-1])
    source = slice(int(piece.offsets[0]), int(piece.offsets[-1]))
    times[where] = piece.times[source]
    values[where] = piece.values[source]


def _ordered(whole: Columns) -> Columns:
    """Series whose pieces overlap are sorted, and lose their doubles; most series are in order already."""
    rising = np.diff(whole.times) > 0
    inner = np.ones(len(whole.times) - 1, dtype=np.bool_)
    borders = whole.offsets[1:-1] - 1
    inner[borders[(borders >= 0) & (borders < len(inner))]] = False
    bad = np.flatnonzero(inner & ~rising)
    if not len(bad):
        return whole
    keep = np.ones(len(whole.times), dtype=np.bool_)
    for place in np.unique(np.searchsorted(whole.offsets, bad, side="right") - 1).tolist():
        start, end = int(whole.offsets[place]), int(whole.offsets[place + 1])
        order = np.argsort(whole.times[start:end], kind="stable")
        whole.times[start:end] = whole.times[start:end][order]
        whole.values[start:end] = whole.values[start:end][order]
        keep[start + 1 : end] = whole.times[start + 1 : end] != whole.times[start : end - 1]
    before = np.concatenate(([0], np.cumsum(keep)))
    return Columns(whole.ids, before[whole.offsets], whole.times[keep], whole.values[keep])


def _without_empty(whole: Columns) -> Columns:
    counts = whole.counts()
    if counts.all():
        return whole
    full = counts > 0
    return Columns(whole.ids[full], np.append(whole.offsets[:-1][full], whole.offsets[-1]), whole.times, whole.values)
