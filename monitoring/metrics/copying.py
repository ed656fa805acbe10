"""Rows of `metrics_sample` in PostgreSQL's binary COPY format, packed without a driver's work per value.

Format: https://www.postgresql.org/docs/current/sql-copy.html (Binary Format).
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

COPY_SAMPLES = "COPY metrics_sample (series_id, time, value) FROM STDIN (FORMAT binary)"
HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_ROW = struct.Struct(">hiqiqid")


def microseconds(time: datetime) -> int:
    """Microseconds since PostgreSQL's epoch, as `timestamptz` is stored."""
    return (time - POSTGRES_EPOCH) // MICROSECOND


def packed(rows: Iterable[tuple[int, int, float]]) -> bytes:
    """(series id, microseconds, value) rows as one COPY message."""
    pack = _ROW.pack
    return b"".join([HEADER, *(pack(3, 8, series_id, 8, time, 8, value) for series_id, time, value in rows), TRAILER])
