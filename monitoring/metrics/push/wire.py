"""The framing of protobuf messages: tags, lengths, varints. Pure.

Format: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, LENGTH, GROUP_START, GROUP_END, FIXED32 = range(6)
MOST_VARINT_BYTES = 10
MOST_GROUPS = 32
HIGHEST_FIELD = 2**29 - 1


class WireError(ValueError):
    """These bytes are no protobuf message."""


class Field(NamedTuple):
    """One field: the payload is `data[start:end]`, without tag and length; `begin` is where the tag stands."""

    number: int
    kind: int
    begin: int
    start: int
    end: int


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The unsigned number at `at`, and where it ends."""
    number = 0
    for shift in range(0, 7 * MOST_VARINT_BYTES, 7):
        if at >= end:
            raise WireError("a number is cut off")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, at
    raise WireError("a number has more than 10 bytes")


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """The fields of the message in `data[at:end]`, in their order; a group is passed over. Raises WireError."""
    while at < end:
        field = field_at(data, at, end)
        if field.kind != GROUP_START:
            yield field
        at = field.end


def field_at(data: bytes, at: int, end: int) -> Field:
    number, kind, start = _tag(data, at, end)
    if kind == GROUP_START:
        return Field(number, kind, at, start, _group_end(data, number, start, end))
    if kind == LENGTH:
        length, start = varint(data, start, end)
        stop = start + length
    elif kind == VARINT:
        _, stop = varint(data, start, end)
    elif kind in (FIXED64, FIXED32):
        stop = start + (8 if kind == FIXED64 else 4)
    else:
        raise WireError(f"field {number} has the unknown wire type {kind}")
    if stop > end:
        raise WireError(f"field {number} is cut off")
    return Field(number, kind, at, start, stop)


def _tag(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    tag, start = varint(data, at, end)
    number = tag >> 3
    if not 0 < number <= HIGHEST_FIELD:
        raise WireError(f"there is no field {number}")
    return number, tag & 7, start


def _group_end(data: bytes, number: int, at: int, end: int) -> int:
    """Where the group ends whose content begins at `at`. Groups are a thing of the past, but still legal."""
    open_groups = [number]
    while open_groups:
        inner, kind, start = _tag(data, at, end)
        if kind == GROUP_START:
            open_groups.append(inner)
            at = start
        elif kind == GROUP_END:
            if open_groups.pop() != inner:
                raise WireError("a group ends that did not begin")
            at = start
        else:
            at = field_at(data, at, end).end
        if len(open_groups) > MOST_GROUPS:
            raise WireError("groups are nested too deeply")
    return at
