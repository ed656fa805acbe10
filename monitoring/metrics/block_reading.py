"""Series out of blocks: which blocks there are, their headers, and only those bytes that the wanted series need."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.binary import array_literal, fetch, time_literal
from monitoring.metrics.block_cache import HEADER_BYTES, SERIES_BYTES, BoundedCache
from monitoring.metrics.blocks.codec import Piece, decode_pieces
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError
from monitoring.metrics.blocks.header import Header, NeedMore, block_length
from monitoring.metrics.blocks.rollup_codec import decode_rollup_pieces, rollup_ids, rollup_ranges
from monitoring.metrics.blocks.rollups import Rollup
from monitoring.metrics.copying import POSTGRES_EPOCH_MS
from monitoring.metrics.cutting import bounds, first_bytes, pieces
from monitoring.metrics.moments import moment
from monitoring.metrics.tiers import HOUR_MS, HOURS, LONGEST_MS, RAW, Tier

Ints = NDArray[np.int64]

FIND = """
SELECT id, target_id, (extract(epoch FROM start) * 1000)::bigint, first_ms, last_ms, header_bytes, hours, codec
FROM {table} WHERE part = 0 AND {where} start >= %(floor)s AND start <= %(end)s AND last_ms >= %(start_ms)s AND first_ms <= %(end_ms)s
ORDER BY start
"""
BYTES = """
SELECT w.n::int4, substring(b.data FROM w.low + 1 FOR w.length)
FROM unnest({ids}::int8[], {targets}::int4[], {starts}::timestamptz[], {parts}::int2[], {lows}::int4[], {lengths}::int4[])
    WITH ORDINALITY AS w(id, target_id, start, part, low, length, n)
