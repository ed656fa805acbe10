import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from monitoring.checks.choices import Status
from monitoring.checks.engine.worker import Engine
from monitoring.checks.models import (
    Check,
    CheckSchedule,
    CheckState,
    MaintenanceWindow,
    Service,
    ServiceState,
    StatusChange,
)
from monitoring.checks.probes.base import Context, Result
from monitoring.events.models import Event
from monitoring.metrics.store import Selector, read
from opsportal import live
from opsportal.database import conninfo
from tests.monitoring.checks.scripted import Script, down, scripts, up

__all__ = ["scripts"]
pytestmark = pytest.mark.django_db(transaction=True)

Scripts = dict[str, Script]
EngineMaker = Callable[[], Awaitable[Engine]]


@pytest_asyncio.fixture
async def engines() -> AsyncIterator[EngineMaker]:
    """Makes engines whose steps the test takes itself."""
    made: list[Engine] = []
    text = await sync_to_async(conninfo)()

    async def make() -> Engine:
        engine = Engine(text, f"engine-{len(made)}")
        await engine.pool.open()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.pool.close()
    await live.adisconnect()
    await sync_to_async(connections.close_all)()


async def turn(engine: Engine) -> None:
    """Claim what is due, run it, write it."""
    await engine._poll()
    while engine.waiting or engine.running:
        await asyncio.sleep(0.001)
    while engine.finished:
        await engine._flush()


def new_check(script: str = "up", **fields: Any) -> Check:
    service, _ = Service.objects.get_or_create(name="Shop", slug="shop")
    slug = fields.pop("slug", script)
    settings = {"interval_s": 60, "timeout_s": 5, "failures_before_down": 1} | fields
    return Check.objects.create(
        service=service, name=slug, slug=slug, kind="scripted", settings={"name": script}, **settings
    )


def due(check: Check) -> None:
    CheckSchedule.objects.filter(pk=check.pk).update(next_check_at=timezone.now())


def state(check: Check) -> CheckState:
    return CheckState.objects.get(pk=check.pk)


anew = sync_to_async(new_check)
amade_due = sync_to_async(due)
astate = sync_to_async(state)


async def started(engines: EngineMaker) -> Engine:
    """An engine that has made the rows of new checks."""
    engine = await engines()
    await engine._upkeep()
    return engine


