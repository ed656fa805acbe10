"""Run a check once, outside the engine, and say what it saw; nothing is saved."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.choices import Cause, Status
from monitoring.checks.configuration import full_settings
from monitoring.checks.engine.running import probed
from monitoring.checks.grading import graded
from monitoring.checks.models import Check
from monitoring.checks.probes.base import Context
from monitoring.checks.probes.registry import probe_class
from opsportal import http
from opsportal.crypto import SealBrokenError
from opsportal.database import conninfo


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
    return asyncio.run(_once(trial, conninfo()))


async def _once(trial: Trial, portal_dsn: str) -> Seen:
    probe = probe_class(trial.kind)(trial.settings)
    async with _portal(portal_dsn) as portal:
        context = Context(
            now=timezone.now(), timeout_s=trial.timeout_s, check_id=trial.check_id, portal=portal, trial=True
        )
        began = time.perf_counter()
        result = await probed(probe, context)
        duration_s = time.perf_counter() - began
    seen = graded(result, trial.thresholds, probe.values)
    return Seen(seen.verdict, seen.cause, seen.summary, seen.values, seen.evidence, duration_s)


@asynccontextmanager
async def _portal(dsn: str) -> AsyncIterator[AsyncConnectionPool[AsyncConnection[Any]]]:
    """The portal's own database for probes that ask it; no connection is made before one is asked for."""
    pool = AsyncConnectionPool(dsn, min_size=0, max_size=1, open=False, kwargs={"autocommit": True})
    try:
        await pool.open()
        yield pool
    finally:
        await pool.close(timeout=1)
        await http.aclose()
