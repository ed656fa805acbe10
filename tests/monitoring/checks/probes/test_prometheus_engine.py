"""A `prometheus` check under real engines that take turns at it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from monitoring.checks.actions import check_save, service_save
from monitoring.checks.choices import Status
from monitoring.checks.engine.worker import Engine
from monitoring.checks.models import Check, CheckSchedule, CheckState
from monitoring.checks.scrape_targets import active_targets
from opsportal import live
from opsportal.database import conninfo
from opsportal.http import aclose
from tests.fakes.exporters import exporting
from tests.monitoring.checks.probes.scraping import STALE, read
from tests.monitoring.checks.test_engine import turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def engines() -> AsyncIterator[list[Engine]]:
    text = await sync_to_async(conninfo)()
    made = [Engine(text, f"engine-{number}") for number in range(2)]
    for engine in made:
        await engine.pool.open()
    yield made
    for engine in made:
        await engine.pool.close()
    await aclose()
    await live.adisconnect()
    await sync_to_async(connections.close_all)()


def saved(where: str, **options: Any) -> Check:
    return check_save(
        service=service_save(name="Shop"), kind="prometheus", name="Nodes", settings={"targets": [where]}, **options
    )


async def values(name: str) -> list[Any]:
    [samples] = (await sync_to_async(read)(name, {})).values()
    return [value for _, value in samples]


async def test_engines_that_take_turns_know_what_the_other_one_saw(engines: list[Engine]) -> None:
    one, other = engines
    async with exporting("a 1\nb 2\n") as exporter:
        check = await sync_to_async(saved)(exporter.where)
        await one._upkeep()
        for engine, page in ((one, "a 1\nb 2\n"), (other, "a 2\n"), (one, "a 3\n"), (other, "a 4\nb 5\n")):
            exporter.page = page
            await CheckSchedule.objects.filter(pk=check.pk).aupdate(next_check_at=timezone.now())
            await turn(engine)
    assert await values("a") == [1, 2, 3, 4]
    assert await values("b") == [2, STALE, 5]
    assert await values("scrape_series_added") == [2, 0, 0, 1]


async def test_a_run_leaves_its_state_its_values_and_its_targets(engines: list[Engine]) -> None:
    async with exporting("a 1\n") as exporter:
        check = await sync_to_async(saved)(exporter.where)
        await engines[0]._upkeep()
        await turn(engines[0])
        where = exporter.where
    state = await CheckState.objects.aget(pk=check.pk)
    assert (state.status, state.last_values["samples"]) == (Status.UP, 1)
    assert await values("prometheus_targets_up") == [1]
    [target] = await sync_to_async(active_targets)()
    assert (target["scrapePool"], target["health"], target["labels"]) == (
        "shop/nodes", "up", {"instance": where, "job": "shop/nodes"},
    )  # fmt: skip
    assert target["lastScrapeDuration"] > 0
