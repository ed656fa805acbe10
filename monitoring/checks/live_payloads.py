"""What open pages are told of services and checks: the one definition, for pushes and for snapshots."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


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


def check_payload(
    *,
    check_id: int,
    slug: str,
    name: str,
    status: str,
    hard: bool,
    flapping: bool,
    since: datetime | None,
    checked_at: datetime | None,
    verdict: str,
    cause: str,
    summary: str,
    values: Mapping[str, float],
    duration_s: float | None,
) -> dict[str, Any]:
    """One entry of the topic `service:<id>`. Times are ISO 8601; `values` in base units by name."""
    return {
        "id": str(check_id),
        "slug": slug,
        "name": name,
        "status": status,
        "hard": hard,
        "flapping": flapping,
        "since": since.isoformat() if since else None,
        "checked_at": checked_at.isoformat() if checked_at else None,
        "verdict": verdict,
        "cause": cause,
        "summary": summary,
        "values": values,
        "duration_s": duration_s,
    }
