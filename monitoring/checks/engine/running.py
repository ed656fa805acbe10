"""One run of one check: the probe within its deadline, graded."""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitoring.checks.choices import Cause, Status
from monitoring.checks.engine.claiming import Claim
from monitoring.checks.engine.loading import Job
from monitoring.checks.grading import graded
from monitoring.checks.probes.base import Context, Probe, Result

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What came of a claim."""

    claim: Claim
    job: Job
    result: Result
    started_at: datetime
    duration_s: float


async def run(
    claim: Claim, job: Job, now: datetime, portal: "AsyncConnectionPool[AsyncConnection[Any]] | None"
) -> Outcome:
    """Run the job's probe; always an outcome, never later than its timeout."""
    context = Context(now=now, timeout_s=job.timeout_s, memory=claim.memory, check_id=job.check_id, portal=portal)
    began = time.perf_counter()
    if job.probe is None:
        result = Result(Status.UNKNOWN, job.fault, Cause.MISCONFIGURED)
    else:
        result = await probed(job.probe, context)
    duration_s = time.perf_counter() - began
    if job.probe is not None:
        result = graded(result, job.thresholds, job.probe.values)
    return Outcome(claim, job, result, now, duration_s)


async def probed(probe: Probe, context: Context) -> Result:
    """The probe's result within `context.timeout_s`. A hang is down; a fault of the probe itself is unknown, and logged in full."""
    try:
        async with asyncio.timeout(context.timeout_s):
            return await probe.run(context)
    except TimeoutError:
        return Result(Status.DOWN, f"No answer within {context.timeout_s:g} s", Cause.TIMEOUT)
    except Exception as error:
        log.exception("check %s: the %s probe failed", context.check_id, probe.kind)
        words = f"The portal could not run this check ({type(error).__name__}); its log has the details"
        return Result(Status.UNKNOWN, words, Cause.INTERNAL)
