"""What no run does: rows of new checks, pauses, maintenance, staleness, and services that no longer fit their checks.

Any worker may do it; an advisory lock sees to it that one does at a time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from monitoring.checks.choices import Impact, Status
from monitoring.checks.engine import services
from monitoring.checks.engine.changes import Change, changes_insert, event_of
from monitoring.checks.status import (
    STALE_AFTER_INTERVALS,
    Circumstances,
    Standing,
    service_status,
    shown,
    stale_after_s,
)
from monitoring.events.bulk import events_emit

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('opsportal checks upkeep'))"
RECONCILE = (
    "INSERT INTO checks_checkschedule (check_id, next_check_at) "
    "SELECT c.id, %(now)s FROM checks_check c LEFT JOIN checks_checkschedule s ON s.check_id = c.id "
    "WHERE s.check_id IS NULL ON CONFLICT DO NOTHING",
    "INSERT INTO checks_checkstate (check_id, confirmed, status, hard, last_verdict, last_cause, last_summary, last_values, streak, "
    "history, flap_percent, flapping, memory) "
    "SELECT c.id, 'pending', 'pending', true, 'pending', '', '', '{}', 0, '', 0, false, '{}' "
    "FROM checks_check c LEFT JOIN checks_checkstate t ON t.check_id = c.id WHERE t.check_id IS NULL ON CONFLICT DO NOTHING",
    "INSERT INTO checks_servicestate (service_id, status, rank, reason) "
    "SELECT s.id, 'pending', %(pending_rank)s, '' FROM checks_service s LEFT JOIN checks_servicestate t ON t.service_id = s.id "
    "WHERE t.service_id IS NULL ON CONFLICT DO NOTHING",
    "UPDATE checks_checkschedule s SET next_check_at = %(now)s FROM checks_check c "
    "WHERE c.id = s.check_id AND s.next_check_at IS NULL AND c.enabled AND c.paused_until IS NULL",
)
CANDIDATES = f"""
WITH seen AS (
    SELECT t.check_id, t.status, t.confirmed, t.since, t.hard, t.last_checked_at, c.interval_s, c.timeout_s, c.service_id,
        c.name, c.slug, s.slug AS service_slug, s.name AS service_name,
        (NOT c.enabled OR COALESCE(c.paused_until > %(now)s, false)) AS paused,
        c.service_id = ANY(%(in_maintenance)s) AS maintenance,
        t.last_checked_at + ({STALE_AFTER_INTERVALS} * c.interval_s + c.timeout_s) * interval '1 second' < %(now)s AS stale
    FROM checks_checkstate t JOIN checks_check c ON c.id = t.check_id JOIN checks_service s ON s.id = c.service_id
)
SELECT * FROM seen
WHERE paused <> (status = 'paused') OR maintenance <> (status = 'maintenance') OR COALESCE(stale, false) <> (status = 'stale')
"""  # noqa: S608 - a constant, no input
IN_MAINTENANCE = (
    "SELECT DISTINCT service_id FROM checks_maintenancewindow WHERE starts_at <= %(now)s AND ends_at > %(now)s"
)
SETTLE = """
UPDATE checks_checkstate t SET status = r.status, since = r.since
FROM json_to_recordset(%s::json) AS r(check_id bigint, before text, status text, since timestamptz)
WHERE t.check_id = r.check_id AND t.status = r.before
"""
STANDINGS = """
SELECT s.id, s.id = ANY(%s), t.status, array_agg(ROW(ct.status, c.impact)::text) FILTER (WHERE c.id IS NOT NULL)
FROM checks_service s JOIN checks_servicestate t ON t.service_id = s.id
LEFT JOIN checks_check c ON c.service_id = s.id LEFT JOIN checks_checkstate ct ON ct.check_id = c.id
GROUP BY s.id, t.status
"""

WORDS = {
    Status.PAUSED: "Paused",
    Status.MAINTENANCE: "In a maintenance window",
    Status.STALE: "No result for three intervals",
}


async def in_maintenance(database: AsyncConnection[Any], now: datetime) -> frozenset[int]:
    """Ids of the services that are in a maintenance window."""
    rows = await (await database.execute(IN_MAINTENANCE, {"now": now})).fetchall()
    return frozenset(service_id for (service_id,) in rows)


async def upkeep(database: AsyncConnection[Any], now: datetime, closely: bool = True) -> dict[str, dict[str, Any]]:
    """Do all of it in one transaction, unless another worker is at it; the live updates by topic.

    `closely` also looks for what only a change of configuration or a window of maintenance brings; it reads every check.
    """
    async with database.transaction():
        row = await (await database.execute(LOCK)).fetchone()
        if not row or not row[0]:
            return {}
        if closely:
            await _reconcile(database, now)
        closed = await in_maintenance(database, now)
        changes = await _settle(database, now, closed)
        mismatched = await _mismatched(database, closed) if closely else set()
        outcome = await services.recompute(database, mismatched | {change.service_id for change in changes})
        feed = await events_emit(database, [*map(event_of, changes), *outcome.events])
    return {topic: updates for topic, updates in (("feed", feed), ("services", outcome.updates)) if updates}


async def _reconcile(database: AsyncConnection[Any], now: datetime) -> None:
    """The rows that a check or service made past the actions lacks."""
    for statement in RECONCILE:
        await database.execute(statement, {"now": now, "pending_rank": Status.PENDING.rank})


async def _settle(database: AsyncConnection[Any], now: datetime, closed: frozenset[int]) -> list[Change]:
    async with database.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(CANDIDATES, {"now": now, "in_maintenance": list(closed)})
        rows = await cursor.fetchall()
    changes = [change for row in rows if (change := settled(row, now)) is not None]
    await database.execute(SETTLE, [orjson.dumps([_settle_row(change) for change in changes]).decode()])
    await changes_insert(database, changes)
    return changes


def settled(row: dict[str, Any], now: datetime) -> Change | None:
    """The change that a check's circumstances bring, if any. Staleness began when the last report grew too old, not when it was seen."""
    before = Standing(Status(row["confirmed"]), Status(row["status"]), row["since"], row["hard"])
    around = Circumstances(row["paused"], row["maintenance"], bool(row["stale"]))
    at = now
    if around.stale and not (around.paused or around.maintenance):
        at = row["last_checked_at"] + timedelta(seconds=stale_after_s(row["interval_s"], row["timeout_s"]))
    after = shown(before, around, at)
    if after.status == before.status:
        return None
    return Change(
        time=at,
        service_id=row["service_id"],
        check_id=row["check_id"],
        before=before.status,
        after=after.status,
        hard=True,
        summary=WORDS.get(after.status, ""),
        subject=f"check:{row['service_slug']}/{row['slug']}",
        name=f"{row['service_name']} / {row['name']}",
    )


def _settle_row(change: Change) -> dict[str, Any]:
    return {"check_id": change.check_id, "before": change.before, "status": change.after, "since": change.time}


async def _mismatched(database: AsyncConnection[Any], closed: frozenset[int]) -> set[int]:
    """Services whose state does not follow from their checks: a check was added, moved or deleted, a window began or ended."""
    rows = await (await database.execute(STANDINGS, [list(closed)])).fetchall()
    return {
        service_id
        for service_id, maintenance, status, pairs in rows
        if service_status(_views(pairs or []), maintenance) != status
    }


def _views(pairs: Sequence[str]) -> list[tuple[Status, Impact]]:
    views = []
    for pair in pairs:
        status, _, impact = pair.strip("()").partition(",")
        if status:
            views.append((Status(status), Impact(impact)))
    return views
