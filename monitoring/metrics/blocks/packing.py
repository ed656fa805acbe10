"""Small numbers in few bytes: varints, arrays of the least width, masks, and columns of integers through pcodec.

pcodec (https://github.com/pcodec/pcodec, format in its docs/format.md) is used in its wrapped form: chunk metadata and one page; the
count and the type, which its standalone form repeats in each column, are known to the caller.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, PagingSpec, wrapped

from monitoring.metrics.blocks.columns import CorruptBlockError, Ints
from monitoring.metrics.blocks.pacing import by_fraction, floors, multiples, pace_of

Bools = NDArray[np.bool_]
UInts = NDArray[np.uint64]

MOST_NUMBERS = 1 << 22
"""Of one column: two days at 25 a second. Bounds what a forged count can make a reader allocate."""
LEVEL = 8
PCO_HEADER = wrapped.FileCompressor().write_header()
WIDTHS: tuple[np.dtype[Any], ...] = tuple(np.dtype(code) for code in ("<u1", "<u2", "<u4", "<u8"))
_PCO_NAMES = {**dict(zip(WIDTHS, ("u8", "u16", "u32", "u64"), strict=True)), np.dtype("<f8"): "f64"}
_PLAIN, _DELTAS, _SEARCHED = DeltaSpec.no_op(), DeltaSpec.try_consecutive(1), DeltaSpec.auto()
_LONG = 1024
"""From this many numbers on, the search for the best kind of deltas is worth its time."""
_FILE, _ = wrapped.FileDecompressor.new(PCO_HEADER)


def varint(number: int) -> bytes:
    """LEB128 of a number >= 0."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed_bytes(number: int) -> bytes:
    """The fewest bytes of two's complement, little-endian; none for 0."""
    return number.to_bytes(
        (number if number >= 0 else ~number).bit_length() // 8 + 1 if number else 0, "little", signed=True
    )


