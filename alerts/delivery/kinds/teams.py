"""`teams`: a Microsoft Teams channel or chat, by the webhook of a workflow, as an adaptive card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using: 28 KB a message.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import UrlField, place_of, url_secrets
from alerts.delivery.kinds.posting import ask, json_request, judged
from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.fitting import fitted

MOST_BYTES = 28_000
MARKDOWN = {ord(sign): f"\\{sign}" for sign in "\\*_[]`~#<"}
COLOURS = {"critical": "attention", "error": "attention", "warning": "warning"}
CALM = {"resolved": "good", "acknowledged": "accent"}


class TeamsForm(KindForm):
    """The settings of a workflow's webhook."""

    secret_fields = frozenset({"url"})

    url = UrlField(
        help_text="Of the workflow `Post to a channel when a webhook request is received`.", widget=forms.PasswordInput
    )


class TeamsKind(ChannelKind):
    kind = "teams"
    description = "Posts an adaptive card to Microsoft Teams by a workflow's webhook."
    icon = "groups"
    least_interval_s = 0.25  # four requests a second are allowed
    SettingsForm: ClassVar[type[KindForm]] = TeamsForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        self.hidden = url_secrets(self.url)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Post once. The workflow answers 202 before it has run."""
        body = fitted(envelope.message, MOST_BYTES, teams_body)
        answer = await ask(json_request(self.url, body, secrets=self.hidden), self.timeout_s)
        return answer if isinstance(answer, Sent) else judged(answer, envelope.now, self.hidden)


def teams_body(message: Message) -> dict[str, Any]:
    """A message with one adaptive card, version 1.4."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": _body(message),
        "actions": [{"type": "Action.OpenUrl", "title": name, "url": url} for name, url in parts.links(message)],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(message: Message) -> list[dict[str, Any]]:
    colour = CALM.get(message.kind) or COLOURS.get(message.severity, "default")
    body = [_block(parts.title(message), size="large", weight="bolder", color=colour)]
    if (text := parts.text(message)).strip():
        body.append(_block(text))
    body.append(_facts(parts.facts(message)))
    if shared := parts.shared(message):
        body.append(_facts(shared))
    for alert in parts.alerts(message):
        body.append(_block(alert.heading, weight="bolder", separator=True))
        if alert.pairs:
            body.append(_facts(list(alert.pairs)))
    if more := parts.alerts_left_out(message):
        body.append(_block(more))
    return body


def _block(text: str, **options: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": escaped(text), "wrap": True, **options}


def _facts(pairs: list[parts.Pair]) -> dict[str, Any]:
    return {
        "type": "FactSet",
        "facts": [{"title": escaped(name), "value": escaped(told) or " "} for name, told in pairs],
    }


def escaped(text: str) -> str:
    """Text that Teams' Markdown shows as it is; a line break takes two there."""
    return text.translate(MARKDOWN).replace("\n", "\n\n")
