"""Receivers of webhooks that work, answer 503, hang or refuse, each in its turn, and write down what they took."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

MODES = ("dead", "hanging", "refusing")
HANG_S = 30.0


@dataclass(slots=True)
class Taken:
    """What the receivers took, that is answered with 200. `keys`: how often each message; the others: which messages told of an alert."""

    keys: Counter[str] = field(default_factory=Counter)
    firing: dict[int, set[str]] = field(default_factory=dict)
    resolved: dict[int, set[str]] = field(default_factory=dict)
    misled: int = 0  # alerts told to a receiver that they are not for
    bodies: dict[str, int] = field(default_factory=dict)
    changed: int = 0  # messages that came again under their key and said something else

    def take(self, receiver: int, key: str, body: bytes) -> None:
        told = orjson.loads(body)["alerts"]
        said = hash(tuple(sorted((alert["labels"]["number"], alert["status"]) for alert in told)))
        self.changed += self.bodies.setdefault(key, said) != said
        self.keys[key] += 1
        for alert in told:
            self.misled += alert["labels"]["receiver"] != str(receiver)
            known = self.firing if alert["status"] == "firing" else self.resolved
            known.setdefault(int(alert["labels"]["number"]), set()).add(key)


@dataclass(slots=True)
class Receiver:
    """`mode` "well" or one of MODES."""

    number: int
    taken: Taken
    url: str = ""
    mode: str = "well"
    turned_away: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        mode = self.mode
        if mode == "well":
            self.taken.take(self.number, request.headers["webhook-id"], body)
            return web.Response(text="ok")
        self.turned_away += 1
        if mode == "dead":
            return web.Response(status=503, text="out of order")
        if mode == "hanging":
            await asyncio.sleep(HANG_S)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)


@asynccontextmanager
async def receivers(count: int) -> AsyncIterator[list[Receiver]]:
    """`count` of them, each on a port of its own."""
    taken = Taken()
    found, runners = [Receiver(number, taken) for number in range(count)], []
    for one in found:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/", one.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        runners.append(runner)
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield found
    finally:
        for runner in runners:
            await runner.cleanup()


async def fail_in_turn(found: Sequence[Receiver], dice: random.Random, seconds: tuple[float, float]) -> None:
    """For ever: one of them does not work for a while, then the next one, each time in another way."""
    place = 0
    while True:
        one = found[place % len(found)]
        one.mode = MODES[place // len(found) % len(MODES)] if place < 3 * len(found) else dice.choice(MODES)
        try:
            await asyncio.sleep(dice.uniform(*seconds))
        finally:
            one.mode = "well"
        place += 1
