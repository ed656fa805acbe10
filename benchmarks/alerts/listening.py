"""A receiver of webhooks that notes when each alert arrives, and the portal's configuration that leads there."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

Json = dict[str, Any]


@dataclass(slots=True)
class Listener:
    """`name_of` an alert's labels gives the name it is kept under. Times are of `time.perf_counter`."""

    name_of: Callable[[Json], str]
    url: str = ""
    arrived: dict[str, float] = field(default_factory=dict)
    messages: list[float] = field(default_factory=list)
    alerts: int = 0

    async def take(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        body = orjson.loads(await request.read())
        self.messages.append(now)
        self.alerts += len(body["alerts"]) + int(body.get("truncatedAlerts") or 0)
        for alert in body["alerts"]:
            self.arrived.setdefault(self.name_of(alert["labels"]), now)
        return web.Response(text="ok")


@asynccontextmanager
async def listening(name_of: Callable[[Json], str]) -> AsyncIterator[Listener]:
    listener = Listener(name_of)
    application = web.Application(client_max_size=64_000_000)
    application.router.add_post("/", listener.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield listener
    finally:
        await runner.cleanup()


def configure(url: str, *, group_by: list[str], group_wait_s: float) -> None:
    """Everything goes to `url`, as Alertmanager would tell it."""
    from alerts.delivery.actions import channel_save
    from alerts.incidents.actions import receiver_save, route_save

    channel_save(kind="webhook", name="Bench", slug="bench", settings={"url": url, "body": "alertmanager"})
    receiver = receiver_save(name="Bench", per_incident=False, targets=[{"channel": "bench"}])
    route_save(
        name="Everything", receiver=receiver, group_by=group_by, group_wait_s=group_wait_s, group_interval_s=300,
        repeat_interval_s=86_400,
    )  # fmt: skip
