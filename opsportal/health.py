"""`/livez`: the process answers. `/readyz`: it can do its work, because PostgreSQL, its tables and Valkey are there.

Readiness never takes longer than DEADLINE_S, whatever the dependencies do: an answer that does not come is a no.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from opsportal.database import conninfo

CHECK_DEADLINE_S = 1.5
DEADLINE_S = 2.0
KEPT_S = 1.0

Check = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one dependency answered, for staff. `detail` holds no secret."""

    ok: bool
    detail: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Report:
    findings: dict[str, Finding]
    made_at: float  # of the monotonic clock

    @property
    def ready(self) -> bool:
        return all(finding.ok for finding in self.findings.values())


class NotReadyError(Exception):
    """A dependency answered, and what it said is not good enough."""


class Readiness:
    """Asks every dependency at once; the answer is kept for KEPT_S, so that asking often costs nothing."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self.checks = checks
        self.report: Report | None = None
        self.looking: asyncio.Task[Report] | None = None
        self.abandoned: set[asyncio.Task[str]] = set()

    async def look(self) -> Report:
        """The report of the last KEPT_S, else a new one. Who asks meanwhile waits for the same one."""
        if self.report is not None and time.monotonic() - self.report.made_at <= KEPT_S:
            return self.report
        loop = asyncio.get_running_loop()
        if self.looking is None or self.looking.done() or self.looking.get_loop() is not loop:
            self.looking = loop.create_task(self._look())
        return await asyncio.shield(self.looking)

    async def _look(self) -> Report:
        found = await asyncio.gather(*(self._ask(check) for check in self.checks.values()))
        self.report = Report(dict(zip(self.checks, found, strict=True)), time.monotonic())
        return self.report

    async def _ask(self, check: Check) -> Finding:
        """Not `asyncio.timeout`: a client that tidies up when cancelled, as psycopg does, would outlast the deadline."""
        started = time.monotonic()
        task = asyncio.ensure_future(check())
        await asyncio.wait({task}, timeout=CHECK_DEADLINE_S)
        duration_s = time.monotonic() - started
        if not task.done():
            self.abandoned.add(task)
            task.add_done_callback(self._forget)
            task.cancel()
            return Finding(False, f"no answer within {CHECK_DEADLINE_S:g} s", duration_s)
        error = task.exception()
        if error is None:
            return Finding(True, task.result(), duration_s)
        return Finding(False, str(error) if isinstance(error, NotReadyError) else type(error).__name__, duration_s)

    def _forget(self, task: "asyncio.Task[str]") -> None:
        self.abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of it


async def database() -> str:
    """PostgreSQL takes a connection, answers, and has every migration of this version."""
    text = await sync_to_async(conninfo)(application_name="opsportal readyz")
    async with await psycopg.AsyncConnection.connect(text, autocommit=True) as connection:
        if (await (await connection.execute("SELECT to_regclass('django_migrations')")).fetchone()) == (None,):
            raise NotReadyError("the tables are not there; run manage.py migrate")
        rows = await (await connection.execute("SELECT app, name FROM django_migrations")).fetchall()
    missing = await asyncio.to_thread(_missing, frozenset((str(app), str(name)) for app, name in rows))
    if missing:
        raise NotReadyError(f"{len(missing)} migrations are missing; run manage.py migrate")
    return "answers, migrated"


async def valkey() -> str:
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    try:
        await client.ping()
    finally:
        await client.aclose()
    return "answers"


def _missing(applied: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        key for key, replaces in _expected().items() if key not in applied and not (replaces and replaces <= applied)
    ]


@cache
def _expected() -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """The migrations on disk, each with those it replaces."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {key: frozenset(migration.replaces) for key, migration in loader.disk_migrations.items()}


readiness = Readiness({"database": database, "valkey": valkey})


@login_not_required
async def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@never_cache
@login_not_required
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 or 503. `?verbose` tells staff which dependency said what; others get the plain answer."""
    report = await readiness.look()
    body: dict[str, Any] = {"status": "ready" if report.ready else "not ready"}
    if "verbose" in request.GET and report.findings["database"].ok and await _is_staff(request):
        body["checks"] = {
            name: {"ok": finding.ok, "detail": finding.detail, "duration_s": round(finding.duration_s, 4)}
            for name, finding in report.findings.items()
        }
    return JsonResponse(body, status=200 if report.ready else 503)


async def _is_staff(request: HttpRequest) -> bool:
    """Whether the session is one of staff, as far as the database says so in the time that is left."""
    try:
        async with asyncio.timeout(DEADLINE_S - CHECK_DEADLINE_S):
            return bool((await request.auser()).is_staff)
    except TimeoutError:
        return False
