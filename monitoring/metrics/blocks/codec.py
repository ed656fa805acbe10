"""Blocks: many series over a span in one string of bytes, of which one series can be read apart. Pure.

Times are shared, values compressed by pcodec, constants elided, every part checked by a CRC-32. docs/metrics-block-format.md has
the layout, byte by byte.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import Columns, CorruptBlockError, Floats, Ints, SeriesColumns
from monitoring.metrics.blocks.header import MOST_SAMPLES, MOST_SERIES, SAMPLES, Header, Layout, NeedMore, header_bytes
from monitoring.metrics.blocks.packing import MOST_NUMBERS, Bools, Reader, read_mask
from monitoring.metrics.blocks.relating import Candidate, apart, relations
from monitoring.metrics.blocks.times import MOST_MS, Sharing, hole_bytes, read_times, share, time_bytes
from monitoring.metrics.blocks.values import (
    INTEGERS,
    as_integers,
    bits_of,
    is_constant,
    read_scaled,
    read_values,
    scaled,
    value_bytes,
)

LEAST_RELATED = 512
"""Bytes of a slice that are worth looking for a column that it follows from."""
Piece = tuple[int, bytes]
"""Bytes of a block, and where in it they begin."""


def encode(series: Sequence[SeriesColumns]) -> bytes:
    """A block of these series, each with at least one sample; in any order, ids >= 0 and each once.

    ValueError for what no block can hold: no series, an id twice, times that do not ascend or lie 2^61 ms from 1970, more than
    MOST_SAMPLES in all.
    """
    ordered = sorted((_plain(one) for one in series), key=lambda one: one.id)
    _refuse_impossible(ordered)
    sharing = share([one.times for one in ordered])
    entries = [
        Entry(one.id, place, *series_slice(one.values, sharing.holes[place])) for place, one in enumerate(ordered)
    ]
    return block_bytes(SAMPLES, sharing, _related(entries, ordered, sharing))


class Entry(NamedTuple):
    """A column of values with its times: those of `place` in a Sharing. `constant` is the value where the slice is empty.

    A `bare` one does not say which ticks it lacks: whoever reads it takes its times from another. One with a `base`, the place of
    another entry, has in its slice what is left beside that (`relating`).
    """

    id: int
    place: int
    slice: bytes
    constant: np.uint64
    bare: bool = False
    base: int = -1
    form: int = 0


def _related(entries: Sequence[Entry], series: Sequence[SeriesColumns], sharing: Sharing) -> list[Entry]:
    """Those that are best kept beside another are."""
    groups: dict[tuple[int, ...], list[Candidate]] = defaultdict(list)
    for place, one in enumerate(entries):
        if len(one.slice) >= LEAST_RELATED and one.slice[0] == INTEGERS and sharing.holes[place] is None:
            found = as_integers(series[place].values)
            if found is not None:
                ticks = (sharing.column[place], sharing.lead[place], sharing.span[place])
                groups[*ticks, found[1]].append(Candidate(place, found[0], len(one.slice)))
    made = list(entries)
    for (*_, exponent), candidates in groups.items():
        for place, (base, form, rest) in relations(candidates).items():
            made[place] = made[place]._replace(slice=bytes([INTEGERS, exponent]) + rest, base=base, form=form)
    return made


def series_slice(values: Floats, holes: Bools | None) -> tuple[bytes, np.uint64]:
    """A series' own bytes, none if it is constant and has every tick of its span; and that constant."""
    if holes is None and is_constant(values):
        return b"", bits_of(values)[0]
    return hole_bytes(holes) + value_bytes(values), np.uint64(0)


