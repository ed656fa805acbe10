"""The narrow contract of the metrics room: `write(samples)` and `read(selector, start, end, step)`.

Nothing outside this room knows how samples are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from psycopg import AsyncConnection

from monitoring.metrics.copying import COPY_SAMPLES, microseconds, packed
from monitoring.metrics.series import CREATE, FIND, Identity, Labels, SeriesCache, creation_rows, key_of

__all__ = [
    "Labels",
    "Sample",
    "Selector",
    "SeriesData",
    "Summary",
    "awrite",
    "labels_of",
    "prepare",
    "read",
    "summarise",
    "write",
]


class Sample(NamedTuple):
    """One value. `labels` are sorted by name; `time` is aware; the unit follows the metric's name (`_seconds`, `_bytes`)."""

    name: str
    labels: Labels
    time: datetime
    value: float


class Summary(NamedTuple):
    """One series over a span: how many samples, their sum and maximum, and counts per bucket (index → count, empty ones left out)."""

    labels: dict[str, str]
    samples: int
    total: float
    highest: float
    counts: dict[str, int]


class Selector(NamedTuple):
    """Series by metric name (exact) and labels that must be there."""

    name: str
    labels: Mapping[str, str]


@dataclass(slots=True)
class SeriesData:
    """One series: (time, value) points in time order; with a step, the mean of each step, at its start."""

    name: str
    labels: dict[str, str]
    points: list[tuple[datetime, float]] = field(default_factory=list)


_cache = SeriesCache()

READ_RAW = "SELECT series_id, time, value FROM metrics_sample WHERE {bounds} ORDER BY time"
READ_STEPS = """
SELECT series_id, date_bin(%(step)s, time, %(start)s) AS slot, avg(value)
FROM metrics_sample WHERE {bounds} GROUP BY series_id, slot ORDER BY slot
"""
SUMMARISE = """
SELECT s.labels, sum(b.n)::bigint, sum(b.total), max(b.highest), json_object_agg(b.bucket, b.n)::text
FROM (
    SELECT m.series_id, width_bucket(m.value, %(bounds)s::float8[]) AS bucket, count(*) AS n, sum(m.value) AS total,
        max(m.value) AS highest
    FROM metrics_sample m WHERE m.time >= %(start)s AND m.time < %(end)s AND m.series_id IN (
        SELECT id FROM metrics_series WHERE name = %(name)s AND labels @> %(labels)s::jsonb)
    GROUP BY m.series_id, bucket
) b JOIN metrics_series s ON s.id = b.series_id
GROUP BY s.id, s.labels
"""
BOUNDS = "series_id = ANY(%(ids)s) AND time >= %(start)s AND time < %(end)s"


def labels_of(pairs: Mapping[str, str]) -> Labels:
    return tuple(sorted(pairs.items()))


def write(samples: Iterable[Sample]) -> int:
    """Store samples durably; how many. One COPY a call; joins the caller's transaction, if there is one."""
    batch = list(samples)
    with transaction.atomic():
        ids = _resolve((sample.name, sample.labels) for sample in batch)
        rows = ((ids[sample.name, sample.labels], microseconds(sample.time), sample.value) for sample in batch)
        with connection.cursor() as cursor, cursor.copy(COPY_SAMPLES) as copy:
            copy.write(packed(rows))
    return len(batch)


def _resolve(identities: Iterable[Identity]) -> dict[Identity, int]:
    wanted = list(identities)
    missing = _cache.missing(wanted)
    if not missing:
        return _cache.ids
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [creation_rows(missing)])
        cursor.execute(FIND, [[key_of(identity) for identity in missing]])
        by_key = dict(cursor.fetchall())
    found = {identity: by_key[key_of(identity)] for identity in missing}
    transaction.on_commit(lambda: _cache.ids.update(found))
    return _cache.ids | found


async def prepare(database: AsyncConnection[Any], identities: Iterable[Identity]) -> dict[Identity, int]:
    """Ids by (name, labels) of at least `identities`; new series are created. For `awrite`: call it outside a transaction."""
    missing = _cache.missing(identities)
    if missing:
        await database.execute(CREATE, [creation_rows(missing)])
        rows = await (await database.execute(FIND, [[key_of(identity) for identity in missing]])).fetchall()
        by_key = dict(rows)
        _cache.ids.update((identity, by_key[key_of(identity)]) for identity in missing)
    return _cache.ids


async def awrite(database: AsyncConnection[Any], rows: Iterable[tuple[int, int, float]]) -> None:
    """Store (series id, microseconds since 2000, value) rows in the caller's transaction; ids come from `prepare`."""
    async with database.cursor() as cursor, cursor.copy(COPY_SAMPLES) as copy:
        await copy.write(packed(rows))


def read(selector: Selector, start: datetime, end: datetime, step: timedelta | None = None) -> list[SeriesData]:
    """Samples of every matching series in [start, end), series without any left out, in the order of their labels."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, labels FROM metrics_series WHERE name = %s AND labels @> %s::jsonb",
            [selector.name, _json(selector.labels)],
        )
        series = {series_id: SeriesData(selector.name, _labels(labels)) for series_id, labels in cursor.fetchall()}
        query = (READ_RAW if step is None else READ_STEPS).format(bounds=BOUNDS)
        parameters: dict[str, Any] = {"ids": list(series), "start": start, "end": end, "step": step}
        cursor.execute(query, parameters)
        for series_id, time, value in cursor:
            series[series_id].points.append((time, value))
    return sorted((data for data in series.values() if data.points), key=lambda data: sorted(data.labels.items()))


def summarise(selector: Selector, start: datetime, end: datetime, bounds: Sequence[float]) -> list[Summary]:
    """Every matching series in [start, end), counted into buckets whose upper bounds are `bounds`; one more bucket holds the rest."""
    with connection.cursor() as cursor:
        cursor.execute(
            SUMMARISE,
            {
                "name": selector.name,
                "labels": _json(selector.labels),
                "start": start,
                "end": end,
                "bounds": list(bounds),
            },
        )
        return [
            Summary(_labels(labels), samples, total, highest, orjson.loads(counts))
            for labels, samples, total, highest, counts in cursor
        ]


def _json(labels: Mapping[str, str]) -> str:
    return orjson.dumps(dict(labels)).decode()


def _labels(stored: Any) -> dict[str, str]:
    return dict(orjson.loads(stored) if isinstance(stored, str) else stored)
