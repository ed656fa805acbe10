"""The front of a block: which series it holds, where the bytes of each are, and the checksums.

It is read from a prefix of the block, so that a reader can fetch one series of many with `substring()`.
"""

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

import cramjam
import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import CorruptBlockError, Ints
from monitoring.metrics.blocks.packing import MOST_NUMBERS, WIDTHS, least_width

SAMPLES, ROLLUP = b"OMB", b"OMR"
"""The first bytes: what a block holds."""
VERSION = 2
OLDER = 1
"""Without twins."""
_FRONT = struct.Struct("<3sBIIII")  # kind, version, packed, unpacked, crc32 of the packed header, length of the block
FRONT_BYTES = _FRONT.size
PREFIX_BYTES = 4096
"""What to fetch first: holds the whole header of a block of some 200 series."""
MOST_SERIES = 1 << 20
MOST_SAMPLES = 1 << 26
"""In one block."""
_MOST_HEADER = 64 << 20
_ZEROS = 255
MOST_DECIMALS = 12
"""Of integers that stand for decimals."""
_WORTH = (
    0.8  # a header that shrinks less is left as it is: decompressing takes as long as all else there is to reading it
)
_NEAR = 512  # bytes between two wanted slices that are cheaper to read than to leave out


class NeedMore(NamedTuple):
    """The prefix is too short: fetch this many bytes from the block's start."""

    bytes: int


@dataclass(slots=True)
class Header:
    """Of n series by ascending id, and t columns of times; `column_*` are of the t, the others of the n.

    Series i has `counts[i]` samples: the ticks of column `columns[i]` from `leads[i]`, `spans[i]` of them, less the holes.
    """

    kind: bytes
    length: int
    block_length: int
    column_counts: Ints
    column_first: Ints
    column_last: Ints
    column_offsets: Ints
    column_lengths: Ints
    column_checks: Ints
    ids: Ints
    counts: Ints
    columns: Ints
    leads: Ints
    spans: Ints
    first_times: Ints
    last_times: Ints
    offsets: Ints
    lengths: Ints
    checks: Ints
    constants: NDArray[np.uint64]
    """The bits of a series' one value; meant where its slice is empty."""
    decimals: Ints
    """Of a series whose slice is its twin's: the exponent of its integers, where that is another; else -1."""
    bases: Ints
    forms: Ints
    """The place of the series that it is made of, with its own slice, and how (`relating`); -1 for none."""

    @classmethod
    def parse(cls, prefix: bytes) -> "Header | NeedMore":
        """From the block's first bytes. CorruptBlockError if they are damaged."""
        if len(prefix) < FRONT_BYTES:
            return NeedMore(PREFIX_BYTES)
        kind, version, packed, unpacked, check, length = _FRONT.unpack_from(prefix)
        if kind not in (SAMPLES, ROLLUP):
            raise CorruptBlockError("This is no block of metrics: its first bytes are others.")
        if version not in (OLDER, VERSION):
            raise CorruptBlockError(f"The block is of version {version}; this release reads up to version {VERSION}.")
        if max(packed, unpacked) > _MOST_HEADER or FRONT_BYTES + packed > length:
            raise CorruptBlockError("The header's length is impossible.")
        if len(prefix) < FRONT_BYTES + packed:
            return NeedMore(FRONT_BYTES + packed)
        body = prefix[FRONT_BYTES : FRONT_BYTES + packed]
        if crc32(body, crc32(_front_checked(kind, packed, unpacked, length))) != check:
            raise CorruptBlockError("The header's checksum is wrong.")
        return _fields(kind, _unpacked(body, unpacked), FRONT_BYTES + packed, length, version)

    @property
    def nbytes(self) -> int:
        """Memory of its arrays."""
        return sum(value.nbytes for name in self.__slots__ if isinstance(value := getattr(self, name), np.ndarray))

    def find(self, ids: NDArray[np.int64]) -> Ints:
        """Places of those of the ids that the block holds, ascending."""
        at = np.minimum(np.searchsorted(self.ids, ids), max(0, len(self.ids) - 1))
        return np.unique(at[self.ids[at] == ids]) if len(self.ids) else at[:0]

    def ranges(self, ids: NDArray[np.int64], near: int = _NEAR) -> list[tuple[int, int]]:
        """(offset from the block's start, length) of the bytes to fetch for these series, ascending; what lies less than `near`
        bytes apart is fetched in one. None for series that the block does not hold."""
        places = self.find(ids)
        columns = np.unique(self.columns[places])
        bases = self.bases[places]
        places = np.union1d(places, bases[bases >= 0])
        starts = np.concatenate((self.column_offsets[columns], self.offsets[places]))
        ends = starts + np.concatenate((self.column_lengths[columns], self.lengths[places]))
        starts, ends = starts[ends > starts], ends[ends > starts]
        if not len(starts):
            return []
        order = np.argsort(starts, kind="stable")  # a slice that twins share comes several times
        starts, ends = starts[order], ends[order]
        breaks = np.flatnonzero(starts[1:] - ends[:-1] > near)
        begin = starts[np.concatenate(([0], breaks + 1))]
        end = ends[np.concatenate((breaks, [len(ends) - 1]))]
        return list(zip(begin.tolist(), (end - begin).tolist(), strict=True))


