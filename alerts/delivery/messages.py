"""What people are told, in no channel's form: each channel renders it within its own limits. Pure: no clock, no database.

A message is stored as JSON with its delivery, so that what was sent can be shown and sent again exactly.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert as its receivers see it. Times are ISO 8601; `ends_at` is empty while it fires."""

    status: str  # firing, resolved
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: str = ""
    ends_at: str = ""
    generator_url: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is what it is about (`incident:42`): replies and buttons act on it. `thread` is the same for every message of
    one episode: mail threads, Slack threads and PagerDuty's `dedup_key` are made of it."""

    kind: str  # choices.MessageKind
    title: str
    text: str = ""
    severity: str = "warning"  # monitoring.events.choices.Severity
    subject: str = ""
    thread: str = ""
    number: int | None = None  # of the incident
    url: str = ""  # of the page about it
    runbook_url: str = ""
    answerable: bool = False  # whether buttons to acknowledge, resolve and snooze are offered
    alerts: tuple[AlertView, ...] = ()
    truncated_alerts: int = 0
    receiver: str = ""
    group_key: str = ""
    group_labels: Mapping[str, str] = field(default_factory=dict)
    common_labels: Mapping[str, str] = field(default_factory=dict)
    common_annotations: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)  # more lines: service, since, on call, probable root

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        alerts = tuple(AlertView(**one) for one in stored.get("alerts", ()))
        return cls(**{**stored, "alerts": alerts})


def iso(time: datetime | None) -> str:
    """RFC 3339 with milliseconds in UTC, or empty."""
    return "" if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
