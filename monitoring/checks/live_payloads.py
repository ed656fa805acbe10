"""What open pages are told of services and checks: the one definition, for pushes and for snapshots."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitoring.checks.engine.writing import Finished


def service_payload(
    service_id: int, slug: str, name: str, status: str, since: datetime | None, reason: str, affected_by: str | None
) -> dict[str, Any]:
    """One entry of the topic `services`. Times are ISO 8601; `affected_by` is the slug of the root of its trouble."""
    return {
        "id": str(service_id),
        "slug": slug,
        "name": name,
        "status": status,
        "since": since.isoformat() if since else None,
        "reason": reason,
        "affected_by": affected_by,
    }


def check_payload(one: "Finished") -> dict[str, Any]:
    """One entry of the topic `service:<id>`."""
    job, result, standing = one.outcome.job, one.outcome.result, one.standing
    return {
        "id": str(job.check_id),
        "slug": job.slug,
        "name": job.name,
        "status": standing.status.value,
        "hard": standing.hard,
        "flapping": standing.flapping,
        "since": standing.since.isoformat() if standing.since else None,
        "checked_at": one.outcome.started_at.isoformat(),
        "verdict": result.verdict.value,
        "cause": result.cause.value,
        "summary": result.summary,
        "values": result.values,
        "duration_s": one.outcome.duration_s,
    }
