"""Changes of status: rows of the result log and events of the timeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from psycopg import AsyncConnection

from monitoring.checks.choices import Cause, Status
from monitoring.events.bulk import NewEvent
from monitoring.events.choices import Severity

if TYPE_CHECKING:
    from monitoring.checks.engine.writing import Finished

INSERT = """
INSERT INTO checks_statuschange (time, service_id, check_id, before, after, hard, cause, summary, evidence)
SELECT time, service_id, check_id, before, after, hard, cause, summary, evidence FROM json_to_recordset(%s::json) AS r(
    time timestamptz, service_id bigint, check_id bigint, before text, after text, hard boolean, cause text, summary text, evidence jsonb)
"""

SEVERITY_OF = {
    Status.DOWN: Severity.ERROR,
    Status.DEGRADED: Severity.WARNING,
    Status.STALE: Severity.WARNING,
    Status.UNKNOWN: Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a check, or of a service (`check_id` None)."""

    time: datetime
    service_id: int
    check_id: int | None
    before: Status
    after: Status
    hard: bool
    subject: str
    name: str
    cause: Cause = Cause.NONE
    summary: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


async def changes_insert(database: AsyncConnection[Any], changes: Sequence[Change]) -> None:
    """Store changes with their evidence, in the caller's transaction."""
    if changes:
        rows = [_row(change) for change in changes]
        # jsonb holds no U+0000; a garbled answer may.
        text = orjson.dumps(rows, option=orjson.OPT_NON_STR_KEYS, default=str).decode().replace("\\u0000", "\\ufffd")
        await database.execute(INSERT, [text])


def _row(change: Change) -> dict[str, Any]:
    return {
        "time": change.time,
        "service_id": change.service_id,
        "check_id": change.check_id,
        "before": change.before.value,
        "after": change.after.value,
        "hard": change.hard,
        "cause": change.cause.value,
        "summary": change.summary,
        "evidence": change.evidence,
    }


def event_of(change: Change) -> NewEvent:
    """The event of a confirmed change."""
    summary = f"{change.name} is {change.after.label.lower()}"
    return NewEvent(
        time=change.time,
        kind="service.status" if change.check_id is None else "check.status",
        severity=SEVERITY_OF.get(change.after, Severity.INFO),
        subject=change.subject,
        summary=f"{summary}: {change.summary}" if change.summary else summary,
        payload={"before": change.before.value, "after": change.after.value, "cause": change.cause.value},
    )


def check_events(changes: Sequence[Change], flaps: Sequence["Finished"]) -> list[NewEvent]:
    """Events of the confirmed changes, and one for each check that began or ceased to flap."""
    return [event_of(change) for change in changes if change.hard] + [_flap_event(one) for one in flaps]


def _flap_event(one: "Finished") -> NewEvent:
    job, standing = one.outcome.job, one.standing
    words = "is flapping" if standing.flapping else "no longer flaps"
    return NewEvent(
        time=one.outcome.started_at,
        kind="check.flapping",
        severity=Severity.WARNING if standing.flapping else Severity.INFO,
        subject=f"check:{job.service_slug}/{job.slug}",
        summary=f"{job.service_name} / {job.name} {words}: {standing.flap_percent:.0f} % of its last 21 runs changed status",
        payload={"flapping": standing.flapping, "flap_percent": standing.flap_percent},
    )
