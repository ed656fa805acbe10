"""What all writes of this room share: the event of a change, and the alerters that hear of it."""

from collections.abc import Mapping
from typing import Any

from alerts.rules.waking import DUE
from monitoring.events.announcing import announce as announced
from opsportal.sweeps import wake
from opsportal.writing import Person


def announce(*, kind: str, subject: str, summary: str, by: Person, payload: Mapping[str, Any] | None = None) -> None:
    """Put a change of configuration on the timeline, and wake the alerters once it is committed."""
    announced(kind=kind, subject=subject, summary=summary, by=by, payload=payload)
    wake(DUE)
