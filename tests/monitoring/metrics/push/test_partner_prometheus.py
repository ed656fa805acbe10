"""A real Prometheus writes what it scrapes of itself into a real portal."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.reading import PostgresStorage
from tests.fakes import prometheus_server
from tests.fakes.prometheus_server import Prometheus
from tests.opsportal.live.daphne import Daphne

DEADLINE_S = 60.0
LEAST_SCRAPES = 3
FAR_MS = 4_102_444_800_000
CONFIGURATION = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ["{address}"]}]
remote_write:
  - url: PORTAL/prometheus/api/v1/write
    basic_auth: {username: prometheus, password: TOKEN}
    queue_config: {batch_send_deadline: 1s}
    metadata_config: {send_interval: 1s}
"""
Found = dict[tuple[tuple[str, str], ...], dict[int, str]]  # values as text, because NaN is not NaN

pytestmark = pytest.mark.skipif(prometheus_server.PROGRAM is None, reason=prometheus_server.MISSING)


@pytest.fixture
def daphne(transactional_db: None, tmp_path: Path) -> Iterator[Daphne]:
    server = Daphne(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def prometheus(daphne: Daphne, token: str, tmp_path: Path) -> Iterator[Prometheus]:
    server = Prometheus(tmp_path, CONFIGURATION.replace("PORTAL", daphne.url).replace("TOKEN", token))
    server.start()
    yield server
    server.stop()


@pytest.mark.django_db(transaction=True)
def test_every_sample_arrives_as_it_is(prometheus: Prometheus, daphne: Daphne) -> None:
    until_ms = wait_for_scrapes(prometheus)
    wanted = {
        tuple(sorted(series["metric"].items())): {
            round(at * 1000): repr(float(value)) for at, value in series["values"]
        }
        for series in prometheus.query('{__name__=~".+"}[10m]', time=until_ms / 1000)
    }
    found = wait_for(wanted, until_ms)
    assert {labels: found.get(labels) for labels in wanted} == wanted, prometheus.log()[-2000:] + daphne.log()[-2000:]
    assert len(wanted) > 300


def wait_for_scrapes(prometheus: Prometheus) -> int:
    """The time in ms of a scrape that is not the first."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        times: list[float] = [at for series in prometheus.query("up[10m]") for at, _ in series["values"]]
        if len(times) >= LEAST_SCRAPES:
            return round(times[-1] * 1000)
        time.sleep(0.2)
    raise AssertionError(f"Prometheus does not scrape itself:\n{prometheus.log()[-2000:]}")


def wait_for(wanted: Found, until_ms: int) -> Found:
    """What is stored up to that time, once there is as much of it as wanted, or at the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        found = stored(until_ms)
        if sum(map(len, found.values())) >= sum(map(len, wanted.values())) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def stored(until_ms: int) -> Found:
    every: Any = [Matcher("__name__", "=~", ".+"), Matcher("job", "=", "prometheus")]
    found = PostgresStorage().select(every, 0, until_ms, Hints(0, until_ms))
    return {
        labels: dict(zip(found.times[start:end].tolist(), map(repr, found.values[start:end].tolist()), strict=True))
        for labels, start, end in zip(found.labels, found.offsets[:-1], found.offsets[1:], strict=True)
    }
