"""Roll-ups in a block: what follows from another column is left out, the rest is kept as its distance from what was to be expected. Pure.

A block as of samples (`codec`), whose series `id * 8 + place` is one column of a roll-up; docs/metrics-block-format.md has the details.
All columns come back bit by bit but two: sums to 40 bits (one part in 10^12), increases within the rounding of one subtraction.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.codec import Entry, Piece, Pieces, block_bytes, decode_pieces, series_slice, whole_header
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError, Floats, Ints
from monitoring.metrics.blocks.header import MOST_DECIMALS, ROLLUP, Header
from monitoring.metrics.blocks.packing import Bools, Reader, integer_bytes, mask_bytes, read_integers, read_mask
from monitoring.metrics.blocks.rollups import VALUES, Rollup
from monitoring.metrics.blocks.times import share
from monitoring.metrics.blocks.values import (
    POWERS,
    as_integers,
    bits_of,
    read_values,
    value_bytes,
)

LAST, MAX, MIN, SUM, COUNT, INCREASE = range(6)
PLACES = 8
_NEEDS = {
    "last": (LAST,),
    "max": (LAST, MAX),
    "min": (LAST, MIN),
    "count": (LAST, COUNT),
    "sum": (LAST, MAX, MIN, SUM, COUNT),
    "increase": (LAST, MIN, INCREASE),
}
_DIRECT, _FROM_EXPECTED, _FROM_BEFORE = range(3)
_AS_BITS = 255  # in the place of a number of decimals
_DROPPED = 12  # bits of a sum that are not kept
_NEARLY = 2.0**-41
_NOTHING = np.uint64(0)


def encode_rollup(rollup: Rollup, keep_increase: Bools | None = None) -> bytes:
    """A block of these rows, of which there must be some. `keep_increase` (by series) says whose increases are worth their bytes;
    those of the others come back as NaN."""
    kept = np.flatnonzero(np.diff(rollup.offsets))
    if not len(kept):
        raise ValueError("A block of roll-ups needs at least one row.")
    kept = kept[np.argsort(rollup.ids[kept], kind="stable")]
    starts = [rollup.starts[rollup.offsets[one] : rollup.offsets[one + 1]] for one in kept]
    sharing = share(starts)
    entries: list[Entry] = []
    for place, one in enumerate(kept.tolist()):
        rows = slice(int(rollup.offsets[one]), int(rollup.offsets[one + 1]))
        columns = {name: np.ascontiguousarray(rollup.column(name)[rows]) for name in VALUES}
        if keep_increase is not None and not keep_increase[one]:
            columns["increase"] = np.full(len(starts[place]), np.nan)
        first = int(rollup.ids[one]) * PLACES
        entries.append(Entry(first + LAST, place, *series_slice(columns["last"], sharing.holes[place])))
        entries += [Entry(first + at, place, *kept_slice, bare=True) for at, kept_slice in _kept(columns)]
    return block_bytes(ROLLUP, sharing, entries)


def rollup_ids(header: Header) -> Ints:
    """The series of a block of roll-ups, ascending."""
    ids: Ints = header.ids[header.ids % PLACES == LAST] // PLACES
    return ids


def rollup_ranges(header: Header, ids: NDArray[np.int64], columns: Sequence[str] = VALUES) -> list[tuple[int, int]]:
    """As `Header.ranges`, for these columns of these series."""
    return header.ranges(_wanted(ids, columns))


def decode_rollup(
    data: bytes, width_ms: int, ids: NDArray[np.int64] | None = None, columns: Sequence[str] = VALUES
) -> Rollup:
    """A whole block, or some of it. CorruptBlockError if it is damaged."""
    header = whole_header(data, ROLLUP)
    wanted = rollup_ids(header) if ids is None else ids
    return decode_rollup_pieces(header, width_ms, wanted, [(0, data)], columns)


def decode_rollup_pieces(
    header: Header, width_ms: int, ids: NDArray[np.int64], pieces: Sequence[Piece], columns: Sequence[str] = VALUES
) -> Rollup:
    """Those of the ids that the block holds, from the bytes that `rollup_ranges` asked for with the same columns."""
    last = decode_pieces(header, ids * PLACES + LAST, pieces)
    rows = _Rows(header, Pieces(pieces), last)
    needed = {place for name in columns for place in _NEEDS[name]}
    found = {"last": last.values}
    with np.errstate(all="ignore"):
        if MAX in needed:
            found["max"] = rows.near_last(MAX)
        if MIN in needed:
            found["min"] = rows.near_last(MIN)
        if COUNT in needed:
            found["count"] = decode_pieces(header, last.ids + COUNT, pieces).values
        if SUM in needed:
            found["sum"] = rows.sums(found["count"], found["min"], found["max"])
        if INCREASE in needed:
            found["increase"] = rows.increases(found["min"])
    return Rollup(width_ms, last.ids // PLACES, last.offsets, last.times, **{name: found[name] for name in columns})


def _wanted(ids: NDArray[np.int64], columns: Sequence[str]) -> Ints:
    places = sorted({place for name in columns for place in _NEEDS[name]})
    wanted: Ints = (ids[:, None] * PLACES + np.array(places, dtype=np.int64)).ravel()
    return wanted


def _kept(columns: dict[str, Floats]) -> Iterator[tuple[int, tuple[bytes, np.uint64]]]:
    """(place, (slice, constant)) of the columns besides `last` that a reader could not guess."""
    last, most, least, count, increase = (columns[name] for name in ("last", "max", "min", "count", "increase"))
    with np.errstate(all="ignore"):
        decimals, whole = _whole(np.concatenate((last, most, least)))
    of_last, of_most, of_least = whole.reshape(3, -1)
    if not _same(most, last):
        yield MAX, (_near(most, of_most, of_last, decimals), _NOTHING)
    if not _same(least, last):
        yield MIN, (_near(least, of_least, of_last, decimals), _NOTHING)
    with np.errstate(all="ignore"):
        total = _sum_bytes(columns["sum"], count, least, most, decimals)
        risen = _increase_bytes(increase, last, least)
    if total:
        yield SUM, (total, _NOTHING)
    yield COUNT, series_slice(count, None)
    if risen is not None:
        yield INCREASE, (risen, _NOTHING if risen else bits_of(increase)[0])


def _whole(values: Floats) -> tuple[int, Ints]:
    """(decimals, integers) that stand for the values exactly: of a decimal, or else of a float's place among all floats."""
    found = as_integers(values)
    if found is None or found[2] is not None:
        return _AS_BITS, _ordered(values)
    return found[1], found[0]


