"""Claims: which checks this worker runs next. Time is the `next_check_at` column; a lease keeps others away."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import AsyncConnection

from monitoring.checks.choices import Status
from monitoring.checks.status import Standing

# What a worker may need beyond the timeout to write a result, before another worker may take the check.
LEASE_MARGIN = timedelta(seconds=10)

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT check_id, next_check_at FROM checks_checkschedule
    WHERE next_check_at <= %(horizon)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY next_check_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE checks_checkschedule s
SET lease = %(token)s, lease_until = GREATEST(%(now)s, due.next_check_at) + c.timeout_s * interval '1 second' + %(margin)s
FROM due JOIN checks_check c ON c.id = due.check_id JOIN checks_checkstate t ON t.check_id = due.check_id
WHERE s.check_id = due.check_id
RETURNING s.check_id, c.revision, due.next_check_at, t.confirmed, t.status, t.since, t.hard, t.history, t.flap_percent, t.flapping,
    CASE WHEN t.memory = '{}' THEN NULL ELSE t.memory::text END, s.lease_until
"""
RELEASE = """
UPDATE checks_checkschedule SET lease = NULL, lease_until = NULL WHERE check_id = ANY(%s) AND lease = ANY(%s)
"""


@dataclass(slots=True)
class Claim:
    """One check, held by this worker until its lease ends."""

    check_id: int
    revision: int
    lease: int
    due_at: datetime
    standing: Standing
    memory: dict[str, Any]
    leased_until: datetime


async def claim(database: AsyncConnection[Any], now: datetime, horizon: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` checks that are due by `horizon`, the most overdue first."""
    token = secrets.randbits(62)
    parameters = {"now": now, "horizon": horizon, "limit": limit, "token": token, "margin": LEASE_MARGIN}
    async with database.cursor(binary=True) as cursor:
        rows = await (await cursor.execute(CLAIM, parameters)).fetchall()
    return [claim_of(token, row) for row in rows]


def claim_of(token: int, row: tuple[Any, ...]) -> Claim:
    check_id, revision, due_at, confirmed, status, since, hard, history, flap_percent, flapping, memory, until = row
    standing = Standing(_STATUS[confirmed], _STATUS[status], since, hard, history, flap_percent, flapping)
    return Claim(check_id, revision, token, due_at, standing, orjson.loads(memory) if memory else {}, until)


# The enum's own call costs more than the rest of a row.
_STATUS = {status.value: status for status in Status}


async def release(database: AsyncConnection[Any], claims: Collection[Claim]) -> None:
    """Give back claims that were not begun, so that another worker need not wait for the lease."""
    await database.execute(RELEASE, [[one.check_id for one in claims], [one.lease for one in claims]])
