"""The heartbeat probe over real pings in a real database."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as portal_settings
from django.core.exceptions import ValidationError
from django.db import connection, connections
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.actions import check_save, service_save
from monitoring.checks.choices import Cause, PingKind, Status
from monitoring.checks.heartbeats.actions import Caller, ping_store
from monitoring.checks.models import Check
from monitoring.checks.probes.base import Context, Result
from monitoring.checks.probes.heartbeat import HeartbeatProbe, SettingsForm
from opsportal.kinds import clean_settings

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Pings = Sequence[tuple[float, PingKind, int | None]]
START, SUCCESS, FAIL, LOG = PingKind.START, PingKind.SUCCESS, PingKind.FAIL, PingKind.LOG


@pytest.fixture
async def pool(transactional_db: None) -> AsyncIterator[AsyncConnectionPool[psycopg.AsyncConnection[Any]]]:
    conninfo = psycopg.conninfo.make_conninfo(portal_settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    async with AsyncConnectionPool(conninfo, min_size=1, max_size=2, open=False) as opened:
        yield opened


def stored(pings: Pings, settings: dict[str, Any]) -> Check:
    """A check watched since 08:00 with pings at minutes after that."""
    check = check_save(service=service_save(name="Jobs"), kind="heartbeat", name="Nightly", settings=settings)
    Check.objects.update(created_at=T0)
    for minutes, kind, code in pings:
        time = T0 + timedelta(minutes=minutes)
        ping_store(key=check.heartbeat_key.key, kind=kind, caller=Caller("GET"), now=time, exit_code=code)
    connections.close_all()  # this thread's own, which nobody else would close
    return check


async def run(pool: Any, pings: Pings, now: float, memory: dict[str, Any] | None = None, **settings: Any) -> Result:
    chosen = settings or {"every_s": 3600, "max_run_s": 1200}
    check = await sync_to_async(stored)(pings, chosen)
    context = Context(now=T0 + timedelta(minutes=now), timeout_s=5, memory=memory or {}, check_id=check.pk, portal=pool)
    return await HeartbeatProbe(check.settings).run(context)


STANDINGS: list[tuple[Pings, float, Status, Cause, str]] = [
    ([], 30, Status.UNKNOWN, Cause.NONE, "Waiting for the first ping, expected by 2026-11-23 09:05 UTC"),
    ([], 90, Status.DOWN, Cause.LATE, "Overdue: expected at 2026-11-23 09:00 UTC, never heard of"),
    (
        [(0, SUCCESS, 0)],
        30,
        Status.UP,
        Cause.NONE,
        "In time, last heard of 30 min ago; expected next at 2026-11-23 09:00 UTC",
    ),
    (
        *([(0, SUCCESS, None)], 62, Status.UP, Cause.NONE),
        "Expected at 2026-11-23 09:00 UTC, last heard of 62 min ago; down at 2026-11-23 09:05 UTC",
    ),
    (
        [(0, SUCCESS, None)],
        180,
        Status.DOWN,
        Cause.LATE,
        "Overdue: expected at 2026-11-23 09:00 UTC, last heard of 3 h ago",
    ),
    ([(0, SUCCESS, None), (60, START, None)], 70, Status.UP, Cause.NONE, "Running for 10 min"),
    (
        *([(0, SUCCESS, None), (60, START, None)], 90, Status.DOWN, Cause.TIMEOUT),
        "Started 30 min ago and has not ended; it may run until 2026-11-23 09:20 UTC",
    ),
    ([(0, FAIL, 3)], 2, Status.DOWN, Cause.FAILED, "Failed with exit code 3, last heard of 2 min ago"),
    (
        [(0, FAIL, None), (1, START, None)],
        4,
        Status.DOWN,
        Cause.FAILED,
        "Failed, last heard of 4 min ago; running again for 3 min",
    ),
    ([(0, LOG, None)], 90, Status.DOWN, Cause.LATE, "Overdue: expected at 2026-11-23 09:00 UTC, never heard of"),
]


@pytest.mark.parametrize(("pings", "now", "verdict", "cause", "words"), STANDINGS)
async def test_pings_have_their_words(
    pool: Any, pings: Pings, now: float, verdict: Status, cause: Cause, words: str
) -> None:
    result = await run(pool, pings, now)
    assert (result.verdict, result.cause, result.summary) == (verdict, cause, words)


async def test_a_run_is_measured(pool: Any) -> None:
    result = await run(pool, [(0, START, None), (10, SUCCESS, 0)], 30)
    assert result.values == {
        "late_seconds": 0,
        "last_ping_age_seconds": 1200,
        "run_duration_seconds": 600,
        "exit_code": 0,
    }


async def test_lateness_is_measured(pool: Any) -> None:
    result = await run(pool, [(0, SUCCESS, None)], 75)
    assert result.values["late_seconds"] == 900


async def test_a_rare_jobs_last_end_outlives_its_ping(pool: Any) -> None:
    memory = {"last_end": {"time": (T0 + timedelta(minutes=50)).isoformat(), "kind": "success", "exit_code": 0}}
    result = await run(pool, [], 90, memory)
    assert (result.verdict, result.values["last_ping_age_seconds"]) == (Status.UP, 2400)
    assert result.memory == memory


async def test_a_cron_line_is_told_in_its_own_zone(pool: Any) -> None:
    result = await run(pool, [(0, SUCCESS, None)], 30, cron="30 2 * * *", time_zone="Europe/Berlin")
    assert result.summary == "In time, last heard of 30 min ago; expected next at 2026-11-24 02:30 CET"


async def test_without_the_portals_database_nothing_is_known() -> None:
    result = await HeartbeatProbe({"every_s": 60}).run(Context(now=T0, timeout_s=1))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.INTERNAL)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Give either seconds here or a cron line"),
        ({"every_s": 60, "cron": "* * * * *"}, "Give either seconds here or a cron line"),
        ({"cron": "hourly"}, "A cron line has five fields"),
        ({"cron": "* * * * *", "time_zone": "Mars/Base"}, "Not a time zone"),
        ({"every_s": 60, "ping_key": "no"}, "Enter a valid UUID"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        clean_settings(SettingsForm, settings)
