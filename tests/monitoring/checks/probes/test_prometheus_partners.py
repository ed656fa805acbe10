"""Real exporters of Debian are scraped and read back, and Debian's Prometheus scrapes the same page and must see the same."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
import yaml
from asgiref.sync import sync_to_async
from django.conf import settings as portal_settings
from django.db import connection

from monitoring.checks.choices import Status
from monitoring.metrics.formats.numbers import api_float
from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.reading import PostgresStorage
from opsportal.stack.parent import end_with_parent
from tests.fakes.exporters import exporting
from tests.fakes.http_peers import free_port
from tests.fakes.prometheus_server import MISSING, PROGRAM, Prometheus
from tests.monitoring.checks.probes.scraping import Pool, Scraping
from tests.real_parts import stop, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
needs_prometheus = pytest.mark.skipif(PROGRAM is None, reason=MISSING)

Found = dict[tuple[tuple[str, str], ...], str]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed (a Debian package)")


@contextlib.contextmanager
def running(folder: Path, program: str, *arguments: str, **environment: str) -> Iterator[str]:
    """An exporter on a port of its own, once it answers: `host:port`. {where} in an argument is that."""
    where = f"127.0.0.1:{free_port()}"
    command = [program, *(argument.replace("{where}", where) for argument in arguments)]
    log = folder / f"{program}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | environment,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )
    try:
        wait_until(lambda: urlopen(f"http://{where}/metrics", timeout=10).read(), program, log)
        yield where
    finally:
        stop(process, signal.SIGKILL)


async def scraped_twice(portal: Pool, where: str, expected: Sequence[str]) -> int:
    """Two scrapes, in which every metric named must come; how many samples there were."""
    scraping = Scraping(portal, where)
    results = [await scraping.run() for _ in range(2)]
    assert [(one.verdict, one.values["samples_refused"]) for one in results] == [(Status.UP, 0)] * 2
    for name in expected:
        values = list((await scraping.series(name)).values())
        assert values, name
        assert all(value is not None for row in values for value in row), name
    assert await scraping.values("up") == [1, 1]
    return int(results[1].values["samples"])


@needs("prometheus-node-exporter")
async def test_node_exporter_is_scraped(portal: Pool, tmp_path: Path) -> None:
    with running(tmp_path, "prometheus-node-exporter", "--web.listen-address={where}") as where:
        count = await scraped_twice(portal, where, ["node_load1", "node_memory_MemTotal_bytes", "go_goroutines"])
    assert count > 200


@needs("prometheus-redis-exporter")
async def test_redis_exporter_is_scraped(portal: Pool, tmp_path: Path) -> None:
    arguments = (f"-redis.addr={os.environ['REDIS_URL']}", "-web.listen-address={where}")
    with running(tmp_path, "prometheus-redis-exporter", *arguments) as where:
        scraping = ["redis_up", "redis_connected_clients", "redis_exporter_build_info"]
        assert await scraped_twice(portal, where, scraping) > 100


@needs("prometheus-postgres-exporter")
async def test_postgres_exporter_is_scraped(portal: Pool, tmp_path: Path) -> None:
    dsn = psycopg.conninfo.make_conninfo(portal_settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    exporter = "prometheus-postgres-exporter"
    with running(
        tmp_path, exporter, "--web.listen-address={where}", DATA_SOURCE_NAME=f"{dsn} sslmode=disable"
    ) as where:
        assert await scraped_twice(portal, where, ["pg_up", "pg_stat_database_xact_commit"]) > 100


@needs_prometheus
async def test_prometheus_itself_is_scraped(portal: Pool, tmp_path: Path) -> None:
    server = Prometheus(tmp_path, "global: {}\n")
    server.start()
    try:
        count = await scraped_twice(portal, server.address, ["prometheus_build_info", "go_gc_duration_seconds"])
    finally:
        server.stop()
    assert count > 300


PLAIN = r"""# HELP a_total Help with \\ and \n.
# TYPE a_total counter
a_total{path="C:\\DIR\\",quote="say \"hi\"",line="a\nb",odd="\x",empty=""} 1e3
a_total { path = "spaced" , } +Inf
a_total{job="own",instance="theirs",exported_job="x"} 0.1
# a comment
nan NaN
drop_me 1
big 123456789012345678
"""
NEWER = """# TYPE b histogram
# UNIT b_seconds seconds
# HELP b Some.
b_bucket{le="0.5"} 1 # {trace_id="x # y"} 0.4 1600000000.5
b_bucket{le="+Inf"} 2
b_sum 3.5
b_count 2
b_created 1.6e9
# TYPE c counter
c_total{x="} {\\\\"} 17.0 # {} 1
# EOF
"""
RULES: list[dict[str, Any]] = [
    {"action": "drop", "source_labels": ["__name__"], "regex": "drop_.*"},
    {"source_labels": ["__name__", "job"], "regex": "(.*);(.*)", "target_label": "both", "replacement": "${2}-$1"},
    {"action": "hashmod", "source_labels": ["path"], "target_label": "shard", "modulus": 7},
    {"action": "labelmap", "regex": "exported_(.+)", "replacement": "was_$1"},
    {"action": "labeldrop", "regex": "quote"},
    {"action": "uppercase", "source_labels": ["line"], "target_label": "line"},
]
TARGET_RULES: list[dict[str, Any]] = [
    {"source_labels": ["__address__"], "regex": "([^:]+):.*", "target_label": "host"},
    {"source_labels": ["__metrics_path__"], "target_label": "path_asked"},
]


@needs_prometheus
@pytest.mark.parametrize("honor", [False, True], ids=["plain", "honoured"])
@pytest.mark.parametrize("newer", [False, True], ids=["text", "openmetrics"])
async def test_prometheus_sees_the_same_series_and_values(
    portal: Pool, tmp_path: Path, honor: bool, newer: bool
) -> None:
    page = {"newer": NEWER} if newer else {"page": PLAIN}
    async with exporting(**page) as exporter:
        job = {
            "job_name": "shop",
            "scrape_interval": "1s",
            "honor_labels": honor,
            "static_configs": [{"targets": [exporter.where], "labels": {"env": "eu"}}],
            "relabel_configs": TARGET_RULES,
            "metric_relabel_configs": RULES,
        }
        theirs = await sync_to_async(_theirs, thread_sensitive=False)(tmp_path, {"scrape_configs": [job]})
        scraping = Scraping(
            portal, exporter.where, labels={"env": "eu"}, honor_labels=honor,
            relabel_configs=TARGET_RULES, metric_relabel_configs=RULES,
        )  # fmt: skip
        scraping.start = datetime.now(UTC) - timedelta(minutes=1)
        assert (await scraping.run()).verdict is Status.UP
    ours = await sync_to_async(_ours)()
    assert len(ours) >= 6
    assert ours == theirs


def _theirs(folder: Path, configuration: dict[str, Any]) -> Found:
    server = Prometheus(folder, yaml.safe_dump(configuration))
    server.start()
    try:
        wait_until(lambda: _answered(server), "a scrape by Prometheus", folder / "prometheus.log")
        found = server.query('{__name__=~".+",__name__!~"scrape_.*"}')
    finally:
        server.stop()
    return {tuple(sorted(one["metric"].items())): one["value"][1] for one in found}


def _answered(server: Prometheus) -> None:
    if not server.query("up == 1"):
        raise OSError


def _ours() -> Found:
    found = PostgresStorage().select([Matcher("__name__", "!~", "scrape_.*")], 0, 2**41, Hints(0, 2**41))
    return {labels: api_float(found.values[found.offsets[place]]) for place, labels in enumerate(found.labels)}
