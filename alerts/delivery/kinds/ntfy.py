"""`ntfy`: a topic of an ntfy server, published as JSON. https://docs.ntfy.sh/publish/#publish-as-json"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import UrlField, place_of
from alerts.delivery.kinds.posting import ask, json_of, json_request, judged
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import Unit, cut_line
from alerts.delivery.rendering.short import short_text
from opsportal.http import BearerAuth

LONGEST_MESSAGE = 4_096  # bytes; a longer one would become an attachment
LONGEST_TITLE = 250
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
TOPIC_WORDS = "A topic has 1 to 64 letters, digits, - and _."
PRIORITIES = {"critical": 5, "error": 4, "warning": 3, "notice": 3, "info": 2}
TAGS = {"critical": "rotating_light", "error": "warning", "warning": "warning", "notice": "bell", "info": "bell"}
CALM_TAGS = {"resolved": "white_check_mark", "acknowledged": "eyes", "test": "test_tube"}


class NtfyForm(KindForm):
    """The settings of an ntfy server."""

    secret_fields = frozenset({"token"})
    destination_fields = frozenset({"url"})

    url = UrlField(initial="https://ntfy.sh", help_text="The server, without a topic.")
    topic = forms.CharField(
        required=False, max_length=64, help_text="Topic that is told when the channel itself is the target."
    )
    token = forms.CharField(
        required=False, max_length=200, widget=forms.PasswordInput, help_text="Access token, tk_…, if the server asks."
    )

    def clean_topic(self) -> str:
        return _topic(self.cleaned_data["topic"]) if self.cleaned_data["topic"] else ""

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ValidationError("An access token looks like tk_….")
        return token


class NtfyKind(ChannelKind):
    kind = "ntfy"
    description = "Publishes to a topic of an ntfy server: push messages on telephones."
    icon = "notifications_active"
    takes_addresses = True
    address_label = "ntfy topic"
    SettingsForm: ClassVar[type[KindForm]] = NtfyForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        self.auth = BearerAuth(settings["token"]) if settings.get("token") else None

    @classmethod
    def clean_address(cls, address: str) -> str:
        return _topic(address.strip())

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Publish once."""
        topic = envelope.address or self.settings.get("topic") or ""
        if not topic:
            return Sent(Outcome.PERMANENT, "The channel has no topic of its own: give it one in `topic`.")
        hidden = (topic, *(self.auth.secrets if self.auth else ()))
        request = json_request(self.url, self.body_of(envelope, topic), secrets=hidden, auth=self.auth)
        answer = await ask(request, self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent = judged(answer, envelope.now, hidden)
        if sent.outcome == Outcome.DELIVERED:
            return replace(sent, answer="ok", provider_ref=str(json_of(answer).get("id", ""))[:250])
        return sent

    def body_of(self, envelope: Envelope, topic: str) -> dict[str, Any]:
        """What is published."""
        told = envelope.message
        calm = CALM_TAGS.get(told.kind)
        body: dict[str, Any] = {
            "topic": topic,
            "title": cut_line(parts.title(told), LONGEST_TITLE, Unit.BYTES),
            "message": short_text(told, LONGEST_MESSAGE, Unit.BYTES, with_title=len(parts.title(told)) > LONGEST_TITLE),
            "priority": 3 if calm else PRIORITIES.get(told.severity, 3),
            "tags": [calm or TAGS.get(told.severity, "bell")],
        }
        if parts.is_link(told.url):
            body["click"] = told.url
        if envelope.answer_url:
            body["actions"] = [{"action": "view", "label": "Answer", "url": envelope.answer_url}]
        return body


def _topic(text: str) -> str:
    if TOPIC.fullmatch(text) is None:
        raise ValidationError(TOPIC_WORDS)
    return text