def block_length(prefix: bytes) -> int:
    """Of the block that begins so, not checked yet."""
    length: int = _FRONT.unpack_from(prefix)[5]
    return length


class Layout(NamedTuple):
    """What a writer knows of the parts; arrays of `times` are by column, the others by series."""

    kind: bytes
    time_counts: Ints
    time_first: Ints
    time_last: Ints
    time_slices: list[bytes]
    ids: Ints
    columns: Ints
    leads: Ints
    spans: Ints
    counts: Ints
    first_times: Ints
    last_times: Ints
    constants: NDArray[np.uint64]
    slices: list[bytes]
    twins: Ints
    decimals: Ints
    bases: Ints
    forms: Ints


def header_bytes(layout: Layout) -> bytes:
    """The header of such a block, its front included."""
    raw = b"".join(_arrays(layout))
    squeezed = bytes(cramjam.zstd.compress(raw, level=19))
    body = squeezed if len(squeezed) < len(raw) * _WORTH else raw
    return framed(layout.kind, body, len(raw), sum(map(len, layout.time_slices)) + sum(map(len, layout.slices)))


def framed(kind: bytes, body: bytes, unpacked: int, rest: int) -> bytes:
    """A header's bytes with the front that belongs to them; `rest` is the length of what follows."""
    length = FRONT_BYTES + len(body) + rest
    check = crc32(body, crc32(_front_checked(kind, len(body), unpacked, length)))
    return _FRONT.pack(kind, VERSION, len(body), unpacked, check, length) + body


def _front_checked(kind: bytes, packed: int, unpacked: int, length: int) -> bytes:
    return kind + struct.pack("<III", packed, unpacked, length)


def _arrays(layout: Layout) -> list[bytes]:
    columns = layout.columns
    missing = layout.time_counts[columns] - layout.leads - layout.spans
    checks = [
        np.array([crc32(one) for one in slices], dtype=np.int64) for slices in (layout.time_slices, layout.slices)
    ]
    lengths = [np.array([len(one) for one in slices], dtype=np.int64) for slices in (layout.time_slices, layout.slices)]
    return [
        struct.pack("<II", len(layout.time_counts), len(layout.ids)),
        _narrow(layout.time_counts),
        layout.time_first.astype("<i8").tobytes(),
        _narrow(layout.time_last - layout.time_first),
        _narrow(lengths[0]),
        _narrow(checks[0] * (lengths[0] > 0)),
        struct.pack("<q", int(layout.ids[0])),
        _narrow(np.diff(layout.ids) - 1),
        _narrow(columns),
        _narrow(layout.leads),
        _narrow(missing),
        _narrow(layout.spans - layout.counts),
        _narrow(layout.first_times - layout.time_first[columns]),
        _narrow(layout.time_last[columns] - layout.last_times),
        _narrow(lengths[1]),
        _narrow(checks[1] * (lengths[1] > 0)),
        _narrow(layout.twins),
        _narrow(layout.decimals[layout.twins > 0] + 1),
        _narrow(_relations(layout.bases, layout.forms)),
        _narrow(layout.constants[(lengths[1] == 0) & (layout.twins == 0)]),
    ]


def _relations(bases: Ints, forms: Ints) -> Ints:
    """0 for none; else 1 more than twice the way to the base, zigzag, and the form."""
    way = bases - np.arange(len(bases))
    return np.where(bases < 0, 0, 1 + 2 * (way << 1 ^ way >> 63) + forms)


def _narrow(numbers: NDArray[Any]) -> bytes:
    """A byte with the place of the least width in WIDTHS, then the numbers; 255 for only zeros."""
    highest = int(numbers.max()) if len(numbers) else 0
    if not highest:
        return bytes([_ZEROS])
    width = least_width(highest)
    return bytes([width]) + numbers.astype(WIDTHS[width]).tobytes()


