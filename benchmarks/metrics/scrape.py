"""One target of 2,000 series: what a scrape costs beyond getting its page."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.metrics.parse import page
from benchmarks.report import Report

SERIES = 2_000
SCRAPES = 40
WARM = 5


def measure(report: Report, folder: Path) -> None:
    both_s, fetch_s = asyncio.run(_scrapes())
    report.plain("scrape of 2,000 series: getting the page", fetch_s * 1000, "ms")
    report.at_most("scrape of 2,000 series: beyond getting the page", (both_s - fetch_s) * 1000, "ms", 10)


async def _scrapes() -> tuple[float, float]:
    """Seconds of a whole run of the check, and of its request alone; the median of many."""
    import logging

    from psycopg_pool import AsyncConnectionPool

    from monitoring.checks.probes.base import Context
    from monitoring.checks.probes.prometheus import PrometheusProbe
    from opsportal.database import conninfo
    from opsportal.http import Request, Zone, aclose, fetch
    from opsportal.kinds import clean_settings

    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    runner, url = await _exporter()
    probe = PrometheusProbe(clean_settings(PrometheusProbe.SettingsForm, {"targets": url, "job": "bench"}))
    request = Request(url, max_bytes=10_000_000)
    whole: list[float] = []
    alone: list[float] = []
    memory: Mapping[str, Any] = {}
    kwargs = {"autocommit": True}
    async with AsyncConnectionPool(conninfo(), min_size=2, max_size=4, open=False, kwargs=kwargs) as pool:
        for number in range(SCRAPES):
            now = datetime.fromtimestamp(time.time() - 600 + number * 15, UTC)
            began = time.perf_counter()
            result = await probe.run(Context(now=now, timeout_s=10, memory=memory, portal=pool))
            whole.append(time.perf_counter() - began)
            assert result.values["samples"] == SERIES, result.summary
            memory = result.memory if result.memory is not None else memory
            began = time.perf_counter()
            await fetch(request, zone=Zone.CHECKS)
            alone.append(time.perf_counter() - began)
    await aclose()
    await runner.cleanup()
    return _median(whole), _median(alone)


async def _exporter() -> tuple[web.AppRunner, str]:
    """Shows 2,000 series whose values move with every request."""
    asked = 0

    async def show(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=body_of(asked), headers={"Content-Type": "text/plain; version=0.0.4"})

    application = web.Application()
    application.router.add_get("/metrics", show)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"


def body_of(number: int) -> bytes:
    families = SERIES // 50
    return page(number).split(f"# HELP node_thing_{families}_total".encode())[0]


def _median(values: list[float]) -> float:
    return sorted(values[WARM:])[(len(values) - WARM) // 2]
