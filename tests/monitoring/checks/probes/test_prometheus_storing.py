"""What a `prometheus` check leaves in the store: samples, reports, stale markers; over real sockets and a real database."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.actions import check_save, service_save
from monitoring.checks.choices import Cause, Status
from monitoring.metrics.models import MetricMetadata
from tests.fakes.exporters import exporting
from tests.monitoring.checks.probes.scraping import STALE, Pool, Scraping, read

pytestmark = pytest.mark.django_db(transaction=True)

REPORTS = [
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "up",
]


async def test_a_page_is_stored_with_its_targets_labels(portal: Pool) -> None:
    async with exporting('orders_total{shop="a"} 3\norders_total{shop="b"} 4\n') as exporter:
        scraping = Scraping(portal, exporter.where, labels={"team": "web"})
        result = await scraping.run()
    assert result.verdict is Status.UP
    known = (("instance", exporter.where), ("job", "shop"))
    assert await scraping.series("orders_total") == {
        (*known, ("shop", "a"), ("team", "web")): [3],
        (*known, ("shop", "b"), ("team", "web")): [4],
    }


async def test_every_scrape_reports_about_itself(portal: Pool) -> None:
    async with exporting("a 1\nb 2\n") as exporter:
        rules = [{"action": "drop", "source_labels": ["__name__"], "regex": "b"}]
        scraping = Scraping(portal, exporter.where, metric_relabel_configs=rules)
        await scraping.run()
        exporter.page = "a 1\nb 2\nc 3\n"
        await scraping.run()
    assert await scraping.values("up") == [1, 1]
    assert await scraping.values("scrape_samples_scraped") == [2, 3]
    assert await scraping.values("scrape_samples_post_metric_relabeling") == [1, 2]
    assert await scraping.values("scrape_series_added") == [1, 1]
    assert all(0 < seconds < 8 for seconds in await scraping.values("scrape_duration_seconds"))


async def test_a_series_that_is_gone_ends_with_a_stale_marker(portal: Pool) -> None:
    async with exporting("a 1\nb 2\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        for page in ("a 1\nb 2\n", "a 1\n", "a 1\n", "a 1\nb 3\n"):
            exporter.page = page
            await scraping.run()
    assert await scraping.values("b") == [2, STALE, None, 3]
    assert await scraping.values("a") == [1, 1, 1, 1]


@pytest.mark.parametrize("fault", [{"status": 500}, {"page": "a{"}, {"kind": "text/html"}])
async def test_all_series_of_a_target_that_fails_end_and_up_is_zero(portal: Pool, fault: dict[str, Any]) -> None:
    async with exporting("a 1\nb 2\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        await scraping.run()
        well = {name: getattr(exporter, name) for name in fault}
        for changes in (fault, fault, well):
            for name, value in changes.items():
                setattr(exporter, name, value)
            await scraping.run()
    assert await scraping.values("a") == [1, STALE, None, 1]
    assert await scraping.values("up") == [1, 0, 0, 1]
    assert await scraping.values("scrape_samples_scraped") == [2, 0, 0, 2]


async def test_a_target_that_is_none_any_more_ends_with_its_reports(portal: Pool) -> None:
    async with exporting("a 1\n") as exporter, exporting("a 2\n") as other:
        scraping = Scraping(portal, exporter.where, other.where)
        await scraping.run()
        scraping.restarted(targets=[exporter.where])
        await scraping.run()
        await scraping.run()
    for name in ("a", *REPORTS):
        assert (await scraping.values(name, instance=other.where))[1:] == [STALE, None]
    assert await scraping.values("up", instance=exporter.where) == [1, 1, 1]


async def test_what_a_target_had_is_known_after_a_restart_and_on_another_engine(portal: Pool) -> None:
    async with exporting("a 1\nb 2\nc 3\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        await scraping.run()
        scraping.restarted()
        exporter.page = "c 3\nb 2\n"
        await scraping.run()
        scraping.restarted()
        exporter.page = "c 3\n"
        await scraping.run()
    assert await scraping.values("a") == [1, STALE, None]
    assert await scraping.values("b") == [2, 2, STALE]
    assert await scraping.values("scrape_series_added") == [3, 0, 0]


async def test_memory_is_left_alone_while_nothing_changes(portal: Pool) -> None:
    async with exporting("a 1\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        memories = []
        for page in ("a 1\n", "a 2\n", "a 3\nb 1\n", "a 4\nb 2\n"):
            exporter.page = page
            memories.append((await scraping.run()).memory is not None)
    assert memories == [True, False, True, False]


async def test_what_was_remembered_long_ago_gets_no_stale_marker(portal: Pool) -> None:
    async with exporting("a 1\nb 1\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        scraping.start -= timedelta(minutes=45)
        await scraping.run()
        scraping.start += timedelta(minutes=45)
        scraping.restarted()
        exporter.page = "a 1\n"
        await scraping.run()
    found = await sync_to_async(read)("b", {})
    assert [[value for _, value in rows] for rows in found.values()] == [[1]]


async def test_samples_with_a_time_of_their_own_keep_it_and_get_no_stale_marker(portal: Pool) -> None:
    async with exporting() as exporter:
        scraping = Scraping(portal, exporter.where)
        start_ms = int(scraping.start.timestamp() * 1000)
        exporter.page = f"a 7 {start_ms + 30_000}\nb 1\n"
        await scraping.run()
        exporter.page = ""
        await scraping.run()
        await scraping.run()
    assert await scraping.values("a") == [None, None, 7]
    assert await scraping.values("b") == [1, STALE, None]


async def test_times_of_a_page_count_for_nothing_when_they_are_not_honoured(portal: Pool) -> None:
    async with exporting("a 7 1000\n") as exporter:
        scraping = Scraping(portal, exporter.where, honor_timestamps=False)
        await scraping.run()
        exporter.page = ""
        await scraping.run()
    assert await scraping.values("a") == [7, STALE]


async def test_samples_that_are_too_old_are_counted_as_refused(portal: Pool) -> None:
    async with exporting("a 7 1000\nb 1\n") as exporter:
        result = await Scraping(portal, exporter.where).run()
    assert (result.verdict, result.values["samples_refused"]) == (Status.UP, 1)


async def test_of_a_series_given_twice_the_first_counts(portal: Pool) -> None:
    async with exporting('a{x="1",y="2"} 1\na{y="2",x="1"} 2\nb 1\nb 1\n') as exporter:
        scraping = Scraping(portal, exporter.where)
        results = [await scraping.run() for _ in range(2)]
    assert await scraping.values("a") == [1, 1]
    assert [result.values["samples_duplicate"] for result in results] == [2, 2]


async def test_labels_of_the_page_give_way_to_the_targets_or_win_where_they_are_honoured(portal: Pool) -> None:
    page = 'a{job="own",instance="",exported_job="x"} 1\n'
    async with exporting(page) as exporter:
        plain = Scraping(portal, exporter.where)
        await plain.run()
        honoured = Scraping(portal, exporter.where, honor_labels=True)
        await honoured.run()
    keys = set(await plain.series("a"))
    assert keys == {
        (("exported_exported_job", "own"), ("exported_job", "x"), ("instance", exporter.where), ("job", "shop")),
        (("exported_job", "x"), ("job", "own")),
    }


async def test_a_source_over_its_cap_keeps_what_it_has_and_the_check_says_so(portal: Pool, settings: Any) -> None:
    settings.METRICS_SERIES_PER_SOURCE = 7
    async with exporting("a 1\nb 2\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        await scraping.run()
        exporter.page = 'a 1\nb 2\nnew{id="1"} 1\nnew{id="2"} 1\n'
        results = [await scraping.run() for _ in range(2)]
    assert await scraping.values("a") == [1, 1, 1]
    assert await scraping.series("new") == {}
    for result in results:
        assert (result.verdict, result.cause, result.values["samples_refused"]) == (Status.DEGRADED, Cause.TOO_LARGE, 2)
        assert "2 new ones were refused, such as " in result.summary


async def test_a_trial_writes_nothing(portal: Pool) -> None:
    async with exporting("a 1\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        result = await scraping.run(trial=True)
    assert (result.verdict, result.values["samples"]) == (Status.UP, 1)
    assert await scraping.series("up") == {}


async def test_what_a_page_says_of_its_metrics_is_kept(portal: Pool) -> None:
    page = "# HELP a_seconds How long.\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n"
    async with exporting(newer=page) as exporter:
        await Scraping(portal, exporter.where).run()
    found = await MetricMetadata.objects.aget(metric="a_seconds")
    assert (found.type, found.help, found.unit) == ("gauge", "How long.", "seconds")


async def test_the_job_is_named_after_the_service_and_the_check(portal: Pool) -> None:
    def saved() -> int:
        check = check_save(
            service=service_save(name="Shop"), kind="prometheus", name="Nodes", settings={"targets": ["a:1"]}
        )
        connections.close_all()
        return check.pk

    async with exporting("a 1\n") as exporter:
        scraping = Scraping(portal, exporter.where, job="")
        await scraping.run(check_id=await sync_to_async(saved)())
    assert list(await scraping.series("up")) == [(("instance", exporter.where), ("job", "shop/nodes"))]


async def test_a_database_that_is_away_leaves_the_check_unknown_and_its_memory_alone(portal: Pool) -> None:
    async with exporting("a 1\n") as exporter:
        scraping = Scraping(portal, exporter.where)
        await scraping.run()
        nowhere = AsyncConnectionPool("host=/nowhere", min_size=0, max_size=1, open=False, timeout=0.2)
        await nowhere.open()
        scraping.portal = nowhere
        exporter.page = "b 1\n"
        result = await scraping.run()
        await nowhere.close(timeout=1)
    assert (result.verdict, result.cause, result.memory) == (Status.UNKNOWN, Cause.INTERNAL, None)
    assert result.summary == "The samples could not be stored (PoolTimeout)"


async def test_each_target_is_stored_without_waiting_for_the_slowest(portal: Pool) -> None:
    async with exporting("a 1\n") as exporter, exporting(hangs=True) as hanging:
        scraping = Scraping(portal, exporter.where, hanging.where)
        result = await scraping.run(timeout_s=1)
    assert result.verdict is Status.DEGRADED
    assert await scraping.values("a") == [1]
    assert await scraping.values("up", instance=hanging.where) == [0]
