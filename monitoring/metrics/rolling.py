"""Roll-ups of weeks that are over for long enough: built from the blocks of raw samples, kept in long blocks of their own.

A day is rolled up again when something was merged into it later; its increases follow on from the day before. Each block of a
roll-up is replaced in one transaction, so that a kill leaves either the old or the new one.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from monitoring.metrics.binary import fetch
from monitoring.metrics.block_rows import NewBlock, blocks_write, lock_or_stop, make_partitions
from monitoring.metrics.blocks import codec
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.blocks.rollup_codec import decode_rollup, encode_rollup
from monitoring.metrics.blocks.rollups import Rollup, counters, join, last_numbers, roll_up
from monitoring.metrics.compaction import Deadline
from monitoring.metrics.moments import milliseconds
from monitoring.metrics.retention import kept_days
from monitoring.metrics.tiers import RAW, ROLLUPS, TEN_MINUTES, Tier, span_start

log = logging.getLogger(__name__)

AFTER = timedelta(days=2)
"""A week is rolled up this long after its end: until then raw samples answer, and most of what comes late has come."""
WEEK = timedelta(days=7)

STALE = """
SELECT d.target_id, d.span, array_agg(d.day ORDER BY d.day)
FROM (
    SELECT target_id, date_trunc('day', start, 'UTC') AS day, date_trunc('{span}', start, 'UTC') AS span, max(made_at) AS made_at
    FROM (
        SELECT target_id, start, made_at FROM metrics_block WHERE part = 0
        UNION ALL SELECT target_id, start, made_at FROM metrics_hour WHERE part = 0
    ) b
    WHERE start >= %(from)s AND start < %(before)s GROUP BY 1, 2, 3
) d LEFT JOIN {table} r ON r.part = 0 AND r.target_id = d.target_id AND r.start = d.span
WHERE r.id IS NULL OR r.made_at < d.made_at OR d.day >= r.start + r.hours * interval '1 hour'
GROUP BY d.target_id, d.span ORDER BY d.span, d.target_id
"""
RAW_BLOCKS = """
SELECT date_trunc('day', start, 'UTC'), string_agg(data, ''::bytea ORDER BY part)
FROM (SELECT target_id, start, part, data FROM metrics_block UNION ALL SELECT target_id, start, part, data FROM metrics_hour) b
WHERE target_id = %(target)s AND start >= %(from)s AND start < %(before)s GROUP BY start ORDER BY start
"""
TAKE = """
WITH gone AS (DELETE FROM {table} WHERE target_id = %(target)s AND start = %(start)s RETURNING *)
SELECT max(hours), string_agg(data, ''::bytea ORDER BY part) FROM gone HAVING count(*) > 0
"""


class Stale(NamedTuple):
    """Days of a target, within one block of a roll-up, that are to be rolled up."""

    target_id: int
    span: datetime
    days: list[datetime]


@dataclass(slots=True)
class Rolled:
    blocks: int = 0
    days: int = 0
    left: bool = False
    busy: bool = False


def roll(now: datetime, deadline: Deadline) -> Rolled:
    """Bring every tier that is kept up to date."""
    done = Rolled()
    kept = kept_days()
    before = due_before(now, timedelta(days=kept[RAW.name]))
    for tier, days in ((tier, kept[tier.name]) for tier in ROLLUPS):
        for stale in stale_days(tier, days, before) if days else ():
            if deadline.is_over() or done.busy:
                done.left = True
                return done
            try:
                _roll(tier, stale, before, done)
            except (CorruptBlockError, ValueError) as error:
                log.error("Cannot be rolled up, see `manage.py metrics verify`: %s: %s", stale, error)
    done.left = done.busy
    return done


def due_before(now: datetime, raw_kept: timedelta) -> datetime:
    """Days that end by then are to be rolled up: whole weeks, because a roll-up of one day costs several times its part in that of a week;
    but single days, where raw samples are not kept until their week is over."""
    settled = now - min(AFTER, raw_kept - timedelta(days=1))
    return span_start(TEN_MINUTES, settled) if raw_kept >= 2 * WEEK else settled


def stale_days(tier: Tier, kept: int, before: datetime) -> Iterator[Stale]:
    """What of a tier is missing, or older than the raw samples it is made of."""
    midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
    statement = STALE.format(span=tier.span, table=tier.blocks.name)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"from": midnight - timedelta(days=kept), "before": midnight})
        yield from (Stale(*row) for row in cursor.fetchall())


def _roll(tier: Tier, stale: Stale, before: datetime, done: Rolled) -> None:
    make_partitions(tier, [stale.span])
    wanted = _with_next(tier, stale, before)
    with transaction.atomic():
        if not lock_or_stop():
            done.busy = True
            return
        raw = _raw_days(stale.target_id, wanted[0] - timedelta(days=1), wanted[-1] + timedelta(days=1))
        taken = fetch(TAKE.format(table=tier.blocks.name), {"target": stale.target_id, "start": stale.span})
        old = [(hours, decode_rollup(data, tier.width_ms)) for hours, data in taken]
        rows, risers = _new_rows(tier, wanted, raw, [rollup for _, rollup in old])
        if not rows:
            return
        whole = join([*rows, *(rollup for _, rollup in old)])
        keep = np.isin(whole.ids, np.concatenate([risers, *(_risers(rollup) for _, rollup in old)]))
        hours = max(
            [int((wanted[-1] + timedelta(days=1) - stale.span) / timedelta(hours=1)), *(hours for hours, _ in old)]
        )
        data = encode_rollup(whole, keep)
        blocks_write(tier, [NewBlock(stale.target_id, milliseconds(stale.span), hours, data)])
    done.blocks += 1
    done.days += len(wanted)


def _with_next(tier: Tier, stale: Stale, before: datetime) -> list[datetime]:
    """The days, and the day after each of them, whose increases follow on from it; within the span."""
    days = set(stale.days)
    for day in stale.days:
        after = day + timedelta(days=1)
        if after + timedelta(days=1) <= before and span_start(tier, after) == stale.span:
            days.add(after)
    return sorted(days)


def _raw_days(target_id: int, first: datetime, end: datetime) -> dict[datetime, Columns]:
    parts: dict[datetime, list[Columns]] = defaultdict(list)
    for day, data in fetch(RAW_BLOCKS, {"target": target_id, "from": first, "before": end}):
        parts[day].append(codec.decode(data))
    return {day: merge(own) for day, own in parts.items()}


def _new_rows(
    tier: Tier, wanted: Sequence[datetime], raw: Mapping[datetime, Columns], old: Sequence[Rollup]
) -> tuple[list[Rollup], NDArray[np.int64]]:
    """The rows of each wanted day, and the series whose increases are worth keeping."""
    rows: list[Rollup] = []
    risers = [np.empty(0, dtype=np.int64)]
    for day in wanted:
        columns = raw.get(day)
        if columns is None:
            continue
        earlier = [one.within(-(1 << 62), milliseconds(day) - 1) for one in (*old, *rows)]
        before = last_numbers(columns.ids, earlier, raw.get(day - timedelta(days=1)))
        rows.append(roll_up(columns, tier.width_ms, before))
        risers.append(columns.ids[counters(columns)])
    return [one for one in rows if len(one.starts)], np.unique(np.concatenate(risers))


def _risers(rollup: Rollup) -> NDArray[np.int64]:
    """Series of which increases were kept."""
    real = np.concatenate(([0], np.cumsum(~np.isnan(rollup.column("increase")))))
    return rollup.ids[np.diff(real[rollup.offsets]) > 0]
