"""What came of a try, written down: the attempt and the delivery, its circuit, and the events of that."""

import random
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from alerts.delivery.backoff import next_attempt
from alerts.delivery.choices import Outcome
from alerts.delivery.sending import statements
from alerts.delivery.sending.circuits import broke, worked
from alerts.delivery.sending.measuring import RESULTS
from alerts.delivery.sending.trying import Tried, redacted
from alerts.delivery.wakeup import TROUBLE
from monitoring.events.bulk import NewEvent, events_emit
from monitoring.events.choices import Severity
from opsportal import live

Database = AsyncConnection[Any]

LONGEST_ERROR = 500


async def finish(database: Database, tried: Tried, now: datetime) -> None:
    """Write it; safe to do again when the transaction was lost. A success is committed first, by itself: it must not be sent again."""
    answer = redacted(tried.claim, tried.sent)
    word = await _delivered(database, tried, answer, now) if tried.sent.outcome == Outcome.DELIVERED else ""
    async with database.transaction():
        if not word:
            await database.execute(statements.ATTEMPT, _attempt(tried, answer))
            word = await _mark(database, tried, answer, now)
        events = [*await _tell_circuit(database, tried, answer, now), *await _disable(database, tried, now)]
        shown = await events_emit(database, events)
        if word in {"failed", "cancelled"}:
            await database.execute(statements.UNBUNDLE, {"heads": [tried.claim.id], "now": now})
        if word == "failed" or events:
            await database.execute(f"NOTIFY {TROUBLE}")
    RESULTS.add(1, tried.claim.row["channel_kind"], word)
    if shown:
        await live.apublish_many({"feed": shown})


def _attempt(tried: Tried, answer: str) -> dict[str, Any]:
    return {
        "id": tried.claim.id,
        "number": tried.claim.row["attempts_made"] + 1,
        "started_at": tried.began,
        "duration_s": tried.duration_s,
        "outcome": tried.sent.outcome.value,
        "status_code": tried.sent.status_code,
        "answer": answer,
    }


async def _delivered(database: Database, tried: Tried, answer: str, now: datetime) -> str:
    """Delivered, or lost: it was over already."""
    parameters = _attempt(tried, answer) | {"now": now, "provider_ref": tried.sent.provider_ref[:250]}
    return "delivered" if await _first(database, statements.DELIVERED, parameters) else "lost"


async def _mark(database: Database, tried: Tried, answer: str, now: datetime) -> str:
    """Retried, failed, cancelled, or lost: another sender has it by now."""
    claim, sent = tried.claim, tried.sent
    ends = {"id": claim.id, "lease": claim.lease, "now": now, "error": answer[:LONGEST_ERROR]}
    next_at = None
    if sent.outcome == Outcome.RETRY:
        next_at = next_attempt(
            attempts=claim.row["attempts_made"] + 1,
            now=now,
            deadline=claim.row["deadline_at"],
            dice=random.random(),
            retry_after_s=sent.retry_after_s,
        )
    if next_at is None:
        return "failed" if await _first(database, statements.FAILED, ends) else "lost"
    row = await _first(database, statements.AGAIN, ends | {"next_at": next_at})
    return "lost" if row is None else "cancelled" if row["state"] == "cancelled" else "retried"


async def _tell_circuit(database: Database, tried: Tried, answer: str, now: datetime) -> list[NewEvent]:
    claim, sent = tried.claim, tried.sent
    if claim.refusal or claim.loaded.kind is None:
        return []
    endpoint, channel = claim.loaded.endpoint, claim.row["channel_id"]
    if sent.endpoint_at_fault:
        event = await broke(
            database,
            endpoint,
            channel,
            began=tried.began,
            now=now,
            words=answer,
            probe=claim.probe,
            retry_after_s=sent.retry_after_s,
        )
    elif sent.outcome in {Outcome.DELIVERED, Outcome.PERMANENT} or claim.probe:
        event = await worked(database, endpoint, channel, now)
    else:
        event = None
    return [event] if event else []


async def _disable(database: Database, tried: Tried, now: datetime) -> list[NewEvent]:
    """The receiver said that its address is gone for good."""
    if not tried.sent.disable_channel:
        return []
    row = await _first(database, statements.DISABLE, {"id": tried.claim.row["channel_id"], "now": now})
    if row is None:
        return []
    return [
        NewEvent(
            time=now,
            kind="alerts.channel.disabled",
            severity=Severity.ERROR,
            subject=f"channel:{row['slug']}",
            summary=f"Channel {row['name']} was switched off: its receiver says that the address is gone for good",
        )
    ]


async def _first(database: Database, statement: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
    async with database.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(statement, parameters)).fetchone()
