"""Messages and envelopes for tests of this room."""

from datetime import UTC, datetime
from typing import Any

from alerts.delivery.kinds.base import ChannelKind, Envelope
from alerts.delivery.kinds.registry import channel_kind
from alerts.delivery.messages import AlertView, Message
from opsportal.kinds import clean_settings

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
ALERT = AlertView(
    "firing",
    {"alertname": "CheckoutDown", "service": "checkout", "instance": "web-1"},
    {"summary": "Checkout answers 503"},
    starts_at="2026-11-24T17:58:00.000Z",
    generator_url="https://portal.example/rules/7",
    fingerprint="9f86d081884c7d65",
)


def message(**changes: Any) -> Message:
    """Incident 42: Checkout is down."""
    values: dict[str, Any] = {
        "kind": "firing",
        "title": "Checkout is down",
        "text": "Three of three instances answer 503.",
        "severity": "critical",
        "subject": "incident:42",
        "thread": "incident:42/e0",
        "number": 42,
        "url": "https://portal.example/incidents/42",
        "runbook_url": "https://wiki.example/checkout",
        "answerable": True,
        "alerts": (ALERT,),
        "receiver": "shop",
        "group_key": '{}/{service="checkout"}:{alertname="CheckoutDown"}',
        "group_labels": {"alertname": "CheckoutDown"},
        "common_labels": {"alertname": "CheckoutDown", "service": "checkout"},
        "common_annotations": {},
        "facts": {"Service": "checkout", "On call": "Ada"},
    }
    return Message(**{**values, **changes})


def envelope(told: Message | None = None, **changes: Any) -> Envelope:
    values: dict[str, Any] = {"key": "incident:42/e0/l0/s1/user:7/contact:3", "now": NOW, "delivery_id": 7}
    return Envelope(message=told or message(), **{**values, **changes})


def kind_with(kind: str, **settings: Any) -> ChannelKind:
    """A kind with its settings as its form leaves them."""
    found = channel_kind(kind)
    return found(clean_settings(found.SettingsForm, settings))
