"""A channel whose receiver hangs, then dies, then works again: what it costs the others, what reaches it, and when its fallback is told.

`python -m benchmarks.alerts.breaking`: durable PostgreSQL, one alerter, receivers in this process. Messages go straight into the outbox,
at a steady rate to each of four good channels and to the bad one.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from aiohttp import web

from benchmarks.alerts.ingest import alerter
from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers

GOOD, RATE = 4, 5  # channels, and messages a second to each of them
CALM_S, HANG_S, DEAD_S, AFTER_S = 30, 30, 20, 25
START_S = 10.0
SLOWER_PERCENT = 20
SOON_S, FIVE = 10, 5


@dataclass(slots=True)
class Place:
    """A receiver. `mode`: well, hanging, dead. `asked`: when requests came; `taken`: when each title was taken, as often as it was."""

    mode: str = "well"
    url: str = ""
    asked: list[float] = field(default_factory=list)
    taken: dict[str, list[float]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        self.asked.append(time.time())
        if self.mode == "hanging":
            await asyncio.sleep(HANG_S)
            return web.Response(status=503)
        if self.mode == "dead":
            return web.Response(status=500)
        self.taken.setdefault(body["data"]["title"], []).append(time.time())
        return web.Response(text="ok")

    def waits_s(self, sent: dict[str, float]) -> list[float]:
        return [self.taken[name][0] - at if name in self.taken else float("inf") for name, at in sent.items()]


@dataclass(slots=True)
class Stage:
    """`sent`: when each message was put into the outbox, by channel and title."""

    bad: Place
    fallback: Place
    good: list[Place]
    sent: dict[str, dict[str, float]] = field(default_factory=dict)

    async def send(self, seconds: float, phase: str) -> list[float]:
        """RATE messages a second to each channel for a while; how long each of the good ones' took, in seconds."""
        start, before = time.time(), {name: dict(known) for name, known in self.sent.items()}
        for place in range(int(seconds * RATE)):
            await asyncio.sleep(start + place / RATE - time.time())
            await asyncio.to_thread(self._put, f"{phase} {place}")
        await asyncio.sleep(1.0)
        waits = []
        for number, one in enumerate(self.good):
            name = f"good-{number}"
            new = {key: at for key, at in self.sent[name].items() if key not in before.get(name, {})}
            waits += one.waits_s(new)
        return waits

    def _put(self, title: str) -> None:
        from django.utils import timezone

        from alerts.delivery.actions import Target, deliver
        from alerts.delivery.messages import Message

        for channel in _channels():
            slug = channel.slug
            now = timezone.now()
            subject = f"bench:{slug}/{title}"
            message = Message(kind="firing", title=title, text="It does not work.", subject=subject)
            deliver(key=subject, message=message, target=Target(channel), why="measured", now=now)
            self.sent.setdefault(slug, {})[title] = now.timestamp()


_known: dict[str, Any] = {}


@cache
def _channels() -> tuple[Any, ...]:
    from alerts.delivery.models import Channel

    return tuple(Channel.objects.exclude(slug="fallback"))


def configure(stage: Stage) -> None:
    from alerts.delivery.actions import channel_save

    spare = channel_save(kind="webhook", name="Fallback", slug="fallback", settings={"url": stage.fallback.url})
    channel_save(kind="webhook", name="Bad", slug="bad", settings={"url": stage.bad.url}, fallback=spare)
    for number, one in enumerate(stage.good):
        channel_save(kind="webhook", name=f"Good {number}", slug=f"good-{number}", settings={"url": one.url})


def opening() -> tuple[float | None, int]:
    """When the circuit of the bad channel opened, and how many tries had failed by then."""
    from alerts.delivery.models import Attempt, Circuit

    at = Circuit.objects.filter(channel__slug="bad").values_list("opened_at", flat=True).first()
    if at is None:
        return None, 0
    tries = Attempt.objects.filter(delivery__channel__slug="bad", outcome="retry")
    ends = [begun.timestamp() + took for begun, took in tries.values_list("started_at", "duration_s")]
    return at.timestamp(), sum(end <= at.timestamp() for end in ends)