class Reader:
    """Takes a slice apart from front to back; going past its end is a CorruptBlockError."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise CorruptBlockError("A slice ends too early.")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        number = shift = 0
        while shift < 70:
            one = self.byte()
            number |= (one & 0x7F) << shift
            if one < 0x80:
                return number
            shift += 7
        raise CorruptBlockError("A number in a slice is longer than 64 bits.")

    def signed(self, size: int) -> int:
        """What `signed_bytes` gave in so many bytes."""
        end = self.at + size
        if size > 8 or end > len(self.data):
            raise CorruptBlockError("A number in a slice is cut short, or longer than 64 bits.")
        number = int.from_bytes(self.data[self.at : end], "little", signed=True)
        self.at = end
        return number

    def array(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """A view, read-only."""
        size = count * dtype.itemsize
        if count > MOST_NUMBERS or self.at + size > len(self.data):
            raise CorruptBlockError("A slice ends too early.")
        self.at += size
        return np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at - size)

    def rest(self) -> bytes:
        left, self.at = self.data[self.at :], len(self.data)
        return left


def least_width(highest: int) -> int:
    """The place in WIDTHS of the narrowest type that holds 0 to `highest`."""
    return 0 if highest < 1 << 8 else 1 if highest < 1 << 16 else 2 if highest < 1 << 32 else 3


def pco(numbers: NDArray[Any]) -> bytes:
    """Compressed, with deltas if that is shorter."""
    if len(numbers) >= _LONG:
        return _pco(numbers, _SEARCHED)
    return min(_pco(numbers, _PLAIN), _pco(numbers, _DELTAS), key=len)


def _pco(numbers: NDArray[Any], delta: DeltaSpec) -> bytes:
    config = ChunkConfig(
        compression_level=LEVEL,
        delta_spec=delta,
        paging_spec=PagingSpec.exact_page_sizes([len(numbers)]),
        enable_8_bit=True,
    )
    chunk = wrapped.FileCompressor().chunk_compressor(numbers, config)
    return bytes(chunk.write_meta()) + bytes(chunk.write_page(0))


def unpco(data: bytes, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """What `pco` was given; the bytes must be just that."""
    if not 0 < count <= MOST_NUMBERS:
        raise CorruptBlockError(f"A column says it has {count} numbers.")
    numbers = np.empty(count, dtype)
    try:
        chunk, used = _FILE.chunk_decompressor(data, _PCO_NAMES[dtype])
        progress, page = chunk.read_page_into(data[used:], count, numbers)
    except BaseException as error:
        # A panic inside pcodec comes as a BaseException of no public type.
        if isinstance(error, RuntimeError | TypeError | ValueError) or type(error).__name__ == "PanicException":
            raise CorruptBlockError(f"A compressed column cannot be read: {error}") from error
        raise
    if progress.n_processed != count or used + page != len(data):
        raise CorruptBlockError("A compressed column has another length than it says.")
    return numbers


_STEPS, _MULTIPLES = 4, 8  # in the tag of a column of integers; its low two bits are the place in WIDTHS
_PACED = 16  # the whole tag
_PACE = np.dtype("<f8")
_BYTES_WORTH_A_PACE = 1.1  # a number
_EXACT = 1 << 52
_APART, _SORTED = 0, 1  # how the remainders are kept
_PARTS = 4  # of sorted ones: the first are nearly all the least, the last nearly all the greatest


def integer_bytes(numbers: Ints) -> bytes:
    """A column of at least one int64, as offsets from the least of them or of the steps between them, or as rounded multiples of
    something, whichever is shorter."""
    plain = _integers(numbers, 0)
    if len(numbers) < 3 or len(plain) < 8:
        return plain
    best = min(plain, _integers(numbers, _STEPS), key=len)
    if len(best) <= len(numbers) * _BYTES_WORTH_A_PACE or numbers.min() <= -_EXACT or numbers.max() >= _EXACT:
        return best
    pace = pace_of(numbers)
    return best if pace is None else min(best, _paced(numbers, pace), _paced(numbers, 2 * pace), key=len)


def _paced(numbers: Ints, pace: float) -> bytes:
    whole, rest = multiples(numbers, pace)
    first = min(_integers(whole, 0), _integers(whole, _STEPS), key=len)
    head = bytes([_PACED]) + np.array([pace], dtype=_PACE).tobytes() + varint(len(first)) + first
    least, most = int(rest.min()), int(rest.max())
    if least < -128 or most > 127 or len(numbers) < _PARTS:
        return head + bytes([_APART]) + _integers(rest, 0)
    ordered = (rest - least).astype(WIDTHS[0])[by_fraction(whole, pace)]
    parts = [pco(part) for part in np.array_split(ordered, _PARTS)]
    return (
        head
        + bytes([_SORTED])
        + least.to_bytes(1, "little", signed=True)
        + b"".join(varint(len(one)) + one for one in parts)
    )


def _integers(numbers: Ints, steps: int) -> bytes:
    column = np.diff(numbers) if steps else numbers
    base = int(column.min())
    above = column.view(np.uint64) - np.uint64(base & 0xFFFFFFFFFFFFFFFF)
    unit = int(np.gcd.reduce(above))
    if unit > 1:
        above //= np.uint64(unit)
    highest = int(above.max())
    width = least_width(highest)
    low, first = signed_bytes(base), signed_bytes(int(numbers[0])) if steps else b""
    head = bytes([steps | width | (_MULTIPLES if unit > 1 else 0), len(low) | len(first) << 4]) + low + first
    if unit > 1:
        head += varint(unit)
    if not highest:
        return head
    return head + _pco(above.astype(WIDTHS[width]), _SEARCHED if steps and len(numbers) >= _LONG else _PLAIN)


def read_integers(reader: Reader, count: int) -> Ints:
    """What `integer_bytes` was given; takes the reader to its end."""
    tag = reader.byte()
    if tag == _PACED:
        return _read_paced(reader, count)
    if tag > (_STEPS | _MULTIPLES | 3):
        raise CorruptBlockError("A column of integers has a form that is not known.")
    sizes = reader.byte()
    base = reader.signed(sizes & 15)
    first = reader.signed(sizes >> 4)
    unit = reader.varint() & 0xFFFFFFFFFFFFFFFF if tag & _MULTIPLES else 1
    steps = 1 if tag & _STEPS else 0
    numbers = np.empty(count, dtype=np.uint64)
    above, data = numbers[steps:], reader.rest()
    above[:] = unpco(data, count - steps, WIDTHS[tag & 3]) if data else 0
    if unit != 1:
        above *= np.uint64(unit)
    whole = numbers.view(np.int64)
    whole[steps:] += base
    if steps:
        whole[0] = first
        np.cumsum(whole, out=whole)
    return whole


def _read_paced(reader: Reader, count: int) -> Ints:
    pace = float(reader.array(1, _PACE)[0])
    first = reader.array(reader.varint(), WIDTHS[0]).tobytes()
    if not 1 < pace < _EXACT or first[:1] == bytes([_PACED]):
        raise CorruptBlockError("A column of rounded multiples has an impossible pace.")
    whole = read_integers(Reader(first), count)
    if whole.min() < -_EXACT or whole.max() > _EXACT:
        raise CorruptBlockError("A column of rounded multiples holds impossible ones.")
    with np.errstate(all="ignore"):
        return floors(whole, pace) + _read_rests(reader, whole, pace)


def _read_rests(reader: Reader, whole: Ints, pace: float) -> Ints:
    form = reader.byte()
    if form == _APART and reader.data[reader.at : reader.at + 1] != bytes([_PACED]):
        return read_integers(reader, len(whole))
    if form != _SORTED or len(whole) < _PARTS:
        raise CorruptBlockError("A column of rounded multiples has impossible remainders.")
    ordered = np.full(len(whole), reader.signed(1), dtype=np.int64)
    for part in np.array_split(ordered, _PARTS):  # views
        part += unpco(reader.array(reader.varint(), WIDTHS[0]).tobytes(), len(part), WIDTHS[0])
    rests = np.empty_like(ordered)
    rests[by_fraction(whole, pace)] = ordered
    return rests


_PACKED, _GAPS_PCO = 8, 9  # below: gaps, raw, of that place in WIDTHS


def mask_bytes(mask: Bools) -> bytes:
    """A mask in whichever form is the shortest: bits, or the distances between the places that are set."""
    places = np.flatnonzero(mask)
    packed = bytes([_PACKED]) + np.packbits(mask).tobytes()
    if not len(places):
        return bytes([0]) + varint(0)
    gaps = np.diff(places, prepend=-1) - 1
    width = least_width(int(gaps.max()))
    head = varint(len(places))
    best = min(packed, bytes([width]) + head + gaps.astype(WIDTHS[width]).tobytes(), key=len)
    if len(best) > 40:
        squeezed = pco(gaps.astype(WIDTHS[width]))
        body = bytes([_GAPS_PCO, width]) + head + varint(len(squeezed)) + squeezed
        best = min(best, body, key=len)
    return best


def read_mask(reader: Reader, length: int) -> Bools:
    """What `mask_bytes` was given; `length` is known to the caller."""
    form = reader.byte()
    if form == _PACKED:
        bits = np.unpackbits(reader.array((length + 7) // 8, WIDTHS[0]), count=length)
        return bits.astype(np.bool_)
    return _mask_of(_read_gaps(reader, form), length)


def _read_gaps(reader: Reader, form: int) -> UInts:
    width = reader.byte() if form == _GAPS_PCO else form
    if width >= len(WIDTHS):
        raise CorruptBlockError("A mask has a form that is not known.")
    count = reader.varint()
    if form != _GAPS_PCO:
        return reader.array(count, WIDTHS[width]).astype(np.uint64)
    squeezed = reader.array(reader.varint(), WIDTHS[0]).tobytes()
    return unpco(squeezed, count, WIDTHS[width]).astype(np.uint64)


def _mask_of(gaps: UInts, length: int) -> Bools:
    mask = np.zeros(length, dtype=np.bool_)
    if len(gaps):
        if int(gaps.max()) >= length:
            raise CorruptBlockError("A mask reaches past its column.")
        places = np.cumsum(gaps.astype(np.int64) + 1) - 1
        if places[-1] >= length:
            raise CorruptBlockError("A mask reaches past its column.")
        mask[places] = True
    return mask
