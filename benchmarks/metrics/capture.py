"""A real capture: exporters of Debian on the loopback, scraped as often as a day of 15 s has scrapes.

They are scraped as quickly as they answer, BENCH_CAPTURE_SCRAPES times, and each scrape is stamped 15 s after the one before: the
values are what real programs showed one after the other, the times are those of a day.
"""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np

from benchmarks.metrics.estate import Fed
from benchmarks.stack import free_port
from tests.real_parts import stop

SCRAPES = int(os.environ.get("BENCH_CAPTURE_SCRAPES", "5760"))
STEP_MS = 15_000


class Exporter(NamedTuple):
    job: str
    program: str
    options: Sequence[str]


EXPORTERS = (
    Exporter("node", "prometheus-node-exporter", ["--web.listen-address=127.0.0.1:{port}"]),
    Exporter("redis", "prometheus-redis-exporter", ["-web.listen-address=127.0.0.1:{port}", "-redis.addr={redis}"]),
)


def captured(start_ms: int) -> list[list[Fed]]:
    """Every series of every exporter that is installed, a target each; series that were not always there are left out."""
    found = []
    with ExitStack() as stack:
        for exporter in EXPORTERS:
            if (program := shutil.which(exporter.program)) is None:
                print(f"{exporter.program} is not installed: it is not in the capture", flush=True)
                continue
            url = stack.enter_context(_running(program, exporter))
            found.append(_scraped(exporter.job, url, start_ms))
    return found


@contextmanager
def _running(program: str, exporter: Exporter) -> Iterator[str]:
    port = free_port()
    redis = os.environ["REDIS_URL"]
    options = [one.format(port=port, redis=redis) for one in exporter.options]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(url, timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        stop(process)


def _scraped(job: str, url: str, start_ms: int) -> list[Fed]:
    from monitoring.metrics.formats.exposition import Reader

    reader = Reader()
    labels: dict[int, tuple[tuple[str, str], ...]] = {}
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(SCRAPES):
        page = reader.read(urllib.request.urlopen(url, timeout=10).read(), False)
        labels |= dict(page.new)
        columns.append((page.slots, page.values))
    values = np.full((max(labels) + 1, len(columns)), np.nan)
    there = np.zeros(values.shape, dtype=np.bool_)
    for tick, (slots, numbers) in enumerate(columns):
        values[slots, tick], there[slots, tick] = numbers, True
    times = start_ms + np.arange(len(columns), dtype=np.int64) * STEP_MS
    own = (("instance", "127.0.0.1:9100"), ("job", job))
    named = {slot: tuple(sorted((*(pair for pair in pairs if pair[1]), *own))) for slot, pairs in labels.items()}
    return [(named[slot], times, values[slot]) for slot in sorted(named) if there[slot].all()]
