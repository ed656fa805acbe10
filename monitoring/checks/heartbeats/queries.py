"""Reads of heartbeats: by the portal's own connection (the ping door) and by the engine's pool (the probe)."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg.rows import tuple_row

from monitoring.checks.choices import PingKind
from monitoring.checks.heartbeats.pairing import Ping
from monitoring.checks.models import HeartbeatPing

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

RECENT = 100
"""Pings looked at: enough to pair every run that can matter, and one short index scan."""

WATCHED_SINCE = "SELECT created_at FROM checks_check WHERE id = %s"
RECENT_PINGS = """
SELECT time, kind, run_id, exit_code, duration_s
FROM checks_heartbeatping
WHERE check_id = %s AND kind <> 'log'
ORDER BY time DESC, id DESC
LIMIT %s
"""


class History(NamedTuple):
    """Since when a check is watched, and its recent pings, oldest first."""

    watched_since: datetime
    pings: list[Ping]


def recent_pings(check_id: int) -> list[Ping]:
    """The recent starts and ends of a job, oldest first."""
    newest_first = HeartbeatPing.objects.filter(check_id=check_id).exclude(kind=PingKind.LOG).order_by("-time", "-id")
    return _oldest_first(newest_first.values_list("time", "kind", "run_id", "exit_code", "duration_s")[:RECENT])


async def history(pool: "AsyncConnectionPool[AsyncConnection[Any]]", check_id: int) -> History | None:
    """What the probe judges by; None when there is no such check."""
    async with pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(WATCHED_SINCE, [check_id])
        found = await cursor.fetchone()
        if found is None:
            return None
        await cursor.execute(RECENT_PINGS, [check_id, RECENT])
        return History(found[0], _oldest_first(await cursor.fetchall()))


def _oldest_first(rows: Iterable[tuple[datetime, str, UUID | None, int | None, float | None]]) -> list[Ping]:
    return [Ping(*row) for row in reversed(list(rows))]