async def measure(report: Report, stage: Stage) -> None:
    await asyncio.to_thread(configure, stage)
    with alerter():
        await asyncio.sleep(START_S)
        await stage.send(5, "warm")
        calm = await stage.send(CALM_S, "calm")
        stage.bad.mode, began = "hanging", time.time()
        hung = await stage.send(HANG_S, "hung")
        opened, failures = await asyncio.to_thread(opening)
        stage.bad.mode, died = "dead", time.time()
        await stage.send(DEAD_S, "dead")
        reached = sum(1 for at in stage.bad.asked if died <= at < died + DEAD_S)
        stage.bad.mode, well = "well", time.time()
        calm += await stage.send(AFTER_S, "after")
    _others(report, calm, hung)
    _opening(report, None if opened is None else opened - began, failures)
    report.at_most(f"requests to a dead endpoint in {DEAD_S} s", reached, "", 20)
    _fallback(report, stage)
    _recovery(report, stage, well)


def _others(report: Report, calm: Sequence[float], hung: Sequence[float]) -> None:
    before, during = (1000 * percentile(list(waits), 99) for waits in (calm, hung))
    report.plain("the others, p99, all well", before, "ms")
    report.plain("the others, p99, while one hangs", during, "ms")
    report.at_most("the others' p99 moves by", 100 * (during / before - 1), "%", SLOWER_PERCENT)


def _opening(report: Report, after_s: float | None, failures: int) -> None:
    """Within 10 s, or at the fifth failure: a try that hangs has not failed before its 10 s are over."""
    if after_s is not None and after_s > SOON_S:
        report.plain("circuit open after", after_s, "s")
        report.at_most("failures until it opened", failures, "", FIVE)
    else:
        report.at_most("circuit open after", float("nan") if after_s is None else after_s, "s", SOON_S)


def _fallback(report: Report, stage: Stage) -> None:
    """Each message that was due while the channel hung or was dead."""
    sent = {title: at for title, at in stage.sent["bad"].items() if title.startswith(("hung", "dead"))}
    late = [
        min([*stage.fallback.taken.get(title, []), *stage.bad.taken.get(title, []), float("inf")]) - at
        for title, at in sent.items()
    ]
    report.plain("messages told to the fallback", len(stage.fallback.taken), "")
    report.at_most("fallback told, the latest", max(late), "s", 15)


def _recovery(report: Report, stage: Stage, well: float) -> None:
    """When the channel takes again, and whether everything due then came once."""
    first = min((at for times in stage.bad.taken.values() for at in times if at >= well), default=float("inf"))
    report.at_most("works again to first message", first - well, "s", 10)
    fresh = {title: at for title, at in stage.sent["bad"].items() if title.startswith("after")}
    normal = [at + wait for at, wait in zip(fresh.values(), stage.bad.waits_s(fresh), strict=True) if wait > 1.0]
    report.at_most("works again to normal (every message within 1 s)", max([*normal, well]) - well, "s", 10)
    everywhere = {
        title: len(stage.bad.taken.get(title, [])) + len(stage.fallback.taken.get(title, []))
        for title in stage.sent["bad"]
    }
    report.at_most("messages told to nobody", sum(not count for count in everywhere.values()), "", 0)
    report.at_most("messages taken twice by one receiver", _twice(stage), "", 0)


def _twice(stage: Stage) -> int:
    return sum(len(times) > 1 for one in (stage.bad, stage.fallback, *stage.good) for times in one.taken.values())


async def play(report: Report) -> None:
    stage = Stage(Place(), Place(), [Place() for _ in range(GOOD)])
    runners = []
    try:
        for one in (stage.bad, stage.fallback, *stage.good):
            application = web.Application()
            application.router.add_post("/", one.answer)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        await measure(report, stage)
    finally:
        for runner in runners:
            await runner.cleanup()


@contextmanager
def portal() -> Iterator[None]:
    os.environ["WEBHOOKS_ALLOW_PRIVATE"] = "true"
    with private_servers(durable=True):
        yield


def main() -> None:
    report = Report()
    with portal():
        asyncio.run(play(report))
    report.finish()


if __name__ == "__main__":
    main()
