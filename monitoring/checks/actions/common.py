"""What all writes of this room share: the event of a change, and the engines that hear of it."""

from collections.abc import Mapping
from typing import Any

from monitoring.checks.models import Check
from monitoring.checks.wakeup import wake_engines
from monitoring.events.announcing import announce as announced
from opsportal.writing import Person


def subject_of(check: Check) -> str:
    return f"check:{check.service.slug}/{check.slug}"


def announce(*, kind: str, subject: str, summary: str, by: Person, payload: Mapping[str, Any] | None = None) -> None:
    """Put a change of configuration on the timeline, and wake the engines once it is committed."""
    announced(kind=kind, subject=subject, summary=summary, by=by, payload=payload)
    wake_engines()
