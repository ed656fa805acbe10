"""Samples as one bytea of the queue: three columns, compressed. Pure."""

import struct
from typing import NamedTuple

import cramjam
import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct("<BI")
VERSION = 1


class Samples(NamedTuple):
    """Three arrays of one length: series ids, ms since 1970, values."""

    ids: NDArray[np.int64]
    times_ms: NDArray[np.int64]
    values: NDArray[np.float64]


class PayloadError(Exception):
    """The bytes are not what `packed` made."""


def packed(samples: Samples) -> bytes:
    """A byte of version, the count (u32), then ids, times and values, little-endian, in a snappy block."""
    columns = (
        samples.ids.astype("<i8").tobytes() + samples.times_ms.astype("<i8").tobytes() + _bits(samples.values).tobytes()
    )
    return _HEAD.pack(VERSION, len(samples.ids)) + bytes(cramjam.snappy.compress_raw(columns))


def unpacked(payload: bytes) -> Samples:
    """What was packed, bit by bit. Raises PayloadError."""
    try:
        version, count = _HEAD.unpack_from(payload)
        columns = bytes(cramjam.snappy.decompress_raw(payload[_HEAD.size :]))
    except (struct.error, cramjam.DecompressionError) as error:
        raise PayloadError(f"A queued payload cannot be read: {error}") from None
    if version != VERSION or len(columns) != count * 24:
        raise PayloadError("A queued payload has another version or length than it says.")
    ids, times, values = (columns[at * 8 * count : (at + 1) * 8 * count] for at in range(3))
    return Samples(np.frombuffer(ids, "<i8"), np.frombuffer(times, "<i8"), np.frombuffer(values, "<f8"))


def joined(parts: list[Samples]) -> Samples:
    """Several in one, in their order."""
    return Samples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _bits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype="<f8")