def _ordered(values: Floats) -> Ints:
    """Integers in the order of the floats; its own inverse but for the type."""
    bits = values.view(np.int64)
    return bits ^ ((bits >> 63) & 0x7FFFFFFFFFFFFFFF)


def _from_whole(whole: Ints, decimals: int) -> Floats:
    if decimals == _AS_BITS:
        return (whole ^ ((whole >> 63) & 0x7FFFFFFFFFFFFFFF)).view(np.float64)
    return whole / POWERS[decimals]


def _to_whole(values: Floats, decimals: int) -> Ints:
    return _ordered(values) if decimals == _AS_BITS else np.rint(values * POWERS[decimals]).astype(np.int64)


def _before(whole: Ints) -> Ints:
    """Of each row the last of the row before; of the first, its own."""
    return np.concatenate((whole[:1], whole[:-1]))


def _same(left: Floats, right: Floats) -> bool:
    return bool((bits_of(left) == bits_of(right)).all())


def _near(values: Floats, whole: Ints, last: Ints, decimals: int) -> bytes:
    """A column as itself, as its distance from the row's last, or from the last of the row before."""
    return min(
        bytes([_DIRECT]) + value_bytes(values),
        bytes([_FROM_EXPECTED, decimals]) + integer_bytes(whole - last),
        bytes([_FROM_BEFORE, decimals]) + integer_bytes(whole - _before(last)),
        key=len,
    )


def _expected_sum(count: Floats, least: Floats, most: Floats) -> Floats:
    return count * (least * 0.5 + most * 0.5)


def _sum_bytes(total: Floats, count: Floats, least: Floats, most: Floats, decimals: int) -> bytes:
    """Empty, if each sum is what is to be expected of the middle of its least and most."""
    expected = _expected_sum(count, least, most)
    if _nearly(total, expected, total).all():
        return b""
    return _decimal_sum(total, expected, decimals) or _float_sum(total, expected)


def _decimal_sum(total: Floats, expected: Floats, decimals: int) -> bytes:
    """Its distance from the expected, in decimals; empty, if it cannot be said so."""
    if decimals == _AS_BITS:
        return b""
    near, guess = np.rint(total * POWERS[decimals]), np.rint(expected * POWERS[decimals])
    small = max(np.abs(near).max(), np.abs(guess).max()) < 1 << 53
    if not small or not _nearly(near / POWERS[decimals], total, total).all():
        return b""
    return bytes([_FROM_EXPECTED, decimals]) + integer_bytes(near.astype(np.int64) - guess.astype(np.int64))


