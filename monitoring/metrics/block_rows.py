"""Rows of the tables of blocks: written, and found again by target and time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

import numpy as np
from django.db import connection

from monitoring.metrics.binary import fetch
from monitoring.metrics.blocks.header import Header, NeedMore
from monitoring.metrics.cutting import codec_of, cut
from monitoring.metrics.moments import moment
from monitoring.metrics.tiers import HOURS, RAW, Tier
from opsportal.partitions import ensure, existing

IDS = "SELECT nextval('metrics_block_id') FROM generate_series(1, %s)"
FIRST_ROWS = """
INSERT INTO {table} (id, target_id, start, hours, codec, checksum, series, samples, first_ms, last_ms, header_bytes, data)
SELECT * FROM unnest(%b::int8[], %b::int4[], %b::timestamptz[], %b::int2[], %b::int2[], %b::int8[], %b::int4[], %b::int4[], %b::int8[],
    %b::int8[], %b::int4[], %b::bytea[])
"""
OTHER_ROWS = """
INSERT INTO {table} (id, target_id, start, part, made_at, data)
SELECT id, target_id, start, part, NULL, data
FROM unnest(%b::int8[], %b::int4[], %b::timestamptz[], %b::int2[], %b::bytea[]) AS u(id, target_id, start, part, data)
"""


class NewBlock(NamedTuple):
    """A block to be written; `start_ms` and `hours` are the span it covers."""

    target_id: int
    start_ms: int
    hours: int
    data: bytes


def blocks_write(tier: Tier, blocks: Sequence[NewBlock]) -> None:
    """Insert blocks; in the caller's transaction. Their partitions should be there (`make_partitions`)."""
    if tier is RAW:
        _write(tier, HOURS, [block for block in blocks if block.hours == 1])
        _write(tier, tier.blocks.name, [block for block in blocks if block.hours > 1])
    else:
        _write(tier, tier.blocks.name, blocks)


def _write(tier: Tier, table: str, blocks: Sequence[NewBlock]) -> None:
    if not blocks:
        return
    headers = [header_of(block.data) for block in blocks]
    ids = [int(number) for (number,) in fetch(IDS, [len(blocks)])]
    parts = [cut(block.data, header.length) for block, header in zip(blocks, headers, strict=True)]
    columns = [
        ids,
        [block.target_id for block in blocks],
        [moment(block.start_ms) for block in blocks],
        [block.hours for block in blocks],
        [codec_of(len(block.data)) for block in blocks],
        [crc32(block.data) for block in blocks],
        [series_in(tier, header) for header in headers],
        [samples_in(tier, header) for header in headers],
        [int(header.first_times.min()) for header in headers],
        [int(header.last_times.max()) for header in headers],
        [header.length for header in headers],
        [own[0] for own in parts],
    ]
    fetch(FIRST_ROWS.format(table=table), columns)
    others = [
        (block_id, block.target_id, moment(block.start_ms), part, data)
        for block_id, block, own in zip(ids, blocks, parts, strict=True)
        for part, data in enumerate(own[1:], start=1)
    ]
    if others:
        fetch(OTHER_ROWS.format(table=table), [list(column) for column in zip(*others, strict=True)])


def header_of(data: bytes) -> Header:
    header = Header.parse(data)
    if isinstance(header, NeedMore):
        raise ValueError("The block is shorter than its header.")
    return header


def series_in(tier: Tier, header: Header) -> int:
    return len(header.ids) if not tier.width_ms else int(np.count_nonzero(header.ids % 8 == 0))


def samples_in(tier: Tier, header: Header) -> int:
    """Samples, or rows of a roll-up."""
    return int(header.counts.sum() if not tier.width_ms else header.counts[header.ids % 8 == 0].sum())


def make_partitions(tier: Tier, starts: Iterable[datetime]) -> None:
    """Those that blocks of these starts belong into, where they are missing."""
    wanted = {tier.blocks.start(start) for start in starts}
    have = existing(tier.blocks)
    for start in sorted(wanted):
        if tier.blocks.partition(start) not in have:
            ensure(tier.blocks, start, ahead=0)


def lock_or_stop() -> bool:
    """Whoever rewrites blocks is alone until its transaction ends; False: somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('metrics compaction'))")
        return bool(cursor.fetchone()[0])
