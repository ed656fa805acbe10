"""Remote write 1.0, the sender's half: `WriteRequest{1:TimeSeries{1:Label{1 name, 2 value}, 2:Sample{1 double, 2 int64 ms}}}`. Pure."""

import struct
from collections.abc import Iterable

import numpy as np
from cramjam import snappy

from benchmarks.compat.samples.series import Series

HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def request(series: Iterable[Series]) -> bytes:
    """The body of a request, compressed.

    Prometheus takes samples up to an hour older than the newest it has before the request, so that a whole data set may come
    in one request, series by series, when the first of them begins as early as any.
    """
    message = b"".join(_field(1, _time_series(one)) for one in series)
    return bytes(snappy.compress_raw(message))


def _time_series(series: Series) -> bytes:
    labels = b"".join(_field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in series.labels)
    values = np.asarray(series.values, dtype="<f8").view("<u8").tolist()
    samples = (
        _field(2, b"\x09" + struct.pack("<Q", bits) + b"\x10" + _varint(time))
        for time, bits in zip(series.times.tolist(), values, strict=True)
    )
    return labels + b"".join(samples)


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
