"""Posts of alerts over kept connections, each answered before the next one of its connection: what a sender such as Prometheus does."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import orjson


@dataclass(slots=True)
class Posted:
    """How it went: seconds of all, seconds of each post, and answers that were not 200."""

    seconds: float
    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0


def alerts(first: int, count: int) -> bytes:
    """`count` firing alerts with eight labels and two annotations, numbered from `first`."""
    return orjson.dumps(
        [
            {
                "labels": {
                    "alertname": f"Bench{number % 20}",
                    "number": str(number),
                    "job": "node",
                    "instance": f"10.0.0.{number % 250}:9100",
                    "severity": "warning",
                    "cluster": "eu-1",
                    "team": "platform",
                    "device": "/dev/sda1",
                },
                "annotations": {
                    "summary": f"Alert number {number} of the benchmark",
                    "runbook_url": "https://runbooks.example/x",
                },
                "generatorURL": "http://prometheus.example/graph?g0.expr=up",
            }
            for number in range(first, first + count)
        ]
    )


async def post_all(url: str, bodies: list[bytes], at_once: int, headers: dict[str, str]) -> Posted:
    """Every body once, over `at_once` connections."""
    waiting = iter(bodies)
    done = Posted(0.0)
    told = {"Content-Type": "application/json"} | headers
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def sender() -> None:
            for body in waiting:
                began = time.perf_counter()
                async with session.post(url, data=body, headers=told) as answer:
                    await answer.read()
                    done.refused += answer.status != 200
                done.latencies_s.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(at_once)))
        done.seconds = time.perf_counter() - began
    return done


def measure(url: str, headers: dict[str, str], body_of: Callable[[int], bytes], count: int, at_once: int) -> Posted:
    return asyncio.run(post_all(url, [body_of(place) for place in range(count)], at_once, headers))
