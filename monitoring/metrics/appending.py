"""Samples by series id into `metrics_hot`: checked against the clock, cut into rows, copied."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from monitoring.metrics.copying import COPY_HOT, HotRow, packed
from monitoring.metrics.hot_rows import Batch, Floats, Ints, Schema, Tick, batch_of, loose_bounds, ticks_of, told_by_id
from monitoring.metrics.known import GONE, known
from monitoring.metrics.moments import LEAST_MS
from monitoring.metrics.shipping.payloads import Samples
from monitoring.metrics.shipping.queueing import queueing
from monitoring.metrics.statements import Ask, Copy, Plan

TARGETS = """
WITH touched AS (
    UPDATE metrics_series SET last_seen_at = now()
    WHERE id = ANY(%(ids)s::bigint[]) AND last_seen_at < now() - interval '1 day' RETURNING id
)
SELECT id, target_id, created_xact IS NOT DISTINCT FROM pg_current_xact_id_if_assigned()
FROM metrics_series WHERE id = ANY(%(ids)s::bigint[])
    AND (last_seen_at >= now() - interval '1 day' OR id IN (SELECT id FROM touched))
"""
KEEP_SCHEMAS = """
WITH kept AS (
    INSERT INTO metrics_schema (id, target_id, ids)
    SELECT id, target_id, string_to_array(ids, ',')::bigint[]
    FROM unnest(%(id)s::bigint[], %(target)s::int[], %(ids)s::text[]) AS u(id, target_id, ids) ORDER BY id
    ON CONFLICT (target_id, id) DO UPDATE SET used_at = now() WHERE metrics_schema.used_at < now() - interval '1 hour'
)
SELECT id FROM metrics_schema
WHERE target_id = ANY(%(target)s::int[]) AND id = ANY(%(id)s::bigint[]) AND created_xact <> pg_current_xact_id()
"""


@dataclass(slots=True)
class Appended:
    """What became of a batch. `schemas` are to be confirmed after the commit."""

    written: int = 0
    too_old: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    too_new: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    gone: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    schemas: list[int] = field(default_factory=list)


def appending(ids: Ints, times: Ints, values: Floats, *, backfill: bool, now_ms: int) -> Plan[Appended]:
    """Write what can be taken; within a transaction. `too_old`, `too_new` and `gone` are the times, or ids, that were not."""
    done = Appended()
    ids, times, values = _of_known_series(ids, times, values)
    ids, times, values = _of_good_time(ids, times, values, backfill, now_ms, done)
    if not len(ids):
        return done
    targets = yield from _targets(ids)
    if (targets == GONE).any():
        here = targets != GONE
        done.gone = np.unique(ids[~here])
        targets, ids, times, values = targets[here], ids[here], times[here], values[here]
    if not len(ids):
        return done
    if not settings.METRICS_BACKEND:
        batch = batch_of(targets.astype(np.int64), ids, times, values)
        ticks = ticks_of(batch, known.schemas)
        yield from _keep_schemas([tick.schema for tick in ticks], done)
        yield Copy(COPY_HOT, packed(_rows(batch, ticks)))
    yield from queueing(Samples(ids, times, values))
    done.written = len(ids)
    return done


def remember(done: Appended) -> None:
    """Call after the commit."""
    known.confirm(done.schemas)


def _of_known_series(ids: Ints, times: Ints, values: Floats) -> tuple[Ints, Ints, Floats]:
    """Arrays of the right kinds, without the ids below zero. Raises ValueError for lengths that differ."""
    ids, times = np.asarray(ids, dtype=np.int64), np.asarray(times, dtype=np.int64)
    values = np.ascontiguousarray(values, dtype=np.float64)
    if not len(ids) == len(times) == len(values):
        raise ValueError(f"ids, times and values have {len(ids)}, {len(times)} and {len(values)} entries.")
    if len(ids) and ids.min() < 0:
        keep = ids >= 0
        return ids[keep], times[keep], values[keep]
    return ids, times, values


def _of_good_time(
    ids: Ints, times: Ints, values: Floats, backfill: bool, now_ms: int, done: Appended
) -> tuple[Ints, Ints, Floats]:
    if not len(ids):
        return ids, times, values
    newest = now_ms + settings.METRICS_AHEAD_S * 1000
    oldest = LEAST_MS if backfill else now_ms - settings.METRICS_LATE_WINDOW_S * 1000
    if times.min() >= oldest and times.max() <= newest:
        return ids, times, values
    done.too_old, done.too_new = times[times < oldest], times[times > newest]
    keep = (times >= oldest) & (times <= newest)
    return ids[keep], times[keep], values[keep]


def _targets(ids: Ints) -> Plan[NDArray[np.int32]]:
    """What this very transaction made is not remembered: it may be rolled back."""
    targets = known.targets_of(ids)
    if targets.all():
        return targets
    unknown = np.unique(ids[targets == 0])
    rows = yield Ask(TARGETS, {"ids": unknown.tolist()})
    found = dict.fromkeys(unknown.tolist(), GONE) | {series_id: target_id for series_id, target_id, _ in rows}
    settled = [(series_id, target_id) for series_id, target_id, own in rows if not own]
    if settled:
        pairs = np.array(settled, dtype=np.int64)
        known.learn_targets(pairs[:, 0], pairs[:, 1].astype(np.int32))
    filled = targets.copy()
    filled[targets == 0] = [found[series_id] for series_id in ids[targets == 0].tolist()]
    return filled


def _keep_schemas(schemas: list[Schema], done: Appended) -> Plan[None]:
    """Write down the schemas that are not known to be there; the same id is the same schema, whoever writes it."""
    rows = [schema for schema in schemas if told_by_id(schema.id) is None]
    doubtful = {schema.id: schema for schema in rows if not known.is_confirmed(schema.id)}
    if doubtful:
        parameters = {
            "id": list(doubtful),
            "target": [schema.target_id for schema in doubtful.values()],
            "ids": [",".join(map(str, schema.ids.tolist())) for schema in doubtful.values()],
        }
        committed = yield Ask(KEEP_SCHEMAS, parameters)
        known.confirm(schema_id for (schema_id,) in committed)
        done.schemas = list(doubtful)


def _rows(batch: Batch, ticks: list[Tick]) -> Iterable[HotRow]:
    for tick in ticks:
        time, schema = int(batch.times[tick.start]), tick.schema
        yield HotRow(time, time, schema.target_id, tick.end - tick.start, schema.id, None, None, tick.values)
    loose, bounds = loose_bounds(batch, ticks)
    for start, end in bounds:
        times = loose.times[start:end]
        first, last = int(times[0]), int(times[-1])
        yield HotRow(
            first, last, int(loose.targets[start]), end - start, None, loose.ids[start:end].tobytes(),
            None if first == last else times.tobytes(), loose.values[start:end].tobytes(),
        )  # fmt: skip
