"""Results in bulk: one statement moves schedules and states on, one COPY stores the samples, changes bring their evidence along.

Everything a batch says is one transaction; open pages hear of it after the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from psycopg import AsyncConnection

from monitoring.checks.choices import Status
from monitoring.checks.engine import services
from monitoring.checks.engine.changes import Change, changes_insert, check_events
from monitoring.checks.engine.running import Outcome
from monitoring.checks.live_payloads import check_payload
from monitoring.checks.schedule import FIRST_RETRY_S, next_try
from monitoring.checks.status import SEVERITY, Circumstances, Standing, advanced
from monitoring.checks.value_names import DURATION_METRIC, STATUS_METRIC, metric_name, split_name
from monitoring.events.bulk import events_emit
from monitoring.metrics import counting, store
from monitoring.metrics.copying import microseconds

# Only an answer has a latency: a refused connection is quick, and would make the percentile of an outage look good.
ANSWERED = frozenset({Status.UP, Status.DEGRADED})

Updates = dict[str, dict[str, Any]]

FINISH = """
WITH r AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS r(
        check_id bigint, lease bigint, due timestamptz, next timestamptz, confirmed text, status text, since timestamptz, hard boolean,
        history text, flap_percent float8, flapping boolean, checked_at timestamptz, verdict text, cause text, summary text,
        "values" jsonb, duration_s float8, streak int, memory jsonb)
), freed AS (
    UPDATE checks_checkschedule s
    SET next_check_at = CASE WHEN s.next_check_at = r.due THEN r.next ELSE s.next_check_at END, lease = NULL, lease_until = NULL
    FROM r WHERE s.check_id = r.check_id AND s.lease = r.lease
    RETURNING s.check_id
)
UPDATE checks_checkstate t
SET confirmed = r.confirmed, status = r.status, since = r.since, hard = r.hard, history = r.history, flap_percent = r.flap_percent,
    flapping = r.flapping, last_checked_at = r.checked_at, last_verdict = r.verdict, last_cause = r.cause, last_summary = r.summary,
    last_values = r."values", last_duration_s = r.duration_s, streak = r.streak, memory = COALESCE(r.memory, t.memory)
