"""The event of a change that somebody made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from opsportal.writing import Person


def announce(
    *,
    kind: str,
    subject: str,
    summary: str,
    by: Person,
    payload: Mapping[str, Any] | None = None,
    time: datetime | None = None,
) -> None:
    """Put a change on the timeline, with who made it, in the caller's transaction; never an address or a secret."""
    who = by.get_username() if by else None
    event_emit(
        kind=kind,
        severity=Severity.INFO,
        subject=subject[:250],
        summary=f"{summary} by {who}" if who else summary,
        payload={"by": who, **(payload or {})},
        time=time,
    )
