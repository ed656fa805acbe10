"""Hot rows into blocks of an hour, blocks of an hour into blocks of a day.

Each step is one transaction that takes rows away and puts the block of just these rows in their place; so a kill at any point loses
and doubles nothing, and what is written meanwhile stays for the next time. A target has at most one block for any moment: what
comes late is merged into it. Of two samples of one series and time that of the block is kept, else the one written first.
"""

import functools
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from monitoring.metrics.binary import fetch
from monitoring.metrics.block_rows import NewBlock, blocks_write, lock_or_stop, make_partitions
from monitoring.metrics.blocks import codec
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.hot_reading import Flat, columns_within, loose_of, ticks_of
from monitoring.metrics.moments import LEAST_MS, MOST_MS, milliseconds, moment
from monitoring.metrics.tiers import DAY_MS, RAW

log = logging.getLogger(__name__)
T = TypeVar("T")

GRACE = timedelta(minutes=2)
"""After the end of an hour, until it is closed: what is on its way then is still in time."""
MANY_SAMPLES = 20_000
"""So many hot samples of a target and hour are worth a merge at once, if they are also a good part of what the block holds."""
BATCH_SAMPLES = 1_000_000
BATCH_TARGETS = 200
MOST_DAY_SAMPLES = 20_000_000
"""A day of more than this stays in blocks of an hour."""

WAITING = """
SELECT h.target_id, h.hour, h.samples, COALESCE(d.samples, o.samples, 0)
FROM (
    SELECT target_id, date_trunc('hour', time, 'UTC') AS hour, sum(samples) AS samples FROM metrics_hot GROUP BY 1, 2
) h
LEFT JOIN metrics_hour o ON o.part = 0 AND o.target_id = h.target_id AND o.start = h.hour
LEFT JOIN metrics_block d ON d.part = 0 AND d.target_id = h.target_id AND d.start = date_trunc('day', h.hour, 'UTC')
ORDER BY h.hour, h.target_id
"""
TAKE_HOT = """
WITH gone AS (
    DELETE FROM metrics_hot WHERE target_id = ANY(%(targets)s::int[]) AND time >= %(start)s AND time < %(end)s RETURNING *
)
SELECT target_id, schema_id, string_agg(int8send(sequence), ''::bytea) AS sequence, string_agg(timestamptz_send(time), ''::bytea),
    NULL::bytea AS ids, NULL::bytea AS times, string_agg("values", ''::bytea)
FROM gone WHERE schema_id IS NOT NULL GROUP BY target_id, schema_id
UNION ALL
SELECT target_id, NULL, int8send(sequence), timestamptz_send(time), ids, times, "values" FROM gone WHERE schema_id IS NULL
"""
TAKE_DAYS = """
WITH gone AS (DELETE FROM metrics_block WHERE target_id = ANY(%(targets)s::int[]) AND start = %(day)s RETURNING *)
SELECT target_id, string_agg(data, ''::bytea ORDER BY part) FROM gone GROUP BY target_id, start
"""
TAKE_HOURS = """
WITH gone AS (
    DELETE FROM metrics_hour WHERE target_id = ANY(%(targets)s::int[]) AND start >= %(from)s AND start < %(before)s RETURNING *
)
SELECT target_id, string_agg(data, ''::bytea ORDER BY part) FROM gone GROUP BY target_id, start
"""
HOURS_OF_DAYS = """
SELECT target_id, date_trunc('day', start, 'UTC') AS day, sum(samples) FROM metrics_hour
WHERE part = 0 AND start < %s GROUP BY 1, 2 HAVING sum(samples) <= %s ORDER BY 2, 1
"""
SEEN = """
UPDATE metrics_series s SET last_seen_at = u.seen FROM unnest(%s::bigint[], %s::timestamptz[]) AS u(id, seen)
WHERE s.id = u.id AND s.last_seen_at < u.seen - interval '6 hours'
"""


class Waiting(NamedTuple):
    """Hot samples of a target in an hour, and how many its block of that time holds (0: there is none)."""

    target_id: int
    hour: datetime
    samples: int
    in_block: int


@dataclass(slots=True)
class Compacted:
    """What was done; `left` says that there is more to do, `busy` that somebody else is at it."""

    hours: int = 0
    days: int = 0
    samples: int = 0
    left: bool = False
    busy: bool = False


class Deadline:
    """How long a run may take."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() > self.end


def compact(now: datetime, deadline: Deadline, *, everything: bool = False) -> Compacted:
    """Close what is due; with `everything`, the present hour too and finished days at once."""
    done = Compacted()
    for batch in _batches(_due(now, everything)):
        if _stop(done, deadline):
            return done
        _each_alone_if_damaged(batch, lambda some: _close(some, done))
    for day, targets in _finished_days(now, everything):
        if _stop(done, deadline):
            return done
        _each_alone_if_damaged(targets, functools.partial(_merge_day, day, done=done))
    return done


def _each_alone_if_damaged(batch: Sequence[T], work: Callable[[Sequence[T]], None]) -> None:
    """A damaged block must not hold up the others: what cannot be done together is done one by one, and what cannot be done is left."""
    try:
        work(batch)
    except (CorruptBlockError, ValueError):
        for one in batch:
            try:
                work([one])
            except (CorruptBlockError, ValueError) as error:
                log.error("Cannot be compacted, see `manage.py metrics verify`: %s: %s", one, error)


def waiting() -> list[Waiting]:
    """What is hot, by target and hour."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return [Waiting(target_id, hour, int(hot), int(have)) for target_id, hour, hot, have in cursor.fetchall()]


def _stop(done: Compacted, deadline: Deadline) -> bool:
    done.left = done.left or deadline.is_over()
    return done.left or done.busy


