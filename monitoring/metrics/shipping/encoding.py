"""Samples as a remote-write 1.0 request: protobuf `prometheus.WriteRequest` in a snappy block. Pure.

Format: https://prometheus.io/docs/specs/prw/remote_write_spec/. Values keep every bit, stale markers included.
"""

from collections.abc import Mapping
from itertools import pairwise

import cramjam
import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.promql.storage import Labels

HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
# A sample with a time of six varint bytes (from 1971 to 2109): the same 18 bytes for each, so that they are laid out by columns.
SIX_BYTES_MS = (1 << 35, 1 << 42)
_VALUE_AT, _TIME_AT, _SAMPLE_BYTES = 3, 12, 18


def write_request(
    ids: NDArray[np.int64], times_ms: NDArray[np.int64], values: NDArray[np.float64], labels: Mapping[int, bytes]
) -> bytes:
    """The compressed body for samples in three arrays of one length; those of a series in order of time.

    `labels` are by series id as `encoded_labels` made them; samples of an id that is not there are left out.
    """
    order = np.lexsort((times_ms, ids))
    ids, times_ms, values = ids[order], times_ms[order], values[order]
    samples = _samples(times_ms, values)
    bounds = [0, *(np.flatnonzero(np.diff(ids)) + 1).tolist(), len(ids)]
    pieces: list[bytes] = []
    for start, end in pairwise(bounds):
        name = labels.get(int(ids[start])) if end > start else None
        if name is not None:
            series = name + b"".join(samples[start:end])
            pieces += (b"\x0a", varint(len(series)), series)
    return bytes(cramjam.snappy.compress_raw(b"".join(pieces)))


def encoded_labels(labels: Labels) -> bytes:
    """The Label messages of one series, `__name__` among them, sorted by name."""
    return b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in labels)


def varint(number: int) -> bytes:
    """A base-128 number, as protobuf writes lengths; negative ones as 64 bits of two's complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def _samples(times_ms: NDArray[np.int64], values: NDArray[np.float64]) -> list[bytes]:
    """A Sample field each: {1: double value, 2: int64 time in ms}."""
    if len(times_ms) and SIX_BYTES_MS[0] <= int(times_ms.min()) and int(times_ms.max()) < SIX_BYTES_MS[1]:
        return _samples_of_now(times_ms, values)
    return [
        _field(2, b"\x09" + bits + b"\x10" + varint(time))
        for time, bits in zip(times_ms.tolist(), _bits(values), strict=True)
    ]


def _samples_of_now(times_ms: NDArray[np.int64], values: NDArray[np.float64]) -> list[bytes]:
    grid = np.empty((len(values), _SAMPLE_BYTES), dtype=np.uint8)
    grid[:, 0], grid[:, 1], grid[:, 2], grid[:, _TIME_AT - 1] = 0x12, _SAMPLE_BYTES - 2, 0x09, 0x10
    grid[:, _VALUE_AT : _VALUE_AT + 8] = values.astype("<f8").view(np.uint8).reshape(-1, 8)
    for place in range(6):
        more = 0x80 if place < 5 else 0
        grid[:, _TIME_AT + place] = (times_ms >> (7 * place)) & 0x7F | more
    text = grid.tobytes()
    return [text[at : at + _SAMPLE_BYTES] for at in range(0, len(text), _SAMPLE_BYTES)]


def _bits(values: NDArray[np.float64]) -> list[bytes]:
    text = values.astype("<f8").tobytes()
    return [text[at : at + 8] for at in range(0, len(text), 8)]
