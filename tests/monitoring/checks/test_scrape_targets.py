"""`/prometheus/api/v1/targets`, over what a real run of a check remembers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from monitoring.checks.actions import check_save, service_save
from monitoring.checks.models import Check, CheckState
from monitoring.checks.probes.prometheus import PrometheusProbe
from monitoring.metrics import ingest
from monitoring.metrics.ingest import Metadata, Source
from security.access import actions
from security.access.models import User
from tests.fakes.exporters import exporting
from tests.monitoring.checks.probes.trying import probe_of, run
from tests.monitoring.metrics.prometheus.conftest import Asker

PAGE = "# HELP a x\na 1\n"


@pytest.fixture
def asker(vera: User) -> Asker:
    _, token = actions.api_token_create(user=vera, name="grafana", scopes=["metrics.view_series"])
    return Asker(token)


def scraped(name: str = "Nodes", **settings: Any) -> tuple[Check, str]:
    """A check after a run: one target answers, one is refused, one is dropped; and where the first one is."""

    async def once() -> tuple[Mapping[str, Any], str]:
        async with exporting(PAGE) as exporter:
            rules = [{"action": "drop", "source_labels": ["__address__"], "regex": "unwanted:1"}]
            targets = [f"{exporter.url}/metrics?token=hunter2!", "127.0.0.1:1", "unwanted:1"]
            probe = probe_of(PrometheusProbe, targets=targets, relabel_configs=rules, job="node", **settings)
            result = await run(probe, now=timezone.now())
            return result.memory or {}, exporter.where

    memory, where = asyncio.run(once())
    check = check_save(
        service=service_save(name=f"Shop {name}"), kind="prometheus", name=name, settings={"targets": ["a:1"]}
    )
    CheckState.objects.filter(check_ref=check).update(memory=memory, last_checked_at=timezone.now())
    return check, where


def measured(labels: dict[str, str], name: str, value: float) -> None:
    ids = ingest.resolve(Source("scrape", "x"), [tuple(sorted({**labels, "__name__": name}.items()))]).ids
    now_ms = int(timezone.now().timestamp() * 1000)
    ingest.append(ids, np.array([now_ms], dtype=np.int64), np.array([value]))


def test_targets_are_told_as_prometheus_tells_them(asker: Asker) -> None:
    _, where = scraped()
    labels = {"instance": where, "job": "node"}
    measured(labels, "scrape_duration_seconds", 0.25)
    found = asker.data("targets")
    refused, answered = found["activeTargets"]
    last = parse_datetime(answered.pop("lastScrape"))
    assert last is not None
    assert answered == {
        "discoveredLabels": {
            "__address__": where, "__metrics_path__": "/metrics", "__param_token": "***", "__scheme__": "http",
            "__scrape_interval__": "15s", "__scrape_timeout__": "6.75s", "job": "node",
        },
        "labels": labels,
        "scrapePool": "shop-nodes/nodes",
        "scrapeUrl": f"http://{where}/metrics?token=***",
        "globalUrl": f"http://{where}/metrics?token=***",
        "lastError": "",
        "lastScrapeDuration": 0.25,
        "health": "up",
        "scrapeInterval": "15s",
        "scrapeTimeout": "6.75s",
    }  # fmt: skip
    assert (refused["health"], refused["lastError"]) == ("down", "connection refused by 127.0.0.1:1")
    [dropped] = found["droppedTargets"]
    assert dropped["discoveredLabels"]["__address__"] == "unwanted:1"


@pytest.mark.parametrize(
    ("query", "active", "dropped"),
    [
        ("", 4, 2),
        ("?state=any", 4, 2),
        ("?state=active", 4, 0),
        ("?state=Dropped", 0, 2),
        ("?scrapePool=shop-a/a", 2, 1),
    ],
)
def test_targets_are_narrowed_by_state_and_pool(asker: Asker, query: str, active: int, dropped: int) -> None:
    scraped("A")
    scraped("B")
    found = asker.data(f"targets{query}")
    assert (len(found["activeTargets"]), len(found["droppedTargets"])) == (active, dropped)


def test_what_is_not_watched_is_not_told(asker: Asker) -> None:
    check, _ = scraped()
    Check.objects.filter(pk=check.pk).update(enabled=False)
    assert asker.data("targets") == {"activeTargets": [], "droppedTargets": []}


def test_a_check_that_has_not_run_yet_has_no_targets(asker: Asker) -> None:
    check_save(service=service_save(name="Shop"), kind="prometheus", name="Nodes", settings={"targets": ["a:1"]})
    assert asker.data("targets")["activeTargets"] == []


def test_metadata_is_told_by_target(asker: Asker) -> None:
    _, where = scraped()
    labels = {"instance": where, "job": "node"}
    measured(labels, "orders_total", 1)
    measured({"job": "other"}, "other", 1)
    ingest.metadata_write(
        Source("scrape", "x"), [Metadata("orders", "counter", "How many.", ""), Metadata("other", "gauge", "", "")]
    )
    told = {"target": labels, "type": "counter", "help": "How many.", "unit": ""}
    assert asker.data("targets/metadata") == [told | {"metric": "orders"}]
    assert asker.data("targets/metadata?metric=orders") == [told]
    assert asker.data('targets/metadata?match_target={job="db"}') == []
    assert len(asker.data('targets/metadata?match_target={job="node"}&limit=1')) == 1
    assert asker.error("targets/metadata?match_target={")[:2] == (400, "bad_data")


def test_only_get_is_answered(asker: Asker) -> None:
    assert asker.post("api/v1/targets", "").status_code == 405