def _due(now: datetime, everything: bool) -> Iterator[Waiting]:
    late = timedelta(seconds=settings.METRICS_LATE_WINDOW_S)
    for one in waiting():
        end = one.hour + timedelta(hours=1)
        closed, settled = now >= end + GRACE, now >= end + GRACE + late
        many = one.samples >= max(MANY_SAMPLES, one.in_block // 4)
        if everything or many or settled or (closed and not one.in_block):
            yield one


def _batches(due: Iterable[Waiting]) -> Iterator[list[Waiting]]:
    """Of one hour each, so that one statement takes them."""
    batch: list[Waiting] = []
    samples = 0
    for one in due:
        full = len(batch) >= BATCH_TARGETS or samples >= BATCH_SAMPLES
        if batch and (full or one.hour != batch[0].hour):
            yield batch
            batch, samples = [], 0
        batch.append(one)
        samples += one.samples + one.in_block
    if batch:
        yield batch


def _close(batch: Sequence[Waiting], done: Compacted) -> None:
    """One transaction: hot rows of an hour, and the blocks that are there, become blocks."""
    hour = batch[0].hour
    targets = [one.target_id for one in batch]
    with transaction.atomic():
        if not lock_or_stop():
            done.busy = True
            return
        fresh = take_hot(targets, hour)
        start_ms = milliseconds(hour)
        day_ms = start_ms - start_ms % DAY_MS
        days = _take(TAKE_DAYS, {"targets": sorted(fresh), "day": moment(day_ms)})
        hours = _take(TAKE_HOURS, {"targets": sorted(fresh), "from": hour, "before": hour + timedelta(hours=1)})
        blocks = []
        for target_id, columns in fresh.items():
            parts = [*days.get(target_id, ()), *hours.get(target_id, ()), columns]
            span = (day_ms, 24) if target_id in days else (start_ms, 1)
            blocks.append(NewBlock(target_id, *span, codec.encode(merge(parts).series())))
            done.samples += len(columns.times)
        blocks_write(RAW, blocks)
        _mark_seen(fresh.values())
    done.hours += len(batch)


def take_hot(targets: Sequence[int], hour: datetime) -> dict[int, Columns]:
    """Delete the hot rows of an hour; their samples by target, of doubles the first written."""
    parameters = {"targets": list(targets), "start": hour, "end": hour + timedelta(hours=1)}
    return by_target(fetch(TAKE_HOT, parameters))


def by_target(rows: Sequence[tuple[Any, ...]]) -> dict[int, Columns]:
    """Rows of TAKE_HOT."""
    flats: dict[int, list[Flat]] = defaultdict(list)
    for target_id, schema_id, sequence, stamps, ids, times, values in rows:
        if schema_id is not None:
            flats[target_id].append(ticks_of([(schema_id, sequence, stamps, values)]))
        else:
            number = int.from_bytes(sequence, "big", signed=True)
            flats[target_id] += loose_of([(number, stamps, ids, times, values)])
    return {target_id: columns_within(parts, None, LEAST_MS, MOST_MS) for target_id, parts in flats.items()}


def _take(statement: str, parameters: Mapping[str, Any]) -> dict[int, list[Columns]]:
    """Delete blocks; their samples by target, in order of time."""
    found: dict[int, list[Columns]] = defaultdict(list)
    for target_id, data in fetch(statement, parameters):
        found[target_id].append(codec.decode(data))
    return {target_id: sorted(parts, key=_first) for target_id, parts in found.items()}


def _finished_days(now: datetime, everything: bool) -> Iterator[tuple[datetime, list[int]]]:
    """Days that are over, with the targets whose hours are still apart, some at a time."""
    wait = timedelta() if everything else GRACE + timedelta(seconds=settings.METRICS_LATE_WINDOW_S)
    today = (now - wait).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(HOURS_OF_DAYS, [today, MOST_DAY_SAMPLES])
        rows = cursor.fetchall()
    batch: list[int] = []
    samples, current = 0, None
    for target_id, day, count in rows:
        if batch and (day != current or len(batch) >= BATCH_TARGETS or samples + count > 2 * BATCH_SAMPLES):
            yield current, batch  # type: ignore[misc]
            batch, samples = [], 0
        batch.append(target_id)
        samples, current = samples + int(count), day
    if batch and current is not None:
        yield current, batch


def _merge_day(day: datetime, targets: Sequence[int], done: Compacted) -> None:
    """One transaction: all blocks of a day of each target become one."""
    day_ms = milliseconds(day)
    make_partitions(RAW, [day])
    with transaction.atomic():
        if not lock_or_stop():
            done.busy = True
            return
        days = _take(TAKE_DAYS, {"targets": list(targets), "day": day})
        hours = _take(TAKE_HOURS, {"targets": list(targets), "from": day, "before": day + timedelta(days=1)})
        blocks = [
            NewBlock(target_id, day_ms, 24, codec.encode(merge([*days.get(target_id, ()), *parts]).series()))
            for target_id, parts in hours.items()
        ]
        blocks_write(RAW, blocks)
    done.days += len(blocks)


def _first(columns: Columns) -> int:
    return int(columns.times.min())


def _mark_seen(parts: Iterable[Columns]) -> None:
    ids, last = [], []
    for part in parts:
        ids.append(part.ids)
        last.append(part.times[part.offsets[1:] - 1])
    if ids:
        all_ids, all_last = np.concatenate(ids), np.concatenate(last)
        order = np.argsort(all_ids)
        seen = [moment(one) for one in all_last[order].tolist()]
        fetch(SEEN, [all_ids[order].tolist(), seen])