class _Arrays:
    """Takes `_narrow` arrays apart."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise CorruptBlockError("The header ends too early.")
        self.at += size
        return self.data[self.at - size : self.at]

    def wide(self, count: int) -> NDArray[np.uint64]:
        width = self.take(1)[0]
        if width == _ZEROS:
            return np.zeros(count, dtype=np.uint64)
        if width >= len(WIDTHS):
            raise CorruptBlockError("The header holds numbers of a width that is not known.")
        return np.frombuffer(self.take(count * WIDTHS[width].itemsize), dtype=WIDTHS[width]).astype(np.uint64)

    def ints(self, count: int) -> Ints:
        return self.wide(count).view(np.int64)


def _unpacked(body: bytes, size: int) -> bytes:
    if size == len(body):
        return body
    room = bytearray(size)
    try:
        written = cramjam.zstd.decompress_into(body, room)
    except Exception as error:
        raise CorruptBlockError(f"The header cannot be decompressed: {error}") from error
    if written != size:
        raise CorruptBlockError("The header has another length than it says.")
    return bytes(room)


def _fields(kind: bytes, raw: bytes, header_length: int, block_length: int, version: int) -> Header:
    arrays = _Arrays(raw)
    t, n = struct.unpack("<II", arrays.take(8))
    if t > n or n > MOST_SERIES or n == 0:
        raise CorruptBlockError(f"The header speaks of {n} series and {t} columns of times.")
    time_counts = arrays.ints(t)
    time_first = np.frombuffer(arrays.take(8 * t), dtype="<i8").astype(np.int64)
    time_last = time_first + arrays.ints(t)
    time_lengths, time_checks = arrays.ints(t), arrays.ints(t)
    first_id = struct.unpack("<q", arrays.take(8))
    ids = np.cumsum(np.concatenate((first_id, arrays.ints(n - 1) + 1)))
    columns = arrays.ints(n)
    if columns.min() < 0 or columns.max() >= t:
        raise CorruptBlockError("A series names a column of times that is not there.")
    leads = arrays.ints(n)
    spans = time_counts[columns] - leads - arrays.ints(n)
    counts = spans - arrays.ints(n)
    first_times, last_times = time_first[columns] + arrays.ints(n), time_last[columns] - arrays.ints(n)
    lengths, checks, constants = arrays.ints(n), arrays.ints(n), np.zeros(n, dtype=np.uint64)
    twins, decimals, relations = np.zeros_like(ids), np.full(n, -1), np.zeros_like(ids)
    if version > OLDER:
        twins, decimals = _twins(arrays, lengths)
        relations = arrays.ints(n)
    bases, forms = _bases(relations)
    elided = np.flatnonzero((lengths == 0) & (twins == 0))
    constants[elided] = arrays.wide(len(elided))
    ends = header_length + np.cumsum(np.concatenate((time_lengths, lengths)))
    offsets = ends - np.concatenate((time_lengths, lengths))
    header = Header(
        kind,
        header_length, block_length,
        time_counts, time_first, time_last, offsets[:t], time_lengths, time_checks,
        ids, counts, columns, leads, spans, first_times, last_times, offsets[t:], lengths, checks, constants, decimals, bases, forms,
    )  # fmt: skip
    _check(header)
    own = np.arange(n) - twins
    header.offsets, header.lengths, header.checks = header.offsets[own], header.lengths[own], header.checks[own]
    related = np.flatnonzero(bases >= 0)
    whole = header.counts[related] == header.spans[related]
    same = [array[related] == array[bases[related]] for array in (counts, spans, columns, leads)]
    if not (whole & np.logical_and.reduce(same) & (header.lengths[related] > 0)).all():
        raise CorruptBlockError("A series is made of another that has other times.")
    return header


def _bases(relations: Ints) -> tuple[Ints, Ints]:
    """(places, forms) that `_relations` was given."""
    zigzag = relations - 1 >> 1
    bases = np.where(relations > 0, np.arange(len(relations)) + (zigzag >> 1 ^ -(zigzag & 1)), -1)
    related = np.flatnonzero(relations)
    if len(related) and (
        relations.min() < 0
        or bases[related].min() < 0
        or bases.max() >= len(bases)
        or (bases[bases[related]] >= 0).any()
    ):
        raise CorruptBlockError("A series is made of another that is not there.")
    return bases, relations - 1 & 1


def _twins(arrays: _Arrays, lengths: Ints) -> tuple[Ints, Ints]:
    """(how many places before each series the one is whose slice it shares, 0 for none; decimals)."""
    n = len(lengths)
    twins, decimals = arrays.ints(n), np.full(n, -1, dtype=np.int64)
    has = np.flatnonzero(twins)
    decimals[has] = arrays.ints(len(has)) - 1
    if len(has) and (twins[has].min() < 0 or (twins > np.arange(n)).any()):
        raise CorruptBlockError("A series names a twin that is not there.")
    if (
        lengths[has].any()
        or not lengths[has - twins[has]].all()
        or decimals.max() > MOST_DECIMALS
        or decimals.min() < -1
    ):
        raise CorruptBlockError("A series has both a slice of its own and a twin, or a twin without.")
    return twins, decimals


def _check(header: Header) -> None:
    """Lengths that no writer would have written are refused before anything is allocated by them."""
    sizes = np.concatenate((header.column_lengths, header.lengths))
    if sizes.min() < 0 or sizes.max() > header.block_length or header.length + sizes.sum() != header.block_length:
        raise CorruptBlockError("The header's lengths do not add up to the block's.")
    if header.column_counts.min() < 1 or header.column_counts.max() > MOST_NUMBERS:
        raise CorruptBlockError("The header speaks of an impossible number of times.")
    bad = (header.leads < 0) | (header.spans < 1) | (header.counts < 1) | (header.counts > header.spans)
    bad |= header.leads + header.spans > header.column_counts[header.columns]
    if bad.any() or header.counts.sum() > MOST_SAMPLES:
        raise CorruptBlockError("The header speaks of an impossible number of samples.")
    if len(header.ids) > 1 and np.diff(header.ids).min() < 1:
        raise CorruptBlockError("The header's series are not in order.")
