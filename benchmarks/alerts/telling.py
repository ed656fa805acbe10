"""From the post of an alert to its receiver, at 50 a second, beside Debian's Alertmanager; from a pushed sample that crosses; and a storm.

`python -m benchmarks.alerts.telling posted` (or `crossed`, or `storm`): durable PostgreSQL, one web process, one alerter, the receiver in
this process.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import orjson

from benchmarks.alerts.ingest import PATH, alerter, alertmanager, token
from benchmarks.alerts.listening import Listener, configure, listening
from benchmarks.alerts.posting import alerts, post_all
from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers, web

RATE, ALERTS = 50, 1_000
WARM = 100  # the first ones, while everything is read for the first time, are not counted
CROSSINGS = 60
STORM, GROUPS, WAIT_S = 10_000, 10, 5.0
PATIENCE_S = 30.0
START_S = 8.0  # for the alerter to load
SETTLE_S = 3.0
PEER_CONFIG = """
route: {{receiver: bench, group_by: ['...'], group_wait: 0s, group_interval: 5m, repeat_interval: 1d}}
receivers: [{{name: bench, webhook_configs: [{{url: '{url}'}}]}}]
"""


async def paced(listener: Listener, url: str, headers: dict[str, str], first: int) -> list[float]:
    """ALERTS of them at RATE; seconds from the post to the receiver, of those after the WARM first."""
    began: dict[str, float] = {}
    told = {"Content-Type": "application/json"} | headers

    async def post(number: int) -> None:
        body = alerts(number, 1)
        began[str(number)] = time.perf_counter()
        async with session.post(url, data=body, headers=told) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {(await answer.text())[:300]}")

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32)) as session, asyncio.TaskGroup() as group:
        start = time.perf_counter()
        for place in range(ALERTS):
            await asyncio.sleep(start + place / RATE - time.perf_counter())
            group.create_task(post(first + place))
    await until(lambda: all(name in listener.arrived for name in began))
    late = [listener.arrived.get(name, float("inf")) - at for name, at in began.items()]
    return late[WARM:]


async def until(true: Callable[[], bool]) -> bool:
    """Whether it came true within PATIENCE_S."""
    deadline = time.perf_counter() + PATIENCE_S
    while not true():
        if time.perf_counter() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def posted(report: Report, folder: Path) -> None:
    async with listening(lambda labels: labels.get("number", "")) as listener:
        await asyncio.to_thread(configure, listener.url, group_by=["..."], group_wait_s=0)
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(token)}"}
        with alerter(), web(folder) as (_, port):
            late = await paced(listener, f"http://127.0.0.1:{port}/alertmanager{PATH}", headers, 0)
    report.at_most(f"post to receiver at {RATE} alerts/s p50", 1000 * percentile(late, 50), "ms", 100)
    report.at_most(f"post to receiver at {RATE} alerts/s p99", 1000 * percentile(late, 99), "ms", 500)
    async with listening(lambda labels: labels["number"]) as listener:
        with alertmanager(PEER_CONFIG.format(url=listener.url)) as address:
            if address is None:
                print("Alertmanager is not installed (prometheus-alertmanager): not measured beside")
                return
            peer = await paced(listener, address + PATH, {}, 0)
    report.plain(f"Alertmanager: post to receiver at {RATE} alerts/s p50", 1000 * percentile(peer, 50), "ms")
    report.plain(f"Alertmanager: post to receiver at {RATE} alerts/s p99", 1000 * percentile(peer, 99), "ms")


async def crossed(report: Report, folder: Path) -> None:
    """A pushed sample that crosses the threshold of a rule of interval 1 s."""
    async with listening(lambda labels: labels.get("series", "")) as listener:
        await asyncio.to_thread(configure, listener.url, group_by=["..."], group_wait_s=0)
        await asyncio.to_thread(_rule)
        with alerter():
            await asyncio.sleep(START_S)
            began = {}
            for number in range(CROSSINGS):
                name = str(number)
                began[name] = await asyncio.to_thread(_cross, name)
                await until(lambda: len(listener.arrived) == len(began))
    late = [listener.arrived.get(name, float("inf")) - at for name, at in began.items()]
    report.plain("pushed sample to receiver p50", 1000 * percentile(late, 50), "ms")
    report.at_most("pushed sample to receiver p99", 1000 * percentile(late, 99), "ms", 2000)


def _rule() -> None:
    from django.utils import timezone

    from alerts.rules.actions import rule_save

    rule_save(
        name="Crossed", kind="metric", expression="bench_level", comparator="gt", threshold=5, interval_s=1,
        now=timezone.now(),
    )  # fmt: skip


def _cross(name: str) -> float:
    """A series that was low crosses; when."""
    from monitoring.metrics.ingest import Source, append, resolve

    ids = resolve(Source("push", "bench"), [(("__name__", "bench_level"), ("series", name))]).ids
    append(ids, np.array([int(time.time() * 1000) - 1]), np.array([1.0]))
    time.sleep(random.uniform(0, 1))
    began = time.perf_counter()
    append(ids, np.array([int(time.time() * 1000)]), np.array([9.0]))
    return began


async def storm(report: Report, folder: Path) -> None:
    """Many alerts at once, in few groups: few messages, in time."""
    async with listening(lambda labels: labels["number"]) as listener:
        await asyncio.to_thread(configure, listener.url, group_by=["group"], group_wait_s=WAIT_S)
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(token)}"}
        with alerter(), web(folder) as (_, port):
            await asyncio.sleep(START_S)
            bodies = [_grouped(first) for first in range(0, STORM, 64)]
            began = time.perf_counter()
            await post_all(f"http://127.0.0.1:{port}/alertmanager{PATH}", bodies, 8, headers)
            await until(lambda: len(listener.messages) >= GROUPS)
            last = listener.messages[GROUPS - 1] - began if len(listener.messages) >= GROUPS else float("inf")
            await asyncio.sleep(SETTLE_S)
    report.at_most(f"storm of {STORM:,} alerts in {GROUPS} groups: messages", len(listener.messages), "", GROUPS)
    report.at_most("storm: from the first post to the last message", last, "s", WAIT_S + 5)
    report.at_least("storm: alerts in the messages", listener.alerts, "", STORM)


def _grouped(first: int) -> bytes:
    found: list[Any] = orjson.loads(alerts(first, min(64, STORM - first)))
    for alert in found:
        alert["labels"]["group"] = str(int(alert["labels"]["number"]) % GROUPS)
    return orjson.dumps(found)


PARTS = {part.__name__: part for part in (posted, crossed, storm)}


def main(words: list[str]) -> None:
    if len(words) != 1 or words[0] not in PARTS:
        sys.exit(f"Say one of {', '.join(PARTS)}.")
    report = Report()
    os.environ["WEBHOOKS_ALLOW_PRIVATE"] = "true"
    with private_servers(durable=True) as folder:
        asyncio.run(PARTS[words[0]](report, folder))
    report.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
