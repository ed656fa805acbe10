"""The whole play: alerts flow, parts die, servers go and come, receivers fail; in the end what was told is judged."""

import asyncio
import random
import time
from dataclasses import dataclass
from functools import partial

import aiohttp

from benchmarks.alerts.torture.portal import KILLED, Portal
from benchmarks.alerts.torture.receivers import Receiver, fail_in_turn, receivers
from benchmarks.alerts.torture.sending import Sender
from benchmarks.alerts.torture.verdict import Verdict, judge

RECEIVERS = 4
BATCH = 10
INTERVAL_S = 3.0  # until the end of an alert may be told
SETTLE_S = 3.0  # at the end, for what would come twice
VALKEY_AWAY_S = 3.0
SERVERS_EVERY = 6  # kills, and then a fault of a server besides


@dataclass(frozen=True, slots=True)
class Play:
    """`alerts` and `kills`: how many. `at_once`: batches of alerts under way. `down_s`: how long a receiver fails, from and to."""

    alerts: int
    kills: int
    seed: int
    at_once: int = 150
    down_s: tuple[float, float] = (4.0, 12.0)
    patience_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`servers`: faults of Valkey and PostgreSQL; `turned_away`: requests that failing receivers did not take."""

    verdict: Verdict
    kills: dict[str, int]
    ended: dict[str, int]
    servers: dict[str, int]
    turned_away: int
    posted_again: int
    waits_s: list[float]
    seconds: float


async def perform(play: Play, portal: Portal, token: str, found: list[Receiver]) -> Outcome:
    """With the portal at work and the receivers known to it."""
    dice, began = random.Random(play.seed), time.monotonic()
    taken = found[0].taken
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:
        url = f"http://127.0.0.1:{portal.port}"
        sender = Sender(session, url, token, taken, len(found), play.patience_s)
        failing = asyncio.create_task(fail_in_turn(found, dice, play.down_s))
        killing = asyncio.create_task(_kill(play, portal, sender, random.Random(play.seed + 1)))
        await _send(play, sender)
        servers = await killing
        failing.cancel()
        await asyncio.sleep(SETTLE_S)
    return Outcome(
        judge(sender.accepted, taken),
        dict(portal.kills),
        dict(portal.ended),
        servers,
        sum(one.turned_away for one in found),
        sender.again,
        sender.waits_s,
        time.monotonic() - began,
    )


async def _send(play: Play, sender: Sender) -> None:
    slots = asyncio.Semaphore(play.at_once)

    async def batch(first: int) -> None:
        async with slots:
            await sender.play(range(first, min(first + BATCH, play.alerts)))

    await asyncio.gather(*(batch(first) for first in range(0, play.alerts, BATCH)))


async def _kill(play: Play, portal: Portal, sender: Sender, dice: random.Random) -> dict[str, int]:
    """Spread over the whole way of the alerts, at random places of it."""
    marks = sorted(dice.uniform(0.0, 0.97) * 2 * play.alerts for _ in range(play.kills))
    names = [KILLED[place % len(KILLED)] for place in range(play.kills)]
    dice.shuffle(names)
    servers: dict[str, int] = {}
    for place, (mark, name) in enumerate(zip(marks, names, strict=True), 1):
        await sender.until(partial(_reached, sender, mark), float("inf"))
        await asyncio.to_thread(portal.kill, name)
        if place % SERVERS_EVERY == 0 or place == play.kills // 2:
            fault = ("PostgreSQL restarted", "Valkey flushed", "Valkey stopped")[
                len(servers) and sum(servers.values()) % 3
            ]
            servers[fault] = servers.get(fault, 0) + 1
            await asyncio.to_thread(_server_fault, portal, fault)
    return servers


def _reached(sender: Sender, mark: float) -> bool:
    return sender.told >= mark


def _server_fault(portal: Portal, fault: str) -> None:
    if fault == "PostgreSQL restarted":
        portal.restart_postgres()
    elif fault == "Valkey flushed":
        portal.flush_valkey()
    else:
        portal.stop_valkey(VALKEY_AWAY_S)


def run(play: Play, portal: Portal) -> Outcome:
    """Make the configuration, start the portal, perform."""

    async def whole() -> Outcome:
        async with receivers(RECEIVERS) as found:
            token = await asyncio.to_thread(configure, [one.url for one in found])
            portal.start()
            return await perform(play, portal, token, found)

    return asyncio.run(whole())


def configure(urls: list[str]) -> str:
    """A channel, a receiver and a route for each address, every alert told by itself; the token of whoever posts."""
    from django.db import connection

    from alerts.delivery.actions import channel_save
    from alerts.incidents.actions import receiver_save, route_save
    from benchmarks.alerts.ingest import token

    root = None
    for number, url in enumerate(urls):
        channel_save(
            kind="webhook", name=f"Hook {number}", slug=f"hook-{number}", settings={"url": url, "body": "alertmanager"}
        )
        receiver = receiver_save(name=f"Receiver {number}", per_incident=False, targets=[{"channel": f"hook-{number}"}])
        if root is None:
            root = route_save(
                name="Everything", receiver=receiver, group_by=["..."], group_wait_s=0, group_interval_s=INTERVAL_S,
                repeat_interval_s=86_400,
            )  # fmt: skip
        route_save(name=f"To {number}", parent=root, receiver=receiver, matchers=[f'receiver="{number}"'])
    made = token()
    connection.close()
    return made
