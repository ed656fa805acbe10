"""Samples of remote write, many at once: `Sample{1: double value, 2: int64 timestamp}`. Pure.

A sender leaves out a value of 0. So nearly all samples have one of two shapes, both ending in a time of six bytes
(from 2004 to 2109); these are read as arrays, anything else by the protobuf runtime.
"""

from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from monitoring.metrics.push import messages
from monitoring.metrics.push.wire import WireError

WITH_VALUE = 16  # 09 and 8 bytes, 10 and 6 bytes
WITHOUT_VALUE = 7  # 10 and 6 bytes
SAMPLE_TAG, VALUE_TAG, TIME_TAG = 0x12, 0x09, 0x10
MORE = 0x80


class Samples(NamedTuple):
    """`times` int64 ms and `values` float64, bit by bit as sent."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]


def windows(data: bytes, ends: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The 18 octets before each of `ends`, (n, 18). Ends before octet 18 get octets that fit no shape."""
    width = WITH_VALUE + 2
    if len(data) < width:
        return np.zeros((len(ends), width), dtype=np.uint8)
    octets = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, dtype=np.uint8), width)
    rows = octets[np.maximum(ends - width, 0)]
    rows[ends < width] = 0
    return rows


def usual(rows: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which samples have a usual shape; `lengths` are of their messages."""
    time_is_usual = (rows[:, 11] == TIME_TAG) & (rows[:, 12:17] >= MORE).all(axis=1) & (rows[:, 17] < MORE)
    short = lengths == WITHOUT_VALUE
    found: NDArray[np.bool_] = time_is_usual & (short | ((lengths == WITH_VALUE) & (rows[:, 2] == VALUE_TAG)))
    return found


def framed(rows: NDArray[np.uint8], lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether tag and length of a sample (12 10 or 12 07) stand where a message of that length would have them."""
    short = lengths == WITHOUT_VALUE
    tags = np.where(short, rows[:, 9], rows[:, 0])
    sizes = np.where(short, rows[:, 10], rows[:, 1])
    found: NDArray[np.bool_] = (tags == SAMPLE_TAG) & (sizes == lengths)
    return found


def decode(data: bytes, ends: NDArray[np.int64], lengths: NDArray[np.int64]) -> Samples:
    """The samples whose messages are the `lengths` octets before `ends`. Raises WireError."""
    rows = windows(data, ends)
    times = np.zeros(len(ends), dtype=np.int64)
    for place in range(6):
        times |= (rows[:, 12 + place].astype(np.int64) & 0x7F) << (7 * place)
    values = np.ascontiguousarray(rows[:, 3:11]).view("<f8")[:, 0]
    values[lengths == WITHOUT_VALUE] = 0.0
    for index in np.flatnonzero(~usual(rows, lengths)).tolist():
        end = int(ends[index])
        times[index], values[index] = _unusual(data[end - int(lengths[index]) : end])
    return Samples(times, values)


def _unusual(message: bytes) -> tuple[int, float]:
    try:
        sample = messages.Sample.FromString(message)
    except DecodeError:
        raise WireError("a sample cannot be read") from None
    return sample.timestamp, sample.value
