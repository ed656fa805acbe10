"""Incidents and groups of alerts as messages to people and receivers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.conf import settings

from alerts.delivery.choices import MessageKind
from alerts.delivery.messages import AlertView, Message, iso
from alerts.incidents.estate import Estate
from alerts.incidents.identity import fingerprint
from alerts.incidents.models import Incident

MOST_ALERTS = 100
MOST_TITLE = 300
RESOLVED_WORDS = {MessageKind.RESOLVED: "Resolved: ", MessageKind.ACKNOWLEDGED: "Acknowledged: "}


class AlertLike(Protocol):
    """An alert, stored or read in bulk."""

    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def annotations(self) -> Mapping[str, str]: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def generator_url(self) -> str: ...


def alert_title(alert: AlertLike) -> str:
    """In one line what it says."""
    words = alert.annotations.get("summary") or alert.labels.get("alertname") or ""
    if not words:
        words = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
    return " ".join(str(words).split())[:MOST_TITLE]


def incident_message(
    incident: Incident,
    alerts: Sequence[AlertLike],
    estate: Estate,
    *,
    kind: MessageKind = MessageKind.FIRING,
    receiver: str = "",
) -> Message:
    """`alerts`: those that fire, or for its end those that did. `kind` RESOLVED says that all of them are over."""
    over = kind == MessageKind.RESOLVED
    count = len(alerts)
    more = f" (and {count - 1} more alerts)" if count > 2 else " (and another alert)" if count == 2 else ""
    return Message(
        kind=kind,
        title=RESOLVED_WORDS.get(kind, "") + incident.title + more,
        text=_text(alerts),
        severity=incident.severity,
        subject=incident.subject,
        thread=incident.thread,
        number=incident.pk,
        url=settings.PUBLIC_URL + incident.get_absolute_url(),
        runbook_url=_runbook(alerts, incident.service, estate),
        answerable=not over,
        alerts=tuple(alert_view(one, not over) for one in alerts[:MOST_ALERTS]),
        truncated_alerts=max(count - MOST_ALERTS, 0),
        receiver=receiver,
        group_key=incident.subject,
        common_labels=common([one.labels for one in alerts]),
        common_annotations=common([one.annotations for one in alerts]),
        facts=_facts(incident, estate),
    )


def group_message(
    *,
    group_key: str,
    thread: str,
    group_labels: Mapping[str, str],
    receiver: str,
    severity: str,
    firing: Sequence[AlertLike],
    resolved: Sequence[AlertLike],
    incident: Incident | None,
    estate: Estate,
) -> Message:
    """What Alertmanager tells its integrations: the alerts of a group that fire and those that are over."""
    alerts = [*((one, True) for one in firing), *((one, False) for one in resolved)]
    every = [one for one, _ in alerts]
    first = alert_title(every[0]) if every else group_key
    counted = f"{len(firing)} firing" + (f", {len(resolved)} resolved" if resolved else "") if firing else "Resolved"
    return Message(
        kind=MessageKind.FIRING if firing else MessageKind.RESOLVED,
        title=f"[{counted}] {first}"[:MOST_TITLE],
        text=_text(firing or resolved),
        severity=severity,
        subject=incident.subject if incident else thread,
        thread=thread,
        number=incident.pk if incident else None,
        url=settings.PUBLIC_URL + (incident.get_absolute_url() if incident else "/incidents/"),
        runbook_url=_runbook(every, incident.service if incident else "", estate),
        answerable=bool(firing) and incident is not None,
        alerts=tuple(alert_view(one, is_firing) for one, is_firing in alerts[:MOST_ALERTS]),
        truncated_alerts=max(len(alerts) - MOST_ALERTS, 0),
        receiver=receiver,
        group_key=group_key,
        group_labels=dict(group_labels),
        common_labels=common([one.labels for one in every]),
        common_annotations=common([one.annotations for one in every]),
        facts=_facts(incident, estate) if incident else {},
    )


def alert_view(alert: AlertLike, is_firing: bool) -> AlertView:
    return AlertView(
        status="firing" if is_firing else "resolved",
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
        starts_at=iso(alert.starts_at),
        ends_at="" if is_firing else iso(alert.ends_at),
        generator_url=alert.generator_url,
        fingerprint=fingerprint(alert.labels),
    )


def common(maps: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all agree in."""
    found: dict[str, str] | None = None
    for one in maps:
        found = dict(one) if found is None else {name: value for name, value in found.items() if one.get(name) == value}
        if not found:
            return {}
    return found or {}


def _text(alerts: Sequence[AlertLike]) -> str:
    """The description of the one alert, or the first lines of several."""
    if len(alerts) == 1:
        annotations = alerts[0].annotations
        return str(annotations.get("description") or annotations.get("message") or "")
    lines = [f"• {alert_title(one)}" for one in alerts[:10]]
    return "\n".join([*lines, *([f"• and {len(alerts) - 10} more"] if len(alerts) > 10 else [])])


def _runbook(alerts: Sequence[AlertLike], service: str, estate: Estate) -> str:
    named = next((url for one in alerts[:MOST_ALERTS] if (url := one.annotations.get("runbook_url"))), "")
    return str(named) or estate.runbook_url(service)


def _facts(incident: Incident, estate: Estate) -> dict[str, str]:
    facts = {
        "Service": estate.name(incident.service),
        "Since": f"{incident.opened_at:%Y-%m-%d %H:%M:%S %Z}",
        "Probable root": f"{incident.root_cause}: {incident.root_reason}" if incident.root_cause else "",
        "Owner": estate.owner(incident.service),
    }
    return {name: words for name, words in facts.items() if words}
