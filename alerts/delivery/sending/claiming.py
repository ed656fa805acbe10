"""Claims: which deliveries this sender sends now. One short transaction that locks what is due, decides, and leases what it takes.

First things first: the first message of an incident, then urgent ones, then services in turn (the one that waited longest first), then age.
Several senders never decide about one endpoint or one throttle at once: each is an advisory lock of the transaction, and what another one
holds is left for a look a few milliseconds later.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from alerts.delivery import turns
from alerts.delivery.breaker import PROBE_TIMEOUT_S, Standing
from alerts.delivery.sending import statements
from alerts.delivery.sending.circuits import circuit_write, circuits_read
from alerts.delivery.sending.loading import KindCache, Loaded
from alerts.delivery.throttle import LONGEST_WINDOW_S, scopes
from alerts.delivery.turns import Due, Fate, Known, Turn

Database = AsyncConnection[Any]
Row = dict[str, Any]

LEASE_TIMEOUTS = 3  # of the kind, until another sender may take what one has taken
GOING = (Fate.SEND, Fate.PROBE, Fate.LEFT)
AGAIN_S = 0.005  # after another sender was deciding about the same


@dataclass(frozen=True, slots=True)
class Claim:
    """One delivery, held by this sender until its lease ends. `parts`: the messages that are told as part of it."""

    row: Row
    loaded: Loaded
    lease: uuid.UUID
    timeout_s: float
    probe: bool = False
    refusal: str = ""
    parts: tuple[Row, ...] = ()

    @property
    def id(self) -> int:
        return int(self.row["id"])


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken; `next_at`: when to look again, None if nothing more is known. What waits for a slot is looked at when one is free."""

    claims: list[Claim] = field(default_factory=list)
    next_at: datetime | None = None


async def claim(database: Database, kinds: KindCache, now: datetime) -> Claimed:
    """Take what may be sent at `now`."""
    async with database.transaction():
        rows = await _rows(database, statements.CANDIDATES, {"now": now, "most": turns.AT_ONCE})
        if not rows:
            return Claimed(next_at=await _next_at(database, now))
        loaded = {row["id"]: kinds.load(row) for row in rows}
        batch = [_due(row, loaded[row["id"]], now) for row in rows]
        known = await _known(database, batch, now)
        decided = turns.decide(batch, known, now)
        by_id = {row["id"]: row for row in rows}
        claims = await _write(database, decided, by_id, loaded, known, now)
        next_at = await _next_at(database, now)
    if any(turn.fate == Fate.LEFT and not turns.locks_of(turn.due) <= set(known.ours) for turn in decided):
        next_at = now + timedelta(seconds=AGAIN_S)
    if any(turn.fate not in GOING for turn in decided) or len(rows) == statements.AT_A_TIME:
        next_at = now  # others may have their turn, where these stood in the way
    return Claimed(claims, next_at)


def _due(row: Row, loaded: Loaded, now: datetime) -> Due:
    kind = loaded.kind
    wanted = scopes(
        kind=row["channel_kind"],
        channel=row["channel_id"],
        contact=row["contact_id"],
        least_interval_s=kind.least_interval_s if kind else 0.0,
    )
    if row["kind"] == "test":
        wanted = []
    elif row["attempts_made"]:  # it has passed the limits of people; those of the channel hold for every try
        wanted = [scope for scope in wanted if scope.limit.of == "channel"]
    return Due(
        id=row["id"],
        channel=row["channel_id"],
        endpoint=loaded.endpoint,
        target=(row["channel_id"], row["address"]),
        scopes=tuple(wanted),
        bundles=bool(kind and kind.bundles) and not row["attempts_made"] and row["kind"] != "test",
        refusal=_refusal(row),
    )


def _refusal(row: Row) -> str:
    if not row["channel_enabled"]:
        return "The channel is switched off."
    if row["stopped_at"] is not None:
        return "They answered STOP: nothing may be sent there."
    return "" if row["contact_enabled"] is not False else "The contact method is switched off."


async def _known(database: Database, batch: Sequence[Due], now: datetime) -> Known:
    """What senders share, after what must be ours was locked."""
    wanted = sorted(set().union(*(turns.locks_of(due) for due in batch)))
    locked = await _rows(database, statements.LOCK, {"names": wanted})
    known = Known(ours={row["name"] for row in locked if row["ours"]})
    known.circuits = await circuits_read(database, sorted({due.endpoint for due in batch}))
    keys = sorted({scope.key for due in batch for scope in due.scopes})
    if keys:
        sent: dict[str, list[datetime]] = defaultdict(list)
        since = now - timedelta(seconds=LONGEST_WINDOW_S)
        for row in await _rows(database, statements.SPENT, {"keys": keys, "since": since}):
            sent[row["scope"]].append(row["at"])
        known.sent = sent
    for row in await _rows(database, statements.UNDER_WAY, {"now": now}):
        known.under_way[row["endpoint"]] += row["count"]
        known.channel_under_way[row["channel_id"]] += row["count"]
    return known