def _float_sum(total: Floats, expected: Floats) -> bytes:
    rounded = (_ordered(total) + (1 << _DROPPED - 1)) >> _DROPPED
    kept = _from_whole(rounded << _DROPPED, _AS_BITS)
    if not _nearly(kept, total, total).all():  # denormals have no bits to spare
        return bytes([_DIRECT]) + value_bytes(total)
    distance = integer_bytes(rounded - (_ordered(expected) >> _DROPPED))
    return min(bytes([_DIRECT]) + value_bytes(kept), bytes([_FROM_EXPECTED, _AS_BITS]) + distance, key=len)


def _increase_bytes(increase: Floats, last: Floats, least: Floats) -> bytes | None:
    """None, if each row rises from the last before it (the first from its least); empty, if all are NaN; else the others."""
    if np.isnan(increase).all():
        return b""
    before = np.concatenate((least[:1], last[:-1]))
    odd = ~_nearly(increase, last - before, np.maximum(np.abs(last), np.abs(before)))
    if not odd.any():
        return None
    return mask_bytes(odd) + value_bytes(increase[odd])


def _nearly(values: Floats, others: Floats, scale: Floats) -> Bools:
    """Equal within the rounding that is given up, or both no number."""
    near = np.isfinite(scale) & (np.abs(values - others) <= np.abs(scale) * _NEARLY)
    found: Bools = near | (values == others) | (np.isnan(values) & np.isnan(others))
    return found


class _Rows:
    """Rebuilds the columns of the series that were asked for, from `last` and what the block holds besides."""

    def __init__(self, header: Header, fetched: Pieces, last: Columns) -> None:
        self.header, self.fetched, self.last = header, fetched, last

    def near_last(self, place: int) -> Floats:
        """The column MAX or MIN."""
        values = self.last.values.copy()
        for start, end, reader in self._stored(place):
            form = reader.byte()
            if form == _DIRECT:
                values[start:end] = read_values(reader, end - start)
                continue
            decimals = _decimals(reader)
            last = _to_whole(self.last.values[start:end], decimals)
            near = last if form == _FROM_EXPECTED else _before(last)
            values[start:end] = _from_whole(read_integers(reader, end - start) + near, decimals)
        return values

    def sums(self, count: Floats, least: Floats, most: Floats) -> Floats:
        values = _expected_sum(count, least, most)
        for start, end, reader in self._stored(SUM):
            if reader.byte() == _DIRECT:
                values[start:end] = read_values(reader, end - start)
                continue
            decimals = _decimals(reader)
            distance = read_integers(reader, end - start)
            expected = values[start:end]
            if decimals == _AS_BITS:
                whole = (distance + (_ordered(expected) >> _DROPPED)) << _DROPPED
            else:
                whole = distance + np.rint(expected * POWERS[decimals]).astype(np.int64)
            values[start:end] = _from_whole(whole, decimals)
        return values

    def increases(self, least: Floats) -> Floats:
        last = self.last.values
        before = np.empty_like(last)
        before[1:] = last[:-1]
        heads = self.last.offsets[:-1]
        before[heads] = least[heads]
        values = last - before
        for start, end, reader in self._stored(INCREASE):
            if not reader.data:
                values[start:end] = np.nan
                continue
            odd = read_mask(reader, end - start)
            values[start:end][odd] = read_values(reader, int(np.count_nonzero(odd)))
        return values

    def _stored(self, place: int) -> Iterator[tuple[int, int, Reader]]:
        """(first row, row after the last, the slice) of the series that have this column in the block."""
        at = np.minimum(np.searchsorted(self.header.ids, self.last.ids + place), len(self.header.ids) - 1)
        for one in np.flatnonzero(self.header.ids[at] == self.last.ids + place).tolist():
            yield int(self.last.offsets[one]), int(self.last.offsets[one + 1]), self._slice(int(at[one]))

    def _slice(self, at: int) -> Reader:
        header = self.header
        length = int(header.lengths[at])
        if not length:
            return Reader(b"")
        try:
            return Reader(self.fetched.checked(int(header.offsets[at]), length, int(header.checks[at])))
        except CorruptBlockError as error:
            series, place = divmod(int(header.ids[at]), PLACES)
            raise CorruptBlockError(f"Column {place} of series {series} is damaged: {error}") from error


def _decimals(reader: Reader) -> int:
    decimals = reader.byte()
    if decimals > MOST_DECIMALS and decimals != _AS_BITS:
        raise CorruptBlockError(f"A column has {decimals} decimals.")
    return decimals
