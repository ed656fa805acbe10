"""What all writes of this room share: the event of a change, and the alerters that hear of it."""

from collections.abc import Mapping
from typing import Any

from alerts.rules.waking import DUE
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from opsportal.sweeps import wake
from opsportal.writing import Person


def announce(*, kind: str, subject: str, summary: str, by: Person, payload: Mapping[str, Any] | None = None) -> None:
    """Put a change of configuration on the timeline, and wake the alerters once it is committed."""
    who = by.get_username() if by else None
    event_emit(
        kind=kind,
        severity=Severity.INFO,
        subject=subject[:250],
        summary=f"{summary} by {who}" if who else summary,
        payload={"by": who, **(payload or {})},
    )
    wake(DUE)
