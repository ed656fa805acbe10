"""What there is in the store, in numbers: for the command, the admin and whoever watches the portal."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from monitoring.metrics.compaction import GRACE
from monitoring.metrics.models import StoreState
from monitoring.metrics.tiers import HOT, HOURS, RAW, ROLLUPS

LISTED = 10

SIZES = """
SELECT c.relname, pg_total_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE c.relkind = 'r' AND (c.relname = ANY(%(plain)s) OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = ANY(
    SELECT to_regclass(t) FROM unnest(%(parents)s::text[]) AS t)))
"""
PLAIN = (
    "metrics_series", "metrics_source", "metrics_schema", "metrics_metadata", "metrics_state",
    "metrics_runningtotal", HOURS,
)  # fmt: skip
COUNTS = """
SELECT (SELECT count(*) FROM metrics_series), (SELECT COALESCE(sum(active_count), 0) FROM metrics_source),
    (SELECT count(*) FROM metrics_source WHERE part = 0), (SELECT COALESCE(sum(refused), 0) FROM metrics_source),
    (SELECT COALESCE(sum(samples), 0) FROM metrics_hot), (SELECT COALESCE(sum(samples), 0) FROM metrics_hour WHERE part = 0),
    (SELECT COALESCE(sum(samples), 0) FROM metrics_block WHERE part = 0),
    (SELECT COALESCE(sum(samples), 0) FROM metrics_hot WHERE time >= %(from)s AND time < %(until)s),
    (SELECT min(date_trunc('hour', time, 'UTC')) FROM metrics_hot WHERE time < %(closed)s),
    (SELECT min(start) FROM (SELECT start FROM metrics_block WHERE part = 0 UNION ALL SELECT start FROM metrics_hour WHERE part = 0) b)
"""
ROWS = "SELECT COALESCE(sum(samples), 0) FROM {} WHERE part = 0"
BY_METRIC = "SELECT name, count(*) FROM metrics_series GROUP BY name ORDER BY 2 DESC, 1 LIMIT %s"
BY_LABEL = """
SELECT e.key, count(DISTINCT e.value), count(*) FROM metrics_series, jsonb_each_text(labels) e
GROUP BY e.key ORDER BY 2 DESC, 1 LIMIT %s
"""
BY_SOURCE = """
SELECT kind || ':' || name, sum(series_count), sum(active_count), sum(refused)
FROM metrics_source GROUP BY kind, name ORDER BY 3 DESC, 2 DESC, 1 LIMIT %s
"""


@dataclass(slots=True)
class Stats:
    """Numbers of the whole store. `bytes` are of tables with their indexes and TOAST; `lag_s` is how long the oldest hour that is over
    has been waiting for its block; `samples_per_s` is of the last ten whole minutes."""

    series: int
    active_series: int
    sources: int
    refused_series: int
    samples: dict[str, int]
    bytes: dict[str, int]
    rows: dict[str, int]
    samples_per_s: float
    lag_s: float
    oldest: datetime | None
    compacted_at: datetime | None
    last_tick: dict[str, Any] = field(default_factory=dict)

    @property
    def raw_samples(self) -> int:
        return sum(self.samples.values())

    @property
    def bytes_per_sample(self) -> float:
        """Of raw samples: everything but the roll-ups, indexes and series counted."""
        raw = sum(size for name, size in self.bytes.items() if name not in {tier.name for tier in ROLLUPS})
        return raw / max(1, self.raw_samples)


@dataclass(slots=True)
class Offenders:
    """The largest first: (metric, series), (label, distinct values, series with it), (source, series, active, refused)."""

    metrics: list[tuple[str, int]]
    labels: list[tuple[str, int, int]]
    sources: list[tuple[str, int, int, int]]


def store_stats(now: datetime) -> Stats:
    minute = now.replace(second=0, microsecond=0)
    spans = {"from": minute - timedelta(minutes=10), "until": minute, "closed": now - GRACE - timedelta(hours=1)}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, spans)
        series, active, sources, refused, hot, hours, days, lately, waiting, oldest = cursor.fetchone()
        rows = {tier.name: _count(cursor, tier.blocks.name) for tier in ROLLUPS}
        sizes = _sizes(cursor)
    state = StoreState.objects.filter(pk=1).first()
    over = waiting + timedelta(hours=1) + GRACE if waiting else None
    return Stats(
        series=int(series),
        active_series=int(active),
        sources=int(sources),
        refused_series=int(refused),
        samples={"hot": int(hot), "hours": int(hours), "days": int(days)},
        bytes=sizes,
        rows=rows,
        samples_per_s=round(int(lately) / 600, 1),
        lag_s=max(0.0, (now - over).total_seconds()) if over else 0.0,
        oldest=oldest,
        compacted_at=state.compacted_at if state else None,
        last_tick=state.facts.get("last_tick", {}) if state else {},
    )


def offenders(limit: int = LISTED) -> Offenders:
    """What the series are spent on."""
    with connection.cursor() as cursor:
        cursor.execute(BY_METRIC, [limit])
        metrics = [(name, int(count)) for name, count in cursor.fetchall()]
        cursor.execute(BY_LABEL, [limit])
        labels = [(name, int(values), int(count)) for name, values, count in cursor.fetchall()]
        cursor.execute(BY_SOURCE, [limit])
        sources = [(name, int(a), int(b), int(c)) for name, a, b, c in cursor.fetchall()]
    return Offenders(metrics, labels, sources)


def _count(cursor: Any, table: str) -> int:
    cursor.execute(ROWS.format(table))
    return int(cursor.fetchone()[0])


def _sizes(cursor: Any) -> dict[str, int]:
    """Bytes by part: series (and what belongs to them), hot, hours, raw, and each roll-up."""
    parents = [HOT.name, RAW.blocks.name, *(tier.blocks.name for tier in ROLLUPS)]
    cursor.execute(SIZES, {"plain": list(PLAIN), "parents": parents})
    names = {HOT.name: "hot", RAW.blocks.name: "days", **{tier.blocks.name: tier.name for tier in ROLLUPS}}
    found = dict.fromkeys(["series", "hot", "hours", "days", *(tier.name for tier in ROLLUPS)], 0)
    for table, size in cursor.fetchall():
        part = next((part for parent, part in names.items() if table.startswith(f"{parent}_")), "series")
        found["hours" if table == HOURS else part] += size
    return found
