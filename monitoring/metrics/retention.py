"""What comes and goes with time: partitions, tiers that are over, series and schemas that nobody uses, counts."""

import time
from datetime import datetime, timedelta
from typing import LiteralString

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from psycopg import errors, sql

from monitoring.metrics.models import StoreState
from monitoring.metrics.tiers import DAY_MS, HOT, HOURS, LONGEST_MS, RAW, TIERS
from opsportal.partitions import ensure, existing, expire

LOCK_WAIT = "300ms"
"""Longest time that writers may have to wait for a partition to be dropped."""
LEAST_BYTES_FREED = 1 << 16
SERIES_SPARED = timedelta(days=2)
SCHEMA_SPARED = "1 day"
MOST_SERIES_REMOVED = 20_000

UNUSED_SCHEMAS = f"""
DELETE FROM metrics_schema s WHERE s.used_at < now() - interval '{SCHEMA_SPARED}'
AND NOT EXISTS (SELECT FROM metrics_hot h WHERE h.schema_id = s.id)
"""  # noqa: S608
COUNT_ACTIVE = """
UPDATE metrics_source s SET active_count = c.n FROM (
    SELECT s.id, count(m.id) FILTER (WHERE m.last_seen_at > %(now)s - interval '1 day') AS n
    FROM metrics_source s JOIN metrics_source p USING (kind, name) LEFT JOIN metrics_series m ON m.target_id = p.id
    WHERE s.part = 0 GROUP BY s.id
) c WHERE c.id = s.id AND c.n <> s.active_count
"""
REMOVE_SERIES = """
WITH over AS MATERIALIZED (
    SELECT id FROM metrics_series WHERE last_seen_at < %(before)s ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), totals AS (
    DELETE FROM metrics_runningtotal WHERE series_id IN (SELECT id FROM over)
), removed AS (
    DELETE FROM metrics_series WHERE id IN (SELECT id FROM over) AND last_seen_at < %(before)s RETURNING target_id
)
UPDATE metrics_source t SET series_count = series_count - r.n
FROM (SELECT target_id, count(*) AS n FROM removed GROUP BY target_id) r WHERE t.id = r.target_id RETURNING r.n
"""
NEW_EPOCH = """
WITH there AS (UPDATE metrics_state SET series_epoch = series_epoch + 1 RETURNING id)
INSERT INTO metrics_state (id, series_epoch, facts) SELECT 1, 1, '{}' WHERE NOT EXISTS (SELECT FROM there)
"""
# After a restore into a new cluster, series may seem to be made by transactions yet to come.
SETTLE_XACTS = """
UPDATE metrics_series SET created_xact = '3' WHERE created_xact > (
    SELECT GREATEST(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id()))
"""

KNOWN_S = 10.0
_known: tuple[float, dict[str, int]] = (-KNOWN_S, {})


def kept_days() -> dict[str, int]:
    """Days by tier; 0: not built."""
    row = (
        StoreState.objects.filter(pk=1).values_list("raw_days", "minute_days", "ten_minutes_days", "hour_days").first()
    )
    chosen = dict(zip(TIERS, row or (), strict=False))
    fallback = {name: tier.kept_days for name, tier in TIERS.items()} | {RAW.name: settings.SAMPLES_KEPT_DAYS}
    return {name: fallback[name] if (days := chosen.get(name)) is None else days for name in TIERS}


def kept_days_lately() -> dict[str, int]:
    """As `kept_days`, for readers: what is changed is seen within KNOWN_S."""
    global _known
    if time.monotonic() - _known[0] > KNOWN_S:
        _known = (time.monotonic(), kept_days())
    return _known[1]


def hot_partitions_make(now: datetime) -> list[str]:
    """The partitions of this hour and the next."""
    return ensure(HOT, now, ahead=1)


def hot_partitions_drop(now: datetime) -> list[str]:
    """Drop those whose hour is over, late window included, and that are empty. A partition in use is left for the next time."""
    over = now - timedelta(seconds=settings.METRICS_LATE_WINDOW_S) - timedelta(minutes=10)
    kept_from = HOT.partition(HOT.start(over))
    default = f"{HOT.name}_default"
    old = sorted(name for name in existing(HOT) if name < kept_from and name != default)
    _free_if_empty(default, "TRUNCATE {}", LEAST_BYTES_FREED)
    _free_if_empty(HOURS, "TRUNCATE {}", LEAST_BYTES_FREED)
    return [name for name in old if _free_if_empty(name, "DROP TABLE {}")]


def _free_if_empty(name: str, statement: LiteralString, least_bytes: int = 0) -> bool:
    """Give the space of a partition back, alone with the table for a moment."""
    table = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {}), pg_total_relation_size(%s)").format(table), [name])
        filled, size = cursor.fetchone()
        if filled or size < least_bytes:
            return False
        try:
            with transaction.atomic():
                cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_WAIT)))
                parent = sql.Identifier(HOURS if name == HOURS else HOT.name)
                cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(parent))
                cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table))
                empty = not cursor.fetchone()[0]
                if empty:
                    cursor.execute(sql.SQL(statement).format(table))
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
                return empty
        except OperationalError as error:
            if isinstance(error.__cause__, errors.LockNotAvailable):
                return False
            raise


def tiers_expire(now: datetime, *, spare_raw: bool = False) -> list[str]:
    """Drop the partitions of blocks that are over, raw ones unless they are to be spared; their names. A block that began before its
    partition's end is over with it, so a tier with long blocks is kept for as long as its longest in addition."""
    dropped: list[str] = []
    for name, days in kept_days().items():
        if spare_raw and name == RAW.name:
            continue
        tier = TIERS[name]
        longest = timedelta(milliseconds=LONGEST_MS[tier.span]) if LONGEST_MS[tier.span] > DAY_MS else timedelta()
        dropped += expire(tier.blocks, now - timedelta(days=days) - longest)
    return dropped


def series_remove(now: datetime) -> int:
    """Remove series of which nothing is kept any more; how many."""
    longest = max(kept_days().values())
    before = now - timedelta(days=longest) - SERIES_SPARED
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REMOVE_SERIES, {"before": before, "most": MOST_SERIES_REMOVED})
        removed = sum(int(count) for (count,) in cursor.fetchall())
        if removed:
            cursor.execute(NEW_EPOCH)
        return removed


def counts_renew(now: datetime) -> None:
    """Series in use of each source; schemas that are no longer used go."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ACTIVE, {"now": now})
        cursor.execute(UNUSED_SCHEMAS)
        cursor.execute(SETTLE_XACTS)