async def test_a_due_check_is_run_and_its_state_kept(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("up")
    await turn(await started(engines))
    kept = await astate(check)
    assert (kept.status, kept.last_summary, kept.last_values) == (Status.UP, "All well", {"answer_seconds": 0.25})
    schedule = await CheckSchedule.objects.aget(pk=check.pk)
    assert schedule.lease is None
    assert schedule.next_check_at is not None
    assert timezone.now() < schedule.next_check_at <= timezone.now() + timedelta(seconds=60)


async def test_values_become_samples_of_the_kind(scripts: Scripts, engines: EngineMaker) -> None:
    await anew("up")
    await turn(await started(engines))
    start, end = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    [series] = await sync_to_async(read)(Selector("scripted_answer_seconds", {"service": "shop"}), start, end)
    assert series.labels == {"service": "shop", "check": "up"}
    assert [value for _, value in series.points] == [0.25]


async def test_a_labelled_value_becomes_a_labelled_series(scripts: Scripts, engines: EngineMaker) -> None:
    scripts["disk"] = lambda _: Result(Status.UP, "ok", values={'used_ratio{mount="C:\\\\ \\"x\\""}': 0.5})
    await anew("disk")
    await turn(await started(engines))
    start, end = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    [series] = await sync_to_async(read)(Selector("scripted_used_ratio", {}), start, end)
    assert series.labels["mount"] == 'C:\\ "x"'


async def test_a_change_of_status_leaves_evidence_events_and_a_service_that_follows(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("up")
    engine = await started(engines)
    await turn(engine)
    scripts["up"] = down
    await amade_due(check)
    await turn(engine)
    change = await StatusChange.objects.filter(check_id=check.pk).afirst()
    assert change is not None
    assert (change.before, change.after, change.evidence["port"]) == (Status.UP, Status.DOWN, 80)
    service = await ServiceState.objects.aget(service__slug="shop")
    assert (service.status, service.reason) == (Status.DOWN, "up: Nobody answers")
    subjects = {event.subject async for event in Event.objects.filter(summary__contains="is down")}
    assert subjects == {"check:shop/up", "service:shop"}


async def test_a_hanging_probe_is_down_at_its_deadline_and_delays_nobody(
    scripts: Scripts, engines: EngineMaker
) -> None:
    scripts["hang"] = lambda _: asyncio.Event().wait()
    hanging = await anew("hang", timeout_s=0.1)
    quick = await anew("up")
    await turn(await started(engines))
    assert (await astate(hanging)).last_summary == "No answer within 0.1 s"
    assert (await astate(hanging)).status == Status.DOWN
    assert (await astate(quick)).status == Status.UP


async def test_a_fault_of_the_probe_itself_is_unknown_and_tells_no_secret(
    scripts: Scripts, engines: EngineMaker
) -> None:
    def broken(_: Context) -> Result:
        raise KeyError("password=hunter2")

    scripts["broken"] = broken
    check = await anew("broken")
    await turn(await started(engines))
    kept = await astate(check)
    assert (kept.status, kept.last_cause) == (Status.UNKNOWN, "internal")
    assert "hunter2" not in kept.last_summary


async def test_two_engines_share_the_work_and_run_nothing_twice(scripts: Scripts, engines: EngineMaker) -> None:
    runs: list[int | None] = []

    def count(context: Context) -> Result:
        runs.append(context.check_id)
        return up(context)

    scripts["count"] = count
    for number in range(40):
        await anew("count", slug=f"count-{number}")
    one, other = await started(engines), await engines()
    await asyncio.gather(turn(one), turn(other))
    assert sorted(runs, key=str) == sorted(set(runs), key=str)
    assert len(runs) == 40


async def test_the_check_of_a_dead_engine_runs_again_when_its_lease_is_over(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("up")
    dead = await started(engines)
    await dead._poll()
    dead.waiting.clear()
    other = await engines()
    await turn(other)
    assert (await astate(check)).last_checked_at is None
    await CheckSchedule.objects.filter(pk=check.pk).aupdate(lease_until=timezone.now())
    await turn(other)
    assert (await astate(check)).status == Status.UP


async def test_a_result_whose_lease_was_lost_counts_for_nothing(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("down")
    slow = await started(engines)
    await slow._poll()
    await CheckSchedule.objects.filter(pk=check.pk).aupdate(lease=1)
    while slow.waiting or slow.running:
        await asyncio.sleep(0.001)
    await slow._flush()
    assert (await astate(check)).last_checked_at is None
    assert (slow.measures.runs, slow.measures.lost_leases) == (0, 1)
    start, end = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    assert await sync_to_async(read)(Selector("check_status", {}), start, end) == []


async def test_an_engine_that_stood_still_leaves_its_claims_to_others(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("up")
    frozen = await started(engines)
    await frozen._poll()
    for group in frozen.waiting.values():
        for one in group:
            one.leased_until = timezone.now()
    while frozen.waiting or frozen.running:
        await asyncio.sleep(0.001)
    assert frozen.finished == []
    assert frozen.measures.lost_leases == 1
    assert (await astate(check)).last_checked_at is None


async def test_an_engine_that_stands_still_in_a_transaction_loses_its_locks(engines: EngineMaker) -> None:
    engine = await engines()
    async with engine.pool.connection() as database:
        row = await (await database.execute("SHOW idle_in_transaction_session_timeout")).fetchone()
    assert row == ("10s",)


async def test_a_wish_to_run_at_once_is_not_swallowed_by_a_run_under_way(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("up")
    engine = await started(engines)
    await engine._poll()
    await amade_due(check)
    wished = (await CheckSchedule.objects.aget(pk=check.pk)).next_check_at
    while engine.waiting or engine.running:
        await asyncio.sleep(0.001)
    await engine._flush()
    assert (await CheckSchedule.objects.aget(pk=check.pk)).next_check_at == wished


async def test_what_a_probe_remembers_reaches_its_next_run(scripts: Scripts, engines: EngineMaker) -> None:
    def count(context: Context) -> Result:
        return Result(Status.UP, "counted", memory={"n": context.memory.get("n", 0) + 1})

    scripts["count"] = count
    check = await anew("count")
    engine = await started(engines)
    for _ in range(3):
        await amade_due(check)
        await turn(engine)
    assert (await astate(check)).memory == {"n": 3}


async def test_results_wait_while_postgresql_is_away(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("up")
    engine = await started(engines)
    await engine._poll()
    while engine.waiting or engine.running:
        await asyncio.sleep(0.001)
    pool, engine.pool = engine.pool, type(engine.pool)("host=/nonexistent", open=False, timeout=0.1)
    await engine.pool.open()
    with pytest.raises(Exception, match="couldn't get a connection"):
        await engine._flush()
    await engine.pool.close()
    engine.pool = pool
    await engine._flush()
    assert (await astate(check)).status == Status.UP


async def test_a_check_that_does_not_report_goes_stale_from_the_end_of_its_three_intervals(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("up", interval_s=10, timeout_s=5)
    engine = await started(engines)
    await turn(engine)
    last = timezone.now() - timedelta(minutes=10)
    await CheckState.objects.filter(pk=check.pk).aupdate(last_checked_at=last)
    await engine._upkeep()
    kept = await astate(check)
    assert (kept.status, kept.since) == (Status.STALE, last + timedelta(seconds=35))
    assert (await ServiceState.objects.aget(service__slug="shop")).status == Status.STALE
    await amade_due(check)
    await turn(engine)
    assert (await astate(check)).status == Status.UP


async def test_maintenance_covers_failures_and_ends(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("down")
    service = await Service.objects.aget(slug="shop")
    now = timezone.now()
    window = await MaintenanceWindow.objects.acreate(
        service=service, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1), reason="new disks"
    )
    engine = await started(engines)
    await turn(engine)
    assert (await astate(check)).status == Status.MAINTENANCE
    assert (await ServiceState.objects.aget(service=service)).status == Status.MAINTENANCE
    await MaintenanceWindow.objects.filter(pk=window.pk).aupdate(ends_at=now)
    await engine._upkeep()
    assert (await astate(check)).status == Status.DOWN
    assert (await ServiceState.objects.aget(service=service)).status == Status.DOWN


async def test_a_disabled_check_is_paused_and_no_longer_counts(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("down")
    await anew("up")
    engine = await started(engines)
    await turn(engine)
    await Check.objects.filter(pk=check.pk).aupdate(enabled=False)
    await engine._upkeep()
    assert (await astate(check)).status == Status.PAUSED
    assert (await ServiceState.objects.aget(service__slug="shop")).status == Status.UP


async def test_services_that_depend_on_one_that_is_down_are_shown_as_affected(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("down")
    blog = await Service.objects.acreate(name="Blog", slug="blog")
    await blog.depends_on.aadd(await Service.objects.aget(slug="shop"))
    engine = await started(engines)
    await turn(engine)
    assert await ServiceState.objects.filter(service=blog, affected_by__slug="shop").aexists()
    scripts["down"] = up
    await amade_due(check)
    await turn(engine)
    assert (await ServiceState.objects.aget(service=blog)).affected_by_id is None


async def test_an_edited_check_is_loaded_anew(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("up")
    engine = await started(engines)
    await turn(engine)
    await Check.objects.filter(pk=check.pk).aupdate(settings={"name": "down"}, revision=2)
    await amade_due(check)
    await turn(engine)
    assert (await astate(check)).status == Status.DOWN


async def test_a_stopped_engine_finishes_what_runs_and_gives_back_the_rest(
    scripts: Scripts, engines: EngineMaker
) -> None:
    check = await anew("up")
    engine = await started(engines)
    await CheckSchedule.objects.filter(pk=check.pk).aupdate(next_check_at=timezone.now() + timedelta(seconds=0.9))
    await engine._poll()
    assert [one.check_id for group in engine.waiting.values() for one in group] == [check.pk]
    await engine._wind_down()
    assert (await CheckSchedule.objects.aget(pk=check.pk)).lease is None


async def test_a_worker_works_until_it_is_stopped(scripts: Scripts, engines: EngineMaker) -> None:
    check = await anew("up", interval_s=1)
    engine = Engine(await sync_to_async(conninfo)(), "whole")
    task = asyncio.create_task(engine.work())
    async with asyncio.timeout(20):
        while (await astate_or_none(check)) != Status.UP:
            await asyncio.sleep(0.05)
    engine.stop()
    await task
    assert (await CheckSchedule.objects.aget(pk=check.pk)).lease is None


async def astate_or_none(check: Check) -> str | None:
    kept = await CheckState.objects.filter(pk=check.pk).afirst()
    return kept.status if kept else None