async def _write(
    database: Database,
    decided: Sequence[Turn],
    rows: dict[int, Row],
    loaded: dict[int, Loaded],
    known: Known,
    now: datetime,
) -> list[Claim]:
    by_fate: dict[Fate, list[Turn]] = defaultdict(list)
    for turn in decided:
        by_fate[turn.fate].append(turn)
    await _hold_back(database, by_fate[Fate.HOLD], by_fate[Fate.WAIT], now)
    await _name(database, [turn for turn in by_fate[Fate.LEFT] if rows[turn.due.id]["endpoint"] != turn.due.endpoint])
    heads = await _bundle(database, by_fate[Fate.JOIN], rows, now)
    for turn in by_fate[Fate.PROBE]:
        standing = known.circuits.get(turn.due.endpoint, Standing())
        await circuit_write(database, turn.due.endpoint, turn.due.channel, standing)
    taken = [*by_fate[Fate.SEND], *by_fate[Fate.PROBE], *by_fate[Fate.REFUSE]]
    taken.sort(key=lambda turn: list(rows).index(turn.due.id))
    claims = [_claim_of(turn, rows[turn.due.id], loaded[turn.due.id]) for turn in taken]
    if claims:
        await _lease(database, claims, now)
        await _count(database, by_fate[Fate.SEND] + by_fate[Fate.PROBE], rows, now)
    return await _with_parts(database, claims, heads)


def _claim_of(turn: Turn, row: Row, loaded: Loaded) -> Claim:
    timeout_s = loaded.kind.timeout_s if loaded.kind else PROBE_TIMEOUT_S
    probe = turn.fate == Fate.PROBE
    limit_s = min(timeout_s, PROBE_TIMEOUT_S) if probe else timeout_s
    return Claim(row, loaded, uuid.uuid4(), limit_s, probe, turn.words if turn.fate == Fate.REFUSE else "")


async def _hold_back(database: Database, held: Sequence[Turn], waiting: Sequence[Turn], now: datetime) -> None:
    if held:
        await database.execute(
            statements.HOLD,
            {
                "ids": [turn.due.id for turn in held],
                "until": [turn.until for turn in held],
                "words": [turn.words for turn in held],
            },
        )
    for endpoint, until in {turn.due.endpoint: turn.until for turn in waiting}.items():
        told = [turn.due for turn in waiting if turn.due.endpoint == endpoint]
        places = sorted({due.target for due in told})
        await database.execute(
            statements.WAIT,
            {
                "endpoint": endpoint,
                "until": until,
                "now": now,
                "channels": [channel for channel, _ in places],
                "addresses": [address for _, address in places],
            },
        )


async def _name(database: Database, left: Sequence[Turn]) -> None:
    if left:
        named = {"ids": [turn.due.id for turn in left], "endpoints": [turn.due.endpoint for turn in left]}
        await database.execute(statements.NAME, named)


async def _bundle(database: Database, joining: Sequence[Turn], rows: dict[int, Row], now: datetime) -> set[int]:
    """Make the held-back ones part of their heads, and everything else that waits for the same targets; the heads."""
    heads = {turn.into for turn in joining if turn.into is not None}
    for head in sorted(heads):
        joined = [turn.due.id for turn in joining if turn.into == head]
        words = next(turn.words for turn in joining if turn.into == head)
        row = rows[head]
        await database.execute(
            statements.BUNDLE,
            {
                "head": head,
                "ids": joined,
                "batch": list(rows),
                "channel": row["channel_id"],
                "address": row["address"],
                "words": words,
                "now": now,
            },
        )
    return heads


async def _lease(database: Database, claims: Sequence[Claim], now: datetime) -> None:
    await database.execute(
        statements.LEASE,
        {
            "now": now,
            "ids": [one.id for one in claims],
            "leases": [one.lease for one in claims],
            "lengths": [one.timeout_s * LEASE_TIMEOUTS for one in claims],
            "endpoints": [one.loaded.endpoint for one in claims],
        },
    )


async def _count(database: Database, sent: Sequence[Turn], rows: dict[int, Row], now: datetime) -> None:
    """Against the throttles, and for the turns of services."""
    spent = Counter(scope.key for turn in sent for scope in turn.due.scopes)
    keys = [key for turn in sent for key in sorted({scope.key for scope in turn.due.scopes})]
    if spent:
        await database.execute(statements.SPEND, {"keys": keys, "now": now})
    fair = {(turn.due.channel, rows[turn.due.id]["fair_key"]) for turn in sent if rows[turn.due.id]["fair_key"]}
    if fair:
        parameters = {"channels": [c for c, _ in sorted(fair)], "keys": [k for _, k in sorted(fair)], "now": now}
        await database.execute(statements.TAKE_TURN, parameters)


async def _with_parts(database: Database, claims: list[Claim], heads: set[int]) -> list[Claim]:
    wanted = [one.id for one in claims if one.id in heads or one.row["attempts_made"]]
    if not wanted:
        return claims
    parts: dict[int, list[Row]] = defaultdict(list)
    for row in await _rows(database, statements.PARTS, {"heads": wanted}):
        parts[row["bundled_into_id"]].append(row)
    return [
        Claim(one.row, one.loaded, one.lease, one.timeout_s, one.probe, one.refusal, tuple(parts[one.id]))
        for one in claims
    ]


async def _next_at(database: Database, now: datetime) -> datetime | None:
    rows = await _rows(database, statements.NEXT, {"now": now})
    found: datetime | None = rows[0]["next_at"]
    return found


async def _rows(database: Database, statement: str, parameters: dict[str, Any]) -> list[Row]:
    async with database.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(statement, parameters)).fetchall()
