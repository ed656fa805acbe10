"""`pagerduty`: PagerDuty's Events API v2: firing triggers, acknowledging acknowledges, resolving resolves.

https://developer.pagerduty.com/docs/send-alert-event: 512 KB, summary 1,024, dedup_key 255 characters; 202 when taken, 400 never again,
429 and 5xx again later. An acknowledgement or a resolve of a key that is not open is taken and dropped there.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import place_of
from alerts.delivery.kinds.posting import ask, json_of, json_request, judged
from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cleaning import named_apart, one_line, storable
from alerts.delivery.rendering.cutting import cut

MOST_BYTES = 512_000
LONGEST_SUMMARY = 1_024
LONGEST_KEY = 255
LONGEST_NAME = 255
ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")
SEVERITIES = {"critical": "critical", "error": "error", "warning": "warning", "notice": "info", "info": "info"}
ACTIONS = {"resolved": "resolve", "acknowledged": "acknowledge"}
TOO_LARGE = {
    "error": "The details are left out: with them the event was larger than the 512,000 bytes PagerDuty takes."
}


class PagerDutyForm(KindForm):
    """The settings of an integration of a PagerDuty service."""

    secret_fields = frozenset({"routing_key"})

    routing_key = forms.CharField(
        max_length=32, widget=forms.PasswordInput, help_text="Integration key of the service, Events API v2."
    )

    def clean_routing_key(self) -> str:
        key = str(self.cleaned_data["routing_key"])
        if ROUTING_KEY.fullmatch(key) is None:
            raise ValidationError("An integration key has 32 letters and digits.")
        return key


class PagerDutyKind(ChannelKind):
    kind = "pagerduty"
    description = "Triggers, acknowledges and resolves incidents in PagerDuty."
    icon = "emergency"
    api_url: ClassVar[str] = "https://events.pagerduty.com"
    bundles = False
    SettingsForm: ClassVar[type[KindForm]] = PagerDutyForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.hidden = (settings["routing_key"],)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.api_url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Enqueue one event."""
        event = self.event_of(envelope)
        request = json_request(f"{self.api_url}/v2/enqueue", event_bytes(event), secrets=self.hidden)
        answer = await ask(request, self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        key = str(json_of(answer).get("dedup_key") or event["dedup_key"])
        return replace(
            judged(answer, envelope.now, self.hidden), provider_ref=key[:250] if answer.status == 202 else ""
        )

    def event_of(self, envelope: Envelope) -> dict[str, Any]:
        """The event, in whatever size."""
        told = envelope.message
        action = ACTIONS.get(told.kind, "trigger")
        key = dedup_key(told.thread or told.subject or envelope.key)
        event: dict[str, Any] = {"routing_key": self.settings["routing_key"], "event_action": action, "dedup_key": key}
        if action != "trigger":
            return event
        links = [{"href": url, "text": name} for name, url in parts.links(told)]
        client = {"client": "Opsportal", "client_url": told.url} if parts.is_link(told.url) else {"client": "Opsportal"}
        return {**event, "payload": _payload(told), "links": links, **client}


def dedup_key(thread: str) -> str:
    """The thread, or where it is too long for a key, its beginning and its hash."""
    if len(thread) <= LONGEST_KEY and thread.isprintable():
        return thread
    digest = sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{one_line(thread)[:150]}/{digest}"


def event_bytes(event: dict[str, Any]) -> bytes:
    """The event's JSON; where it is too large, its details are replaced by a note."""
    body = orjson.dumps(event)
    if len(body) > MOST_BYTES:
        body = orjson.dumps({**event, "payload": {**event["payload"], "custom_details": TOO_LARGE}})
    return body


def _payload(told: Message) -> dict[str, Any]:
    labels = {**told.group_labels, **told.common_labels}
    source = labels.get("instance") or labels.get("service") or told.subject or "opsportal"
    optional = {
        "component": labels.get("service", ""),
        "group": told.receiver,
        "class": labels.get("alertname", ""),
        "timestamp": min((alert.starts_at for alert in told.alerts if alert.starts_at), default=""),
    }
    return {
        "summary": cut(parts.title(told), LONGEST_SUMMARY),
        "source": cut(one_line(source), LONGEST_NAME) or "opsportal",
        "severity": SEVERITIES.get(told.severity, "error"),
        **{name: cut(one_line(text), LONGEST_NAME) for name, text in optional.items() if text},
        "custom_details": _details(told),
    }


def _details(told: Message) -> dict[str, Any]:
    return {
        "text": parts.text(told),
        "facts": named_apart(parts.facts(told)),
        "shared": named_apart(parts.shared(told)),
        "alerts": [named_apart([("alert", alert.heading), *alert.pairs]) for alert in parts.alerts(told)],
        "left_out": parts.alerts_left_out(told),
        "subject": storable(told.subject),
    }
