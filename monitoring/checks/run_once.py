"""Run a check once, outside the engine, and say what it saw. Nothing is saved; used by the commands, the admin and the API."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.choices import Cause, Status
from monitoring.checks.configuration import full_settings
from monitoring.checks.models import Check
from monitoring.checks.probes.base import Context, Probe, Result
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.status import graded
from opsportal.crypto import SealBrokenError

CONNECTION_PARTS = ("host", "port", "dbname", "user", "password", "sslmode")


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try: a kind with complete settings, its thresholds and its deadline."""

    kind: str
    settings: Mapping[str, Any]
    thresholds: Sequence[Mapping[str, Any]] = ()
    timeout_s: float = 10.0
    check_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run saw, after thresholds; `status` is its verdict, not the confirmed status of a check."""

    status: Status
    cause: Cause
    summary: str
    values: dict[str, float]
    evidence: dict[str, Any]
    duration_s: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"status": str(self.status), "cause": str(self.cause)}


def trial_of(check: Check) -> Trial:
    """A stored check as a trial. Raises SealBrokenError."""
    return Trial(check.kind, full_settings(check), check.thresholds, check.timeout_s, check.pk)


def check_test(check: Check) -> Seen:
    """Run a stored check once, before its timeout."""
    try:
        return run_once(trial_of(check))
    except SealBrokenError as error:
        return Seen(Status.UNKNOWN, Cause.MISCONFIGURED, str(error), {}, {}, 0.0)


def run_once(trial: Trial) -> Seen:
    """Run a trial once on an event loop of its own. Never raises for what the probe meets."""
    return asyncio.run(_bounded(trial))


async def _bounded(trial: Trial) -> Seen:
    started = time.perf_counter()
    try:
        probe = probe_class(trial.kind)(trial.settings)
        async with asyncio.timeout(trial.timeout_s):
            result = await _asked(probe, trial)
    except TimeoutError:
        result = Result(Status.DOWN, f"No answer within {trial.timeout_s:g} s", Cause.TIMEOUT)
    except (
        Exception
    ) as error:  # a fault of the probe is an answer here, as it is in the engine; its text may hold a secret
        result = Result(Status.UNKNOWN, f"The check itself failed ({type(error).__name__})", Cause.INTERNAL)
    return _seen(result, trial, time.perf_counter() - started)


async def _asked(probe: Probe, trial: Trial) -> Result:
    async with _portal() as portal:
        context = Context(
            now=timezone.now(), timeout_s=trial.timeout_s, memory={}, check_id=trial.check_id, portal=portal
        )
        return await probe.run(context)


def _seen(result: Result, trial: Trial, duration_s: float) -> Seen:
    status, cause, words = graded(result.verdict, trial.thresholds, result.values)
    if words:
        result = replace(result, summary=f"{result.summary}; {words}", cause=cause)
    return Seen(status, result.cause, result.summary, result.values, result.evidence, duration_s)


@asynccontextmanager
async def _portal() -> AsyncIterator[AsyncConnectionPool[AsyncConnection[Any]]]:
    """The portal's own database for probes that ask it; no connection is made before one is asked for."""
    parts = await sync_to_async(connection.get_connection_params)()
    conninfo = make_conninfo(**{name: parts[name] for name in CONNECTION_PARTS if parts.get(name)})
    pool = AsyncConnectionPool(conninfo, min_size=0, max_size=1, open=False, kwargs={"autocommit": True})
    try:
        await pool.open()
        yield pool
    finally:
        await pool.close(timeout=1)
