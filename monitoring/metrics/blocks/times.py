"""Times of many series, shared: a column of times is kept once, and a series that lacks some of its ticks says which it has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitoring.metrics.blocks.columns import CorruptBlockError, Ints
from monitoring.metrics.blocks.packing import WIDTHS, Bools, Reader, least_width, mask_bytes, pco, unpco, varint, zigzag

MOST_MS = 1 << 61
"""Times are within ± this, so that no difference overflows."""
_TRIED = 4  # columns a new one is compared with
_DIFFERENCES, _RESIDUALS = 0, 1
_WIDTH_SHIFT = 4


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
    keys = [_key(one) for one in times]
    distinct = dict(zip(keys, times, strict=True))
    bases: list[Ints] = []
    owner: dict[bytes | int, int] = {}
    for key, one in sorted(distinct.items(), key=lambda item: -len(item[1])):
        owner[key] = _place(one, bases)
    places = {key: _within(bases[owner[key]], one) for key, one in distinct.items()}
    found = [places[key] for key in keys]
    return Sharing(
        bases,
        [owner[key] for key in keys],
        [one[0] for one in found],
        [one[1] for one in found],
        [one[2] for one in found],
    )


def _key(times: Ints) -> bytes:
    return times.tobytes()


def _place(one: Ints, bases: list[Ints]) -> int:
    """The column that `one` goes to; a near one is widened, else a new one is made."""
    for place in range(len(bases) - 1, max(-1, len(bases) - 1 - _TRIED), -1):
        base = bases[place]
        at = np.searchsorted(base, one)
        hits = base[np.minimum(at, len(base) - 1)] == one
        misses = len(one) - int(np.count_nonzero(hits))
        if misses * 16 > len(one):
            continue
        mask = np.zeros(len(base), dtype=np.bool_)
        mask[at[hits]] = True
        edges = int(np.count_nonzero(mask[1:] != mask[:-1]))
        if min(edges * 2, len(base) // 8) > len(one):
            continue
        if misses:
            bases[place] = np.union1d(base, one)
        return place
    bases.append(one)
    return len(bases) - 1


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
    low, high = int(steps.min()), int(steps.max())
    if low <= 0 or abs(int(times[0])) > MOST_MS or abs(int(times[-1])) > MOST_MS:
        raise ValueError("Times have to ascend without doubles, within 2^61 ms of 1970.")
    if low == high:
        return b""
    pace = round((int(times[-1]) - int(times[0])) / (len(times) - 1))
    residuals = times - (times[0] + np.arange(len(times), dtype=np.int64) * pace)
    return min(_column(_DIFFERENCES, steps), _column(_RESIDUALS, residuals, pace), key=len)


def _column(form: int, numbers: Ints, pace: int = 0) -> bytes:
    base = int(numbers.min())
    above = (numbers - base).view(np.uint64)
    width = least_width(int(above.max()))
    head = bytes([form | width << _WIDTH_SHIFT]) + varint(zigzag(base))
    if form == _RESIDUALS:
        head += varint(zigzag(pace))
    return head + pco(above.astype(WIDTHS[width]))


def read_times(data: bytes, count: int, first: int, last: int) -> Ints:
    """What `time_bytes` was given."""
    if not data:
        pace = (last - first) // (count - 1) if count > 1 else 0
        return (
            first + np.arange(count, dtype=np.int64) * pace if count != 2 else np.array([first, last], dtype=np.int64)
        )
    reader = Reader(data)
    tag = reader.byte()
    base = reader.signed()
    dtype = WIDTHS[tag >> _WIDTH_SHIFT & 3]
    if tag & 1 == _RESIDUALS:
        pace = reader.signed()
        numbers = unpco(reader.rest(), count, dtype).astype(np.int64) + base
        times = numbers + np.arange(count, dtype=np.int64) * np.int64(pace) + first
    else:
        steps = unpco(reader.rest(), count - 1, dtype).astype(np.int64) + base
        times = np.concatenate(([0], np.cumsum(steps))) + first
    if times[0] != first or times[-1] != last:
        raise CorruptBlockError("A column of times does not run from its first to its last time.")
    return times
