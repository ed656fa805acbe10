"""Circuits as the senders share them: rows of PostgreSQL around the state machine in `breaker`."""

import asyncio
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from alerts.delivery import breaker
from alerts.delivery.breaker import Standing
from alerts.delivery.choices import CircuitState
from alerts.delivery.sending import statements
from alerts.delivery.turns import endpoint_lock
from monitoring.events.bulk import NewEvent
from monitoring.events.choices import Severity

Database = AsyncConnection[Any]

NAMES = [field.name for field in fields(Standing)]
GO_ON_TRIES, GO_ON_PAUSE_S = 25, 0.02
NOTED_EVERY = timedelta(seconds=10)  # how often a success without news is written
READ = f"SELECT endpoint, {', '.join(NAMES)} FROM delivery_circuit WHERE endpoint = ANY(%s)"  # noqa: S608
LOCKED = f"{READ} FOR UPDATE"
WRITE = f"""
INSERT INTO delivery_circuit (endpoint, channel_id, {", ".join(NAMES)})
VALUES (%(endpoint)s, %(channel)s, {", ".join(f"%({name})s" for name in NAMES)})
ON CONFLICT (endpoint) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in NAMES)}
"""  # noqa: S608


async def circuits_read(database: Database, endpoints: list[str], *, lock: bool = False) -> dict[str, Standing]:
    async with database.cursor(row_factory=dict_row) as cursor:
        rows = await (await cursor.execute(LOCKED if lock else READ, [endpoints])).fetchall()
    return {row.pop("endpoint"): Standing(**{**row, "state": CircuitState(row["state"])}) for row in rows}


async def circuit_write(database: Database, endpoint: str, channel: int, standing: Standing) -> None:
    await database.execute(WRITE, {"endpoint": endpoint, "channel": channel, **asdict(standing)})


async def worked(database: Database, endpoint: str, channel: int, now: datetime) -> NewEvent | None:
    """The endpoint answered: close its circuit if it is not; what waited goes on. The event of that."""
    before = (await circuits_read(database, [endpoint])).get(endpoint)
    if before and before.state == CircuitState.CLOSED and not before.failures and not _is_old(before, now):
        return None
    await _lock(database, endpoint)
    before = (await circuits_read(database, [endpoint], lock=True)).get(endpoint, Standing())
    await circuit_write(database, endpoint, channel, breaker.succeeded(before, now))
    if before.state == CircuitState.CLOSED:
        return None
    await _go_on(database, endpoint, now)
    return _event(endpoint, now, opened=False, words=f"{endpoint} works again; what waited is sent")


async def _go_on(database: Database, endpoint: str, now: datetime) -> None:
    """What waited is due. A sender that just looks at some of it has them locked for a moment: it is asked again, never waited for, since
    whoever waits while others wait for the lock of the endpoint may wait in a circle."""
    about = {"endpoint": endpoint, "now": now}
    for _ in range(GO_ON_TRIES):
        await database.execute(statements.GO_ON, about)
        left = await (await database.execute(statements.HELD_BACK, about)).fetchone()
        if not left or not left[0]:
            return
        await asyncio.sleep(GO_ON_PAUSE_S)


async def broke(
    database: Database,
    endpoint: str,
    channel: int,
    *,
    began: datetime,
    now: datetime,
    words: str,
    probe: bool,
    retry_after_s: float | None,
) -> NewEvent | None:
    """The endpoint failed: when that opens its circuit, or keeps it open, everything for it waits. The event of an opening."""
    await _lock(database, endpoint)
    before = (await circuits_read(database, [endpoint], lock=True)).get(endpoint, Standing())
    after = breaker.failed(before, began=began, now=now, words=words, probe=probe, retry_after_s=retry_after_s)
    await circuit_write(database, endpoint, channel, after)
    if after.state == CircuitState.OPEN:
        await database.execute(statements.STOP, {"endpoint": endpoint, "until": after.next_probe_at, "now": now})
    if before.state != CircuitState.CLOSED or after.state != CircuitState.OPEN:
        return None
    return _event(endpoint, now, opened=True, words=f"{endpoint} does not work, nothing is sent there: {words}")


async def _lock(database: Database, endpoint: str) -> None:
    """The lock under which claims decide about the endpoint, so that neither sees the other's half."""
    await database.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('delivery ' || %s, 0))", [endpoint_lock(endpoint)]
    )


def _is_old(standing: Standing, now: datetime) -> bool:
    return standing.last_success_at is None or now - standing.last_success_at > NOTED_EVERY


def _event(endpoint: str, now: datetime, *, opened: bool, words: str) -> NewEvent:
    return NewEvent(
        time=now,
        kind="alerts.channel.open" if opened else "alerts.channel.closed",
        severity=Severity.ERROR if opened else Severity.INFO,
        subject=f"circuit:{endpoint}"[:250],
        summary=words[:500],
        payload={"endpoint": endpoint},
    )
