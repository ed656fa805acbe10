"""A message as Alertmanager's webhook says it (version 4), so that every receiver made for that understands it. Pure.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import datetime
from typing import Any

from alerts.delivery.messages import AlertView, Message, iso

NEVER = "0001-01-01T00:00:00Z"  # Go's zero time: how Alertmanager says that an alert has not ended


def alertmanager_body(message: Message, now: datetime) -> dict[str, Any]:
    """The body. A message that is about no alerts is told as one made of its title."""
    told = message.alerts or (_alert_of(message, now),)
    firing = any(alert.status == "firing" for alert in told)
    return {
        "version": "4",
        "groupKey": message.group_key or message.thread or message.subject,
        "truncatedAlerts": message.truncated_alerts,
        "status": "firing" if firing else "resolved",
        "receiver": message.receiver,
        "groupLabels": dict(message.group_labels),
        "commonLabels": dict(message.common_labels),
        "commonAnnotations": dict(message.common_annotations),
        "externalURL": message.url,
        "alerts": [_alert(alert) for alert in told],
    }


def _alert(alert: AlertView) -> dict[str, Any]:
    return {
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.starts_at or NEVER,
        "endsAt": alert.ends_at or NEVER,
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _alert_of(message: Message, now: datetime) -> AlertView:
    labels = {"alertname": message.title or message.kind, "severity": message.severity}
    if message.number is not None:
        labels["incident"] = str(message.number)
    resolved = message.kind == "resolved"
    return AlertView(
        "resolved" if resolved else "firing",
        labels,
        {"summary": message.text or message.title},
        starts_at=iso(now),
        ends_at=iso(now) if resolved else "",
        generator_url=message.url,
    )
