"""Times of many series, shared: a column of times is kept once, and a series that lacks some of its ticks says which it has."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitoring.metrics.blocks.columns import CorruptBlockError, Ints
from monitoring.metrics.blocks.packing import Bools, Reader, integer_bytes, mask_bytes, read_integers, signed_bytes

MOST_MS = 1 << 61
"""Times are within ± this, so that no difference overflows."""
_TRIED = 4  # columns that a new one is compared with
_FEW = 256
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: spreads what is multiplied by it (Knuth, TAOCP 6.4)
_ITSELF, _RESIDUALS = 0, 1


class Sharing(NamedTuple):
    """`columns` are the times to store; series i has column `column[i]` from place `lead[i]`, `span[i]` ticks long, and of those
    the ones that `holes[i]` marks are missing (None: none is)."""

    columns: list[Ints]
    column: list[int]
    lead: list[int]
    span: list[int]
    holes: list[Bools | None]


def share(times: Sequence[Ints]) -> Sharing:
    """Few columns that hold all these times. Columns that differ in a few ticks become one, of the ticks of both."""
    keys = [one.tobytes() for one in times]
    distinct = dict(zip(keys, times, strict=True))
    bases: list[Ints] = []
    owner: dict[bytes, int] = {}
    known: dict[int, int] = {}
    for key, one in sorted(distinct.items(), key=lambda item: -len(item[1])):
        marks = _marks(one)
        owner[key] = _place(one, bases, Counter(known[mark] for mark in marks if mark in known))
        known |= dict.fromkeys(marks, owner[key])
    places = {key: _within(bases[owner[key]], one) for key, one in distinct.items()}
    found = [places[key] for key in keys]
    return Sharing(
        bases,
        [owner[key] for key in keys],
        [one[0] for one in found],
        [one[1] for one in found],
        [one[2] for one in found],
    )


def _marks(ticks: Ints) -> list[int]:
    """Some of the ticks, by which columns with the same ones find each other: of many, each 64th by a hash."""
    if len(ticks) > _FEW:
        ticks = ticks[ticks.view(np.uint64) * _GOLDEN >> np.uint64(58) == 0]
    marks: list[int] = ticks.tolist()
    return marks


def _place(one: Ints, bases: list[Ints], shared: Counter[int]) -> int:
    """The column that `one` goes to; one with the same ticks, where both have any, is widened; else a new one is made."""
    for place in [place for place, _ in shared.most_common(_TRIED)] or range(min(_TRIED, len(bases))):
        base = bases[place]
        inner = one[np.searchsorted(one, base[0]) : np.searchsorted(one, base[-1], side="right")]
        if len(inner) and _agrees(inner, base):
            if not _holds(base, one):
                bases[place] = np.union1d(base, one)
            return place
    bases.append(one)
    return len(bases) - 1


def _holds(base: Ints, one: Ints) -> bool:
    at = np.minimum(np.searchsorted(base, one), len(base) - 1)
    return bool((base[at] == one).all())


def _agrees(ticks: Ints, base: Ints) -> bool:
    """Nearly all of the ticks are in the column, and to say which of the column's they are takes less than to keep them apart."""
    at = np.searchsorted(base, ticks)
    hits = base[at] == ticks
    found = int(np.count_nonzero(hits))
    if (len(ticks) - found) * 16 > len(ticks):
        return False
    edges = int(np.count_nonzero(np.diff(at[hits]) > 1)) * 2
    return min(edges * 2, int(at[-1] - at[0]) // 8) <= len(ticks)


def _within(base: Ints, one: Ints) -> tuple[int, int, Bools | None]:
    """(lead, span, holes) of times that all are in the column."""
    lead = int(np.searchsorted(base, one[0]))
    span = int(np.searchsorted(base, one[-1])) - lead + 1
    if span == len(one):
        return lead, span, None
    holes = np.ones(span, dtype=np.bool_)
    holes[np.searchsorted(base, one) - lead] = False
    return lead, span, holes


def hole_bytes(holes: Bools | None) -> bytes:
    """The front of a series' slice: nothing, if no tick is missing."""
    return b"" if holes is None else mask_bytes(holes)


def time_bytes(times: Ints) -> bytes:
    """The slice of a column whose count, first and last time the header holds; empty, if its steps are all the same."""
    if len(times) < 3:
        return b""
    steps = np.diff(times)
    if (steps == steps[0]).all():
        return b""
    pace = round((int(times[-1]) - int(times[0])) / (len(times) - 1))
    residuals = times - (times[0] + np.arange(len(times), dtype=np.int64) * pace)
    drifting = bytes([_RESIDUALS, len(beat := signed_bytes(pace))]) + beat + integer_bytes(residuals)
    return min(bytes([_ITSELF]) + integer_bytes(times), drifting, key=len)


def read_times(data: bytes, count: int, first: int, last: int) -> Ints:
    """What `time_bytes` was given."""
    if count < 3:
        return np.array([first, last][:count], dtype=np.int64)
    ticks = np.arange(count, dtype=np.int64)
    if not data:
        pace, left = divmod(last - first, count - 1)
        if left:
            raise CorruptBlockError("A column of times does not run from its first to its last time.")
        return first + ticks * pace
    reader = Reader(data)
    form = reader.byte()
    if form not in (_ITSELF, _RESIDUALS):
        raise CorruptBlockError("A column of times has a form that is not known.")
    pace = reader.signed(reader.byte()) if form == _RESIDUALS else 0
    times = read_integers(reader, count)
    if form == _RESIDUALS:
        times += first + ticks * np.int64(pace)
    if times[0] != first or times[-1] != last:
        raise CorruptBlockError("A column of times does not run from its first to its last time.")
    return times
