"""Rows of `metrics_hot` in PostgreSQL's binary COPY format, packed without a driver's work per value.

Format: https://www.postgresql.org/docs/current/sql-copy.html (Binary Format).
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

COPY_HOT = (
    'COPY metrics_hot (time, last, target_id, samples, schema_id, ids, times, "values") FROM STDIN (FORMAT binary)'
)
HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
POSTGRES_EPOCH_MS = 946_684_800_000
MICROSECOND = timedelta(microseconds=1)
_FRONT = struct.Struct(">hiqiqiiii")  # eight fields: time, last, target, samples
_TICK = struct.Struct(">iqiii")  # schema, no ids, no times, length of values
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)


class HotRow(NamedTuple):
    """One row. With a `schema_id`, `values` are those of its series at `first_ms`; else each sample has its place in `ids` and, unless
    all are of one time, in `times` (int64, ms)."""

    first_ms: int
    last_ms: int
    target_id: int
    samples: int
    schema_id: int | None
    ids: bytes | None
    times: bytes | None
    values: bytes


def microseconds(time: datetime) -> int:
    """Microseconds since PostgreSQL's epoch, as `timestamptz` is stored."""
    return (time - POSTGRES_EPOCH) // MICROSECOND


def packed(rows: Iterable[HotRow]) -> bytes:
    """Rows as one COPY message."""
    parts = [HEADER]
    for first_ms, last_ms, target_id, samples, schema_id, ids, times, values in rows:
        first, last = (first_ms - POSTGRES_EPOCH_MS) * 1000, (last_ms - POSTGRES_EPOCH_MS) * 1000
        parts.append(_FRONT.pack(8, 8, first, 8, last, 4, target_id, 4, samples))
        if schema_id is not None:
            parts += (_TICK.pack(8, schema_id, -1, -1, len(values)), values)
        else:
            parts += (_NULL, _field(ids), _field(times), _field(values))
    parts.append(TRAILER)
    return b"".join(parts)


def _field(data: bytes | None) -> bytes:
    return _NULL if data is None else _LENGTH.pack(len(data)) + data
