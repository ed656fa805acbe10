"""How alerts come in: whoever has some (a door, a rule) appends them to the inbox, in its own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.incidents.models import Inbox
from opsportal.sweeps import wake

INBOX = "incidents_inbox"


@dataclass(frozen=True, slots=True)
class IncomingAlert:
    """An alert as it was sent. `starts_at` None: when it was received; `ends_at` None: it fires until it was not sent again for the resolve
    timeout; in the past: it is resolved."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "labels": {name: value for name, value in self.labels.items() if value},
            "annotations": dict(self.annotations),
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "generator_url": self.generator_url,
        }


def alerts_receive(alerts: Sequence[IncomingAlert], *, source: str, now: datetime) -> None:
    """Accept alerts, in the caller's transaction: once that is committed they are not lost."""
    if alerts:
        Inbox.objects.create(received_at=now, source=source[:120], payload=[alert.as_json() for alert in alerts])
        wake(INBOX)


def alerts_receive_many(batches: Sequence[tuple[str, Sequence[IncomingAlert]]], *, now: datetime) -> None:
    """As `alerts_receive`, for alerts of many sources at once: (source, alerts) each."""
    rows = [
        Inbox(received_at=now, source=source[:120], payload=[alert.as_json() for alert in alerts])
        for source, alerts in batches
        if alerts
    ]
    if rows:
        Inbox.objects.bulk_create(rows, batch_size=1000)
        wake(INBOX)


def payloads_receive(payload: Sequence[Mapping[str, object]], *, source: str, now: datetime) -> None:
    """As `alerts_receive`, of alerts that a door has checked and put as `IncomingAlert.as_json` does."""
    if payload:
        Inbox.objects.create(received_at=now, source=source[:120], payload=list(payload))
        wake(INBOX)
