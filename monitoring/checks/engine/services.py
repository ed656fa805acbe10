"""What follows for services from their checks: statuses, reasons, and who suffers from whom."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import AsyncConnection

from monitoring.checks.choices import Impact, Status
from monitoring.checks.dependencies import affected
from monitoring.checks.engine.changes import Change, changes_insert, event_of
from monitoring.checks.live_payloads import service_payload
from monitoring.checks.status import SERVICE_ORDER, service_status
from monitoring.events.bulk import NewEvent

# The rows are locked in one order, so that workers that change the same services never wait for one another in a circle.
LOCK = """
SELECT t.service_id, t.status, t.since, t.reason, t.affected_by_id, s.slug, s.name, EXISTS (
    SELECT 1 FROM checks_maintenancewindow w WHERE w.service_id = s.id AND w.starts_at <= %(now)s AND w.ends_at > %(now)s) AS maintenance
FROM checks_servicestate t JOIN checks_service s ON s.id = t.service_id
WHERE t.service_id = ANY(%(ids)s) ORDER BY t.service_id FOR UPDATE OF t
"""
CHECKS = """
SELECT c.service_id, t.status, c.impact, c.name, t.last_summary
FROM checks_check c JOIN checks_checkstate t ON t.check_id = c.id WHERE c.service_id = ANY(%s) ORDER BY c.id
"""
UPDATE = """
UPDATE checks_servicestate t SET status = r.status, rank = r.rank, since = r.since, reason = r.reason
FROM json_to_recordset(%s::json) AS r(service_id bigint, status text, rank int, since timestamptz, reason text)
WHERE t.service_id = r.service_id
"""
GRAPH = "SELECT from_service_id, to_service_id FROM checks_service_depends_on"
DOWN = "SELECT service_id FROM checks_servicestate WHERE status = 'down'"
AFFECT = """
UPDATE checks_servicestate t SET affected_by_id = r.root
FROM checks_servicestate old LEFT JOIN json_to_recordset(%s::json) AS r(service_id bigint, root bigint) ON r.service_id = old.service_id
WHERE t.service_id = old.service_id AND t.affected_by_id IS DISTINCT FROM r.root
RETURNING t.service_id
"""
SHOWN = """
SELECT t.service_id, s.slug, s.name, t.status, t.since, t.reason, root.slug
FROM checks_servicestate t JOIN checks_service s ON s.id = t.service_id LEFT JOIN checks_service root ON root.id = t.affected_by_id
WHERE t.service_id = ANY(%s)
"""


@dataclass(slots=True)
class Consequences:
    """Events to emit and updates of the live topic `services`."""

    events: list[NewEvent] = field(default_factory=list)
    updates: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckView:
    status: Status
    impact: Impact
    name: str
    summary: str


def reason_of(status: Status, checks: Collection[CheckView]) -> str:
    """The words of the first check that made the service what it is; empty for a service that is up."""
    if status not in SERVICE_ORDER or status in (Status.UP, Status.MAINTENANCE):
        return ""
    wanted = {status, Status.DOWN} if status == Status.DEGRADED else {status}
    for check in checks:
        if check.status in wanted and check.impact != Impact.INFORMS:
            return f"{check.name}: {check.summary}" if check.summary else check.name
    return ""


async def recompute(database: AsyncConnection[Any], service_ids: Collection[int]) -> Consequences:
    """Bring the services' states in line with their checks, in the caller's transaction."""
    if not service_ids:
        return Consequences()
    now = await _now(database)
    rows = await (await database.execute(LOCK, {"ids": sorted(service_ids), "now": now})).fetchall()
    checks = await _checks(database, service_ids)
    changes, updated = [], []
    for service_id, before, since, reason, _, slug, name, maintenance in rows:
        views = checks.get(service_id, [])
        after = service_status([(check.status, check.impact) for check in views], maintenance)
        words = reason_of(after, views)
        if (after, words) == (before, reason):
            continue
        if after != before:
            since = now
            changes.append(
                Change(now, service_id, None, Status(before), after, True, f"service:{slug}", name, summary=words)
            )
        updated.append({"service_id": service_id, "status": after, "rank": after.rank, "since": since, "reason": words})
    await database.execute(UPDATE, [orjson.dumps(updated).decode()])
    await changes_insert(database, changes)
    touched = {row["service_id"] for row in updated}
    if any(Status.DOWN in (change.before, change.after) for change in changes):
        touched |= await affect(database)
    return Consequences([event_of(change) for change in changes], await payloads(database, touched))


async def affect(database: AsyncConnection[Any]) -> set[int]:
    """Note for every service by which failing one it is affected; the ids of those for which that changed."""
    parents: dict[int, list[int]] = {}
    for child, parent in await (await database.execute(GRAPH)).fetchall():
        parents.setdefault(child, []).append(parent)
    down = {service_id for (service_id,) in await (await database.execute(DOWN)).fetchall()}
    rows = [{"service_id": service, "root": root} for service, root in affected(parents, down).items()]
    cursor = await database.execute(AFFECT, [orjson.dumps(rows).decode()])
    return {service_id for (service_id,) in await cursor.fetchall()}


async def payloads(database: AsyncConnection[Any], service_ids: Collection[int]) -> dict[str, Any]:
    """Updates of the live topic `services`."""
    if not service_ids:
        return {}
    rows = await (await database.execute(SHOWN, [list(service_ids)])).fetchall()
    return {str(row[0]): service_payload(*row) for row in rows}


async def _now(database: AsyncConnection[Any]) -> datetime:
    row = await (await database.execute("SELECT clock_timestamp()")).fetchone()
    return row[0]  # type: ignore[index,no-any-return] # it always has its one row


async def _checks(database: AsyncConnection[Any], service_ids: Collection[int]) -> dict[int, list[CheckView]]:
    found: dict[int, list[CheckView]] = {}
    for service_id, status, impact, name, summary in await (
        await database.execute(CHECKS, [list(service_ids)])
    ).fetchall():
        found.setdefault(service_id, []).append(CheckView(Status(status), Impact(impact), name, summary))
    return found