FROM r JOIN freed ON freed.check_id = r.check_id
WHERE t.check_id = r.check_id
RETURNING t.check_id
"""


@dataclass(slots=True)
class Finished:
    """An outcome, the standing it led to and the time of the next run."""

    outcome: Outcome
    standing: Standing
    next_at: datetime


class Written(NamedTuple):
    """Live updates by topic, and how many results were left out."""

    updates: dict[str, Updates]
    lost: int


def finish(outcome: Outcome, now: datetime, around: Circumstances) -> Finished:
    """Decide what the outcome means."""
    claim, job = outcome.claim, outcome.job
    standing = advanced(claim.standing, outcome.result.verdict, job.rules, outcome.started_at, around)
    retry_interval_s = FIRST_RETRY_S if standing.confirmed == Status.PENDING else job.retry_interval_s
    next_at = next_try(job.check_id, job.interval_s, retry_interval_s, standing.hard, now)
    return Finished(outcome, standing, next_at)


async def write(database: AsyncConnection[Any], batch: Sequence[Finished]) -> Written:
    """Store a batch. Results whose lease is lost are left out: another run has taken their place."""
    ids = await store.prepare(database, _identities(batch))
    async with database.transaction():
        cursor = await database.execute(FINISH, [orjson.dumps([_row(one) for one in batch]).decode()])
        accepted = {check_id for (check_id,) in await cursor.fetchall()}
        kept = [one for one in batch if one.outcome.job.check_id in accepted]
        samples = _samples(kept, ids)
        await store.awrite(database, samples)
        updates = await _write_changes(database, kept)
    counting.came_in("check", len(samples))
    for one in kept:
        job = one.outcome.job
        updates.setdefault(f"service:{job.service_id}", {})[str(job.check_id)] = _told(one)
    return Written(updates, lost=len(batch) - len(kept))


def _told(one: Finished) -> dict[str, Any]:
    job, result, standing = one.outcome.job, one.outcome.result, one.standing
    return check_payload(
        check_id=job.check_id,
        slug=job.slug,
        name=job.name,
        status=standing.status.value,
        hard=standing.hard,
        flapping=standing.flapping,
        since=standing.since,
        checked_at=one.outcome.started_at,
        verdict=result.verdict.value,
        cause=result.cause.value,
        summary=result.summary,
        values=result.values,
        duration_s=one.outcome.duration_s,
    )


async def _write_changes(database: AsyncConnection[Any], kept: Sequence[Finished]) -> dict[str, Updates]:
    """Changes of checks, what follows for their services, and the events of both."""
    changes = [change for one in kept if (change := change_of(one)) is not None]
    flaps = [one for one in kept if one.standing.flapping != one.outcome.claim.standing.flapping]
    if not changes and not flaps:
        return {}
    await changes_insert(database, changes)
    touched = {change.service_id for change in changes if change.hard}
    of_services = await services.recompute(database, touched)
    feed = await events_emit(database, [*check_events(changes, flaps), *of_services.events])
    return {topic: updates for topic, updates in (("feed", feed), ("services", of_services.updates)) if updates}


def change_of(one: Finished) -> Change | None:
    """The change that a run brought: a confirmed one, or (not `hard`) the first run of a fault that is not confirmed yet."""
    job, result = one.outcome.job, one.outcome.result
    before, after = one.outcome.claim.standing, one.standing
    if after.status != before.status:
        was, becomes, hard = before.status, after.status, True
    elif before.hard and not after.hard:
        was, becomes, hard = after.status, result.verdict, False
    else:
        return None
    return Change(
        time=one.outcome.started_at,
        service_id=job.service_id,
        check_id=job.check_id,
        before=was,
        after=becomes,
        hard=hard,
        cause=result.cause,
        summary=result.summary,
        evidence={**result.evidence, "values": result.values, "duration_s": one.outcome.duration_s, "kind": job.kind},
        subject=f"check:{job.service_slug}/{job.slug}",
        name=f"{job.service_name} / {job.name}",
    )


def _row(one: Finished) -> dict[str, Any]:
    claim, result, standing = one.outcome.claim, one.outcome.result, one.standing
    return {
        "check_id": claim.check_id,
        "lease": claim.lease,
        "due": claim.due_at,
        "next": one.next_at,
        "confirmed": standing.confirmed.value,
        "status": standing.status.value,
        "since": standing.since,
        "hard": standing.hard,
        "history": standing.history,
        "flap_percent": standing.flap_percent,
        "flapping": standing.flapping,
        "checked_at": one.outcome.started_at,
        "verdict": result.verdict.value,
        "cause": result.cause.value,
        "summary": result.summary.replace("\x00", "�"),
        "values": result.values,
        "duration_s": one.outcome.duration_s,
        "streak": _streak(standing.history),
        "memory": result.memory,
    }


def _streak(history: str) -> int:
    return len(history) - len(history.rstrip(history[-1]))


def _identities(batch: Sequence[Finished]) -> list[tuple[str, store.Labels]]:
    """Series that the batch's jobs do not know yet."""
    found = []
    for one in batch:
        job = one.outcome.job
        found += [series_of(job.kind, job.labels, name) for name in one.outcome.result.values if name not in job.series]
        if "" not in job.series:
            found += [(STATUS_METRIC, job.labels), (DURATION_METRIC, job.labels)]
    return found


def _samples(kept: Sequence[Finished], ids: Mapping[tuple[str, store.Labels], int]) -> list[tuple[int, int, float]]:
    rows = []
    for one in kept:
        job, outcome = one.outcome.job, one.outcome
        known, time = job.series, microseconds(outcome.started_at)
        if "" not in known:
            known[""] = ids[STATUS_METRIC, job.labels]
            known["{}"] = ids[DURATION_METRIC, job.labels]
        rows.append((known[""], time, float(SEVERITY[outcome.result.verdict])))
        if outcome.result.verdict in ANSWERED:
            rows.append((known["{}"], time, outcome.duration_s))
        for name, value in outcome.result.values.items():
            if name not in known:
                known[name] = ids[series_of(job.kind, job.labels, name)]
            rows.append((known[name], time, value))
    return rows


def series_of(kind: str, labels: store.Labels, name: str) -> tuple[str, store.Labels]:
    """The metric and labels of a probe's value: `disk_used_ratio{mount="/"}` of kind system is `system_disk_used_ratio` with `mount`."""
    base, own = split_name(name)
    return metric_name(kind, base), tuple(sorted((*labels, *own.items()))) if own else labels
