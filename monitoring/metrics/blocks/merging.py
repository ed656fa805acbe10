"""Samples of many sources as one: hour blocks, day blocks, hot rows, late rows. Pure."""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.blocks.columns import Columns, Floats, Ints

_NONE = np.empty(0, dtype=np.int64)


def merge(parts: Sequence[Columns]) -> Columns:
    """All series of all parts by ascending id, each series' samples by ascending time, each (series, time) once.

    Of doubles the one of the earlier part is kept, within a part the first. Parts need be sorted neither by id nor by time, and
    may hold a series several times. Parts that follow one another in time, which is the common case, are put together without
    a sort of samples. Values are moved, never computed with: their bits stay.
    """
    parts = [part for part in parts if len(part.ids)]
    if not parts:
        return Columns.empty()
    if len(parts) == 1 and (parts[0].ids[1:] > parts[0].ids[:-1]).all() and not len(_untidy(parts[0])):
        return parts[0]
    ids, rank, counts = _pieces(parts)
    order = np.lexsort((_first_times(parts), rank))
    times, values = _gathered(parts, order, counts)
    offsets = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rank, weights=counts, minlength=len(ids)).astype(np.int64), out=offsets[1:])
    merged = Columns(ids, offsets, times, values)
    untidy = _untidy(merged)
    return merged if not len(untidy) else _with_sorted(merged, untidy, _sorted(parts, rank, counts, untidy))


def _pieces(parts: Sequence[Columns]) -> tuple[Ints, Ints, Ints]:
    """(ids, and of every series of every part, in order: its rank among the ids, its count)."""
    ids, rank = np.unique(np.concatenate([part.ids for part in parts]), return_inverse=True)
    return ids, rank, np.concatenate([np.diff(part.offsets) for part in parts])


def _first_times(parts: Sequence[Columns]) -> Ints:
    """Of every piece its first time; of an empty one, any."""
    found = []
    for part in parts:
        starts = part.offsets[:-1]
        found.append(part.times[np.minimum(starts, len(part.times) - 1)] if len(part.times) else np.zeros_like(starts))
    return np.concatenate(found)


def _gathered(parts: Sequence[Columns], order: Ints, counts: Ints) -> tuple[Ints, Floats]:
    """Times and values of the pieces in this order."""
    times = np.concatenate([part.times for part in parts])
    values = np.concatenate([part.values for part in parts])
    if (order[1:] > order[:-1]).all():
        return times, values
    starts = np.cumsum(counts) - counts
    picked = counts[order]
    shift = np.repeat(starts[order] - (np.cumsum(picked) - picked), picked)
    places = np.arange(len(times), dtype=np.int64) + shift
    return times[places], values[places]


def _untidy(columns: Columns) -> Ints:
    """The places of series whose times do not ascend, or hold doubles."""
    falls = columns.times[1:] <= columns.times[:-1]
    starts = columns.offsets[1:-1]
    falls[starts[(starts > 0) & (starts < len(columns.times))] - 1] = False
    if not falls.any():
        return _NONE
    return np.unique(np.searchsorted(columns.offsets, np.flatnonzero(falls), side="right") - 1)


def _sorted(parts: Sequence[Columns], rank: Ints, counts: Ints, wanted: Ints) -> Columns:
    """The series of these ranks, by a sort of their samples as they come in the parts; stable, so that the first of doubles is first."""
    picked = np.isin(rank, wanted)
    keep = np.repeat(picked, counts)
    series = np.repeat(np.searchsorted(wanted, rank[picked]), counts[picked])
    times = np.concatenate([part.times for part in parts])[keep]
    values = np.concatenate([part.values for part in parts])[keep]
    order = np.lexsort((times, series))
    series, times = series[order], times[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (series[1:] != series[:-1]) | (times[1:] != times[:-1])
    offsets = np.zeros(len(wanted) + 1, dtype=np.int64)
    np.cumsum(np.bincount(series[first], minlength=len(wanted)), out=offsets[1:])
    return Columns(wanted, offsets, times[first], values[order][first])


def _with_sorted(merged: Columns, untidy: Ints, mended: Columns) -> Columns:
    """All series, those that were not tidy as mended."""
    if len(untidy) == len(merged.ids):
        return Columns(merged.ids, mended.offsets, mended.times, mended.values)
    counts = np.diff(merged.offsets)
    stay = np.ones(len(counts), dtype=np.bool_)
    stay[untidy] = False
    stays = np.repeat(stay, counts)
    counts[untidy] = np.diff(mended.offsets)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    place = np.repeat(stay, counts)
    times, values = np.empty(len(place), dtype=np.int64), np.empty(len(place))
    times[place], values[place] = merged.times[stays], merged.values[stays]
    times[~place], values[~place] = mended.times, mended.values
    return Columns(merged.ids, offsets, times, values)