JOIN {table} b ON b.part = w.part AND b.target_id = w.target_id AND b.start = w.start
WHERE b.id = w.id AND b.start >= {first} AND b.start <= {last}
"""
MANY_TARGETS = 500
FEW_SERIES = 64
"""Series that are read by so many at once are remembered one by one."""
WHOLE_RATIO = 0.5

headers: BoundedCache[Header] = BoundedCache(HEADER_BYTES)
series: BoundedCache[Columns] = BoundedCache(SERIES_BYTES)


class BlockGoneError(Exception):
    """A block was replaced while it was read: read again."""


class Ref(NamedTuple):
    """A block that is there."""

    id: int
    target_id: int
    start_ms: int
    first_ms: int
    last_ms: int
    header_bytes: int
    hours: int
    codec: int

    @property
    def covers_ms(self) -> int:
        """The end of the span it was made for."""
        return self.start_ms + self.hours * HOUR_MS


class Range(NamedTuple):
    """Bytes `low` to `low + size` of a block, of which the first `length` are known to be there."""

    ref: Ref
    length: int
    low: int
    size: int


class Part(NamedTuple):
    """What is wanted of a block."""

    ref: Ref
    header: Header
    ids: Ints


@dataclass(slots=True)
class Found:
    """The blocks of a tier with the wanted series in them."""

    tier: Tier
    parts: list[Part]

    def estimate(self, start_ms: int, end_ms: int) -> int:
        """About how many samples, or rows, of the wanted series lie in the span; from the headers alone."""
        total = 0.0
        for ref, header, ids in self.parts:
            places = header.find(ids * 8 if self.tier.width_ms else ids)
            inside = min(end_ms, ref.last_ms) - max(start_ms, ref.first_ms) + 1
            total += int(header.counts[places].sum()) * min(1.0, inside / (ref.last_ms - ref.first_ms + 1))
        return int(total)

    def ids_between(self, start_ms: int, end_ms: int) -> Iterator[Ints]:
        """Of each block of raw samples the wanted series that reach into the span; a gap of a series counts as a part of it."""
        for _, header, ids in self.parts:
            places = header.find(ids)
            reach = (header.first_times[places] <= end_ms) & (header.last_times[places] >= start_ms)
            yield header.ids[places[reach & (header.counts[places] > 0)]]


def find(tier: Tier, ids: Ints, targets: Ints, start_ms: int, end_ms: int) -> Found:
    """Blocks of a roll-up with rows of these series (ascending ids, with their targets) in [start, end]."""
    own = np.unique(targets).tolist()
    where = "target_id = ANY(%(targets)s::int[]) AND" if len(own) <= MANY_TARGETS else ""
    parameters = {
        "targets": own, "floor": moment(start_ms - LONGEST_MS[tier.span]), "end": moment(end_ms),
        "start_ms": start_ms, "end_ms": end_ms,
    }  # fmt: skip
    rows = fetch(FIND.format(table=tier.blocks.name, where=where), parameters)
    return _found(tier, [Ref(*row) for row in rows], ids, targets)


def found_raw(blocks: Ints, ids: Ints, targets: Ints) -> Found:
    """The blocks of `gathering.gather`, with the wanted series in them."""
    blocks = blocks[np.argsort(blocks[:, 2], kind="stable")]
    blocks[:, 2] = blocks[:, 2] // 1000 + POSTGRES_EPOCH_MS
    return _found(RAW, [Ref(*row) for row in blocks.tolist()], ids, targets)


def _found(tier: Tier, refs: Sequence[Ref], ids: Ints, targets: Ints) -> Found:
    of_target = _by_target(ids, targets)
    refs = [ref for ref in refs if ref.target_id in of_target]
    parts = []
    for ref, header in zip(refs, _headers(tier, refs), strict=True):
        held = rollup_ids(header) if tier.width_ms else header.ids
        wanted = of_target[ref.target_id]
        there = wanted[held[np.minimum(np.searchsorted(held, wanted), len(held) - 1)] == wanted]
        if len(there):
            parts.append(Part(ref, header, there))
    return Found(tier, parts)


def read_samples(found: Found) -> Iterator[Columns]:
    """Of each block the wanted series, whole; one block after the other, so that what is not wanted of it can go before the next."""
    few = sum(len(part.ids) for part in found.parts) <= FEW_SERIES
    known = [_remembered(part) if few else None for part in found.parts]
    missing = [part for part, one in zip(found.parts, known, strict=True) if one is None]
    ranges = [part.header.ranges(part.ids) for part in missing]
    read = iter(
        decode_pieces(part.header, part.ids, pieces)
        for part, pieces in zip(missing, _pieces(found.tier, missing, ranges), strict=True)
    )
    for part, one in zip(found.parts, known, strict=True):
        if one is None:
            one = next(read)
            if few:
                series.put((part.ref.id, part.ids.tobytes()), one, one.times.nbytes * 2 + 500)
        yield one


def read_rows(found: Found, columns: Sequence[str]) -> list[Rollup]:
    """Of each block of a roll-up these columns of the wanted series."""
    ranges = [rollup_ranges(part.header, part.ids, columns) for part in found.parts]
    return [
        decode_rollup_pieces(part.header, found.tier.width_ms, part.ids, pieces, columns)
        for part, pieces in zip(found.parts, _pieces(found.tier, found.parts, ranges), strict=True)
    ]


def _remembered(part: Part) -> Columns | None:
    return series.get((part.ref.id, part.ids.tobytes()))


def _by_target(ids: Ints, targets: Ints) -> dict[int, Ints]:
    if len(targets) == 1 or (targets == targets[:1]).all():
        return {int(targets[0]): ids} if len(ids) else {}
    order = np.argsort(targets, kind="stable")
    own, first = np.unique(targets[order], return_index=True)
    return dict(zip(own.tolist(), np.split(ids[order], first[1:]), strict=True))


def _headers(tier: Tier, refs: Sequence[Ref]) -> list[Header]:
    known = {ref.id: headers.get(ref.id) for ref in refs}
    missing = [ref for ref in refs if known[ref.id] is None]
    if missing:
        for ref, data in zip(missing, _header_bytes(tier, missing), strict=True):
            parsed = Header.parse(data)
            if isinstance(parsed, NeedMore):
                raise CorruptBlockError(f"The header of block {ref.id} is cut short.")
            headers.put(ref.id, parsed, parsed.nbytes)
            known[ref.id] = parsed
    return [header for ref in refs if (header := known[ref.id]) is not None]


def _header_bytes(tier: Tier, refs: Sequence[Ref]) -> list[bytes]:
    """The headers of blocks. Of one that is longer than a row the first row tells how the rest is cut."""
    firsts = [first_bytes(ref.codec, ref.header_bytes) for ref in refs]
    found = _bytes(tier, [Range(ref, first, 0, first) for ref, first in zip(refs, firsts, strict=True)])
    for place, (ref, first) in enumerate(zip(refs, firsts, strict=True)):
        if first < ref.header_bytes:
            length = block_length(found[place])
            found[place] += _bytes(tier, [Range(ref, length, first, ref.header_bytes - first)])[0]
    return found


def _pieces(tier: Tier, parts: Sequence[Part], ranges: Sequence[list[tuple[int, int]]]) -> Iterator[list[Piece]]:
    """The bytes of each part, in one statement."""
    wanted: list[Range] = []
    counts = []
    for part, own in zip(parts, ranges, strict=True):
        if sum(length for _, length in own) > part.header.block_length * WHOLE_RATIO:
            own = [(0, part.header.block_length)]
        wanted += [Range(part.ref, part.header.block_length, low, length) for low, length in own]
        counts.append(len(own))
    data = iter(zip(wanted, _bytes(tier, wanted), strict=True))
    for count in counts:
        yield [(one.low, piece) for one, piece in (next(data) for _ in range(count))]


def _bytes(tier: Tier, wanted: Sequence[Range]) -> list[bytes]:
    """Ranges of blocks, in the order asked. Raises BlockGoneError."""
    found: dict[int, bytes] = {}
    tables: dict[str, list[int]] = {}
    for place, one in enumerate(wanted):
        tables.setdefault(HOURS if tier is RAW and one.ref.hours == 1 else tier.blocks.name, []).append(place)
    for table, places in tables.items():
        data = _bytes_of(table, [wanted[place] for place in places])
        found |= dict(zip(places, data, strict=True))
    return [found[place] for place in range(len(wanted))]


def _bytes_of(table: str, wanted: Sequence[Range]) -> list[bytes]:
    rows = [
        (one.ref, piece)
        for one in wanted
        for piece in pieces(bounds(one.ref.codec, one.ref.header_bytes, one.length), one.low, one.size)
    ]
    starts = [ref.start_ms for ref, _ in rows]
    stamps = ",".join(f'"{moment(start).isoformat()}"' for start in starts)
    statement = BYTES.format(
        table=table,
        ids=array_literal(ref.id for ref, _ in rows),
        targets=array_literal(ref.target_id for ref, _ in rows),
        starts=f"'{{{stamps}}}'",
        parts=array_literal(piece.part for _, piece in rows),
        lows=array_literal(piece.low for _, piece in rows),
        lengths=array_literal(piece.length for _, piece in rows),
        first=time_literal(min(starts)),
        last=time_literal(max(starts)),
    )
    found = dict(fetch(statement))
    if len(found) != len(rows):
        raise BlockGoneError
    data = b"".join(found[place] for place in range(1, len(rows) + 1))
    ends = list(accumulate(one.size for one in wanted))
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def forget() -> None:
    headers.clear()
    series.clear()
