"""What open pages are told of an event: one entry of the live topic `feed`."""

from typing import Any, Protocol


class Told(Protocol):
    """An event, stored or about to be."""

    @property
    def time(self) -> Any: ...
    @property
    def kind(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def summary(self) -> str: ...


def event_payload(event: Told, event_id: int) -> dict[str, Any]:
    """The time is ISO 8601."""
    return {
        "id": str(event_id),
        "time": event.time.isoformat(),
        "kind": event.kind,
        "severity": str(event.severity),
        "subject": event.subject,
        "summary": event.summary,
    }