def block_bytes(kind: bytes, sharing: Sharing, entries: Sequence[Entry]) -> bytes:
    """The block of these entries, by ascending id."""
    of = [one.place for one in entries]
    columns, leads, spans = (_ints(one)[of] for one in (sharing.column, sharing.lead, sharing.span))
    missing = _ints([0 if one is None else int(np.count_nonzero(one)) for one in sharing.holes])
    counts: Ints = spans - missing[of]
    first_times = _ints(
        [sharing.columns[column][lead] for column, lead in zip(sharing.column, sharing.lead, strict=True)]
    )
    ends = zip(sharing.column, sharing.lead, sharing.span, strict=True)
    last_times = _ints([sharing.columns[column][lead + span - 1] for column, lead, span in ends])
    twins, decimals = _twins(entries, counts, spans[:])
    layout = Layout(
        kind=kind,
        time_counts=_ints([len(one) for one in sharing.columns]),
        time_first=_ints([one[0] for one in sharing.columns]),
        time_last=_ints([one[-1] for one in sharing.columns]),
        time_slices=[time_bytes(one) for one in sharing.columns],
        ids=_ints([one.id for one in entries]),
        columns=columns,
        leads=leads,
        spans=np.where([one.bare for one in entries], counts, spans),
        counts=counts,
        first_times=first_times[of],
        last_times=last_times[of],
        constants=np.array([one.constant for one in entries], dtype=np.uint64),
        slices=[b"" if twin else one.slice for one, twin in zip(entries, twins.tolist(), strict=True)],
        twins=twins,
        decimals=decimals,
        bases=_ints([one.base for one in entries]),
        forms=_ints([one.form for one in entries]),
    )
    return b"".join([header_bytes(layout), *layout.time_slices, *layout.slices])


def _twins(entries: Sequence[Entry], counts: Ints, spans: Ints) -> tuple[Ints, Ints]:
    """(how many entries before each the one is whose slice is its own too, 0 for none; decimals, where they are others, else -1)."""
    twins, decimals = np.zeros(len(entries), dtype=np.int64), np.full(len(entries), -1, dtype=np.int64)
    first: dict[tuple[bytes, int, int], int] = {}
    for place, (one, count, span) in enumerate(zip(entries, counts.tolist(), spans.tolist(), strict=True)):
        if not one.slice:
            continue
        scaled = count == span and not one.bare and one.slice[0] == INTEGERS
        known = one.slice[:1] + one.slice[2:] if scaled else one.slice
        twin = first.setdefault((known, count, span if scaled else -span), place)
        twins[place] = place - twin
        if scaled and one.slice[1] != entries[twin].slice[1]:
            decimals[place] = one.slice[1]
    return twins, decimals


def decode(data: bytes, ids: NDArray[np.int64] | None = None) -> Columns:
    """A whole block, or those of the ids that it holds; series by ascending id. CorruptBlockError if it is damaged."""
    header = whole_header(data, SAMPLES)
    return decode_pieces(header, header.ids if ids is None else ids, [(0, data)])


def whole_header(data: bytes, kind: bytes) -> Header:
    """The header of a block of that kind; CorruptBlockError if it is another, or not all there."""
    header = Header.parse(data)
    if isinstance(header, NeedMore) or len(data) != header.block_length:
        raise CorruptBlockError(
            "The block is cut short." if isinstance(header, NeedMore) else "The block's length is wrong."
        )
    if header.kind != kind:
        raise CorruptBlockError("Samples were looked for in a block of roll-ups, or the other way round.")
    return header


