"""Is everything in the store what it says it is? Every block is decoded and compared with its row; hot rows with their schemas."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from django.db import connection

from monitoring.metrics.binary import fetch
from monitoring.metrics.block_rows import header_of, samples_in, series_in
from monitoring.metrics.blocks import codec
from monitoring.metrics.blocks.columns import CorruptBlockError
from monitoring.metrics.blocks.rollup_codec import decode_rollup, rollup_ids
from monitoring.metrics.hot_rows import COUNT_BITS, MOST_CONSECUTIVE
from monitoring.metrics.moments import stamp
from monitoring.metrics.tiers import HOUR_MS, HOURS, RAW, TIERS, Tier

LIST = """
SELECT id, target_id, (extract(epoch FROM start) * 1000)::bigint, hours, checksum, series, samples, first_ms, last_ms
FROM {} WHERE part = 0 ORDER BY start, target_id
"""
DATA = """
SELECT string_agg(data, ''::bytea ORDER BY part) FROM {} WHERE target_id = %s AND to_timestamp(%s / 1000.0) = start AND id = %s
HAVING count(*) > 0
"""
TWICE = """
SELECT d.target_id, (extract(epoch FROM h.start) * 1000)::bigint FROM metrics_block d JOIN metrics_hour h
ON h.target_id = d.target_id AND h.start >= d.start AND h.start < d.start + interval '1 day'
WHERE d.part = 0 AND h.part = 0
"""
ORPHANS = f"""
SELECT h.schema_id, sum(h.samples) FROM metrics_hot h LEFT JOIN metrics_schema s ON s.id = h.schema_id
WHERE h.schema_id IS NOT NULL AND octet_length(h."values") IS DISTINCT FROM 8 * CASE
    WHEN h.schema_id BETWEEN 1 AND {MOST_CONSECUTIVE - 1} THEN h.schema_id & {(1 << COUNT_BITS) - 1} ELSE cardinality(s.ids) END
GROUP BY 1
"""  # noqa: S608
STRANGERS = """
SELECT count(*) FROM unnest(%s::bigint[]) AS u(id) LEFT JOIN metrics_series s ON s.id = u.id WHERE s.target_id IS DISTINCT FROM %s
AND s.id IS NOT NULL
"""


class Fault(NamedTuple):
    """`where` is a table, target and time as people read them."""

    where: str
    what: str


class Progress(NamedTuple):
    """After each block: how many of how many, and what is wrong with it, if anything."""

    done: int
    of: int
    faults: list[Fault]


def verify() -> Iterator[Progress]:
    """Look at everything; one progress a block, and a last one about what is between them."""
    tables = [(RAW, HOURS), *((tier, tier.blocks.name) for tier in TIERS.values())]
    listed = [(tier, table, row) for tier, table in tables for row in fetch(LIST.format(table))]
    for number, (tier, table, row) in enumerate(listed, start=1):
        yield Progress(number, len(listed), _faults(tier, table, row))
    yield Progress(len(listed), len(listed), _loose_faults())


def _faults(tier: Tier, table: str, row: tuple[Any, ...]) -> list[Fault]:
    block_id, target_id, start_ms, hours, checksum, series, samples, first_ms, last_ms = row
    where = f"{table}, target {target_id}, {stamp(start_ms)}"
    found = fetch(DATA.format(table), [target_id, start_ms, block_id])
    if not found:
        return []  # replaced meanwhile
    data = found[0][0]
    if crc32(data) != checksum:
        return [Fault(where, "the checksum is wrong")]
    try:
        header = header_of(data)
        ids = _decoded(tier, data)
    except (CorruptBlockError, ValueError) as error:
        return [Fault(where, str(error))]
    faults = []
    if (series_in(tier, header), samples_in(tier, header)) != (series, samples):
        faults.append(Fault(where, "it holds another number of series or samples than its row says"))
    if (int(header.first_times.min()), int(header.last_times.max())) != (first_ms, last_ms):
        faults.append(Fault(where, "its first or last time is another than its row says"))
    if first_ms < start_ms or last_ms >= start_ms + hours * HOUR_MS:
        faults.append(Fault(where, "it holds samples of another span"))
    if fetch(STRANGERS, [ids.tolist(), target_id])[0][0]:
        faults.append(Fault(where, "it holds series of another target"))
    return faults


def _decoded(tier: Tier, data: bytes) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The series of a block, all of it decoded. Raises CorruptBlockError."""
    if tier.width_ms:
        decode_rollup(data, tier.width_ms)
        return rollup_ids(header_of(data))
    columns = codec.decode(data)
    rising = np.diff(columns.times) > 0
    borders = columns.offsets[1:-1] - 1
    rising[borders] = True
    if not rising.all():
        raise CorruptBlockError("The times of a series do not ascend.")
    return columns.ids


def _loose_faults() -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(TWICE)
        twice = [
            Fault(f"target {target_id}, {stamp(hour)}", "an hour is in two blocks")
            for target_id, hour in cursor.fetchall()
        ]
        cursor.execute(ORPHANS)
        orphans = [
            Fault(
                "metrics_hot",
                f"{samples} samples are against schema {schema_id}, which is missing or of another length",
            )
            for schema_id, samples in cursor.fetchall()
        ]
    return twice + orphans
