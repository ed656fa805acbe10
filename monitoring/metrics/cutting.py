"""How a block is cut into rows of its table, so that they fill PostgreSQL's pages. Pure.

The first row (part 0) holds the block's header, those after it 8096 bytes each: just a page, with the row's own fields. What is left at
the end is cut into quarters of a page. TOAST, which does this by itself, costs 5 % more: four short pieces a page, and an index of them.
A block that is smaller than a quarter of a page is one row.
"""

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

WHOLE, CUT = 1, 2
"""In the column `codec`: the block is in one row (all that were made before blocks were cut are), or in several."""
PAGE = 8096
QUARTER = 1960
"""Bytes of a block in a row that fills a page of 8192 bytes, or a quarter of one."""
LARGEST = 8040
"""In a first row, which has more fields."""


class Piece(NamedTuple):
    """Bytes `low` to `low + length` of a row's part of the block."""

    part: int
    low: int
    length: int


def codec_of(length: int) -> int:
    return WHOLE if length <= QUARTER else CUT


def first_bytes(codec: int, header_bytes: int) -> int:
    """How much of the header is in the first row."""
    return header_bytes if codec == WHOLE else min(header_bytes, LARGEST)


def bounds(codec: int, header_bytes: int, length: int) -> list[int]:
    """Where each row's part ends, in bytes from the block's start."""
    if codec == WHOLE:
        return [length]
    first = min(header_bytes, LARGEST, length)
    pages, rest = divmod(length - first, PAGE)
    sizes = [first, *[PAGE] * pages, *[QUARTER] * (rest // QUARTER)]
    if last := rest % QUARTER:
        sizes.append(last)
    return list(accumulate(sizes))


def cut(data: bytes, header_bytes: int) -> list[bytes]:
    """The parts of a block, by row."""
    ends = bounds(codec_of(len(data)), header_bytes, len(data))
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def pieces(ends: list[int], low: int, length: int) -> list[Piece]:
    """Which bytes of which rows make up a range of the block; `ends` are its `bounds`."""
    found = []
    part = bisect_right(ends, low)
    end = low + length
    while low < end:
        start = ends[part - 1] if part else 0
        size = min(end, ends[part]) - low
        found.append(Piece(part, low - start, size))
        low, part = low + size, part + 1
    return found