def decode_pieces(header: Header, ids: NDArray[np.int64], pieces: Sequence[Piece]) -> Columns:
    """Those of the ids that the block holds, from the bytes that `header.ranges(ids)` asked for, each with its offset."""
    fetched = Pieces(pieces)
    places = header.find(ids)
    counts = header.counts[places]
    offsets = np.zeros(len(places) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    values = np.repeat(header.constants[places], counts).view(np.float64)
    times = np.empty(len(values), dtype=np.int64)
    columns = {one: _column(header, one, fetched) for one in np.unique(header.columns[places]).tolist()}
    held = (
        header.ids,
        header.columns,
        header.leads,
        header.spans,
        header.offsets,
        header.lengths,
        header.checks,
        header.decimals,
        header.bases,
        header.forms,
    )
    bounds = offsets.tolist()
    for start, end, *one in zip(bounds, bounds[1:], *(array[places].tolist() for array in held), strict=False):
        held_one = _Held(*one)
        _series_into(held_one, columns, fetched, times[start:end], values[start:end])
        if held_one.base >= 0:
            _beside_base(header, held_one, fetched, values[start:end])
    return Columns(header.ids[places], offsets, times, values)


def decode_series(header: Header, series_id: int, column: bytes, slice_: bytes) -> SeriesColumns:
    """One series that the block holds, from the bytes of its column of times and its own slice, either of which may be empty."""
    places = header.find(np.array([series_id])).tolist()
    if not places:
        raise ValueError(f"The block does not hold series {series_id}.")
    of_times = int(header.column_offsets[header.columns[places[0]]])
    pieces = [(of_times, column), (int(header.offsets[places[0]]), slice_)]
    return decode_pieces(header, np.array([series_id]), pieces).series()[0]


class Pieces:
    """Finds bytes of a block among what was fetched of it."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = sorted(pieces, key=lambda one: one[0])
        self.starts = [start for start, _ in self.pieces]

    def checked(self, offset: int, length: int, check: int) -> bytes:
        """Those bytes; CorruptBlockError if they were not fetched, or are damaged."""
        place = bisect_right(self.starts, offset) - 1
        if place < 0:
            raise CorruptBlockError("Its bytes are missing.")
        start, data = self.pieces[place]
        found = data[offset - start : offset - start + length]
        if len(found) != length:
            raise CorruptBlockError("Its bytes are cut short.")
        if crc32(found) != check:
            raise CorruptBlockError("Its checksum is wrong.")
        return found


def _column(header: Header, column: int, fetched: Pieces) -> Ints:
    length, check = int(header.column_lengths[column]), int(header.column_checks[column])
    first, last = int(header.column_first[column]), int(header.column_last[column])
    try:
        data = fetched.checked(int(header.column_offsets[column]), length, check) if length else b""
        return read_times(data, int(header.column_counts[column]), first, last)
    except CorruptBlockError as error:
        raise CorruptBlockError(f"Time column {column} is damaged: {error}") from error


class _Held(NamedTuple):
    """What a header says of one series."""

    id: int
    column: int
    lead: int
    span: int
    offset: int
    length: int
    check: int
    decimals: int
    base: int
    form: int


def _series_into(held: _Held, columns: dict[int, Ints], fetched: Pieces, times: Ints, values: Floats) -> None:
    """Fill in one series; a constant without holes has its values already."""
    ticks = columns[held.column][held.lead : held.lead + held.span]
    count = len(times)
    if not held.length and count == held.span:
        times[:] = ticks
        return
    try:
        reader = Reader(fetched.checked(held.offset, held.length, held.check))
        if count != held.span:
            ticks = ticks[~read_mask(reader, held.span)]
            if len(ticks) != count:
                raise CorruptBlockError("The missing ticks are not as many as the header says.")
        times[:] = ticks
        if held.base < 0:
            values[:] = read_values(reader, count, held.decimals)
    except CorruptBlockError as error:
        raise CorruptBlockError(f"Series {held.id} is damaged: {error}") from error


def _beside_base(header: Header, held: _Held, fetched: Pieces, values: Floats) -> None:
    """Fill in the values of a series whose slice says what is left of it beside another."""
    try:
        rest, exponent = read_scaled(Reader(fetched.checked(held.offset, held.length, held.check)), len(values))
        base = int(header.offsets[held.base]), int(header.lengths[held.base]), int(header.checks[held.base])
        numbers, _ = read_scaled(Reader(fetched.checked(*base)), len(values))
        values[:] = scaled(apart(held.form, numbers, rest), exponent if held.decimals < 0 else held.decimals)
    except CorruptBlockError as error:
        raise CorruptBlockError(f"Series {held.id} is damaged: {error}") from error


def _plain(one: SeriesColumns) -> SeriesColumns:
    times, values = np.ascontiguousarray(one.times, dtype=np.int64), np.ascontiguousarray(one.values, dtype=np.float64)
    return SeriesColumns(int(one.id), times, values)


def _refuse_impossible(ordered: Sequence[SeriesColumns]) -> None:
    if not 0 < len(ordered) <= MOST_SERIES:
        raise ValueError(f"A block holds 1 to {MOST_SERIES} series, not {len(ordered)}.")
    if sum(len(one.times) for one in ordered) > MOST_SAMPLES:
        raise ValueError(f"A block holds at most {MOST_SAMPLES} samples: make it of fewer series or a shorter span.")
    for one, after in zip(ordered, [*ordered[1:], None], strict=True):
        if one.id < 0 or (after and one.id == after.id):
            raise ValueError(f"Series {one.id} is negative or comes twice.")
        if not 0 < len(one.times) == len(one.values) <= MOST_NUMBERS:
            raise ValueError(f"Series {one.id} has {len(one.times)} times and {len(one.values)} values.")
        if len(one.times) > 1 and not (one.times[1:] > one.times[:-1]).all():
            raise ValueError(f"The times of series {one.id} do not ascend.")
        if one.times[0] < -MOST_MS or one.times[-1] > MOST_MS:
            raise ValueError(f"The times of series {one.id} are no milliseconds since 1970.")


def _ints(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)
