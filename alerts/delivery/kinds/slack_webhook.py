"""`slack_webhook`: a Slack channel by its incoming webhook. It can neither thread nor update nor take answers; `slack` can."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import UrlField, place_of, url_secrets
from alerts.delivery.kinds.posting import ask, json_request, judged
from alerts.delivery.rendering import slack

REFUSED_BLOCKS = ("invalid_blocks", "msg_blocks_too_long", "invalid_payload")


class SlackWebhookForm(KindForm):
    """The settings of an incoming webhook."""

    secret_fields = frozenset({"url"})

    url = UrlField(help_text="https://hooks.slack.com/services/…", widget=forms.PasswordInput)

    def clean_url(self) -> str:
        """Slack's hosts hand out https only."""
        url = str(self.cleaned_data["url"])
        if "slack.com" in url and not url.startswith("https://"):
            raise ValidationError("Slack's webhooks begin with https://.")
        return url


class SlackWebhookKind(ChannelKind):
    kind = "slack_webhook"
    description = "Posts to one Slack channel by an incoming webhook."
    icon = "tag"
    least_interval_s = 1.0
    SettingsForm: ClassVar[type[KindForm]] = SlackWebhookForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        self.hidden = url_secrets(self.url)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.url, secret_from=2)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Post once; without blocks a second time where Slack refuses those."""
        told = envelope.message
        text = slack.fallback_text(told)
        sent = await self._post(envelope, {"text": text, "blocks": slack.blocks(told), "unfurl_links": False})
        if sent.status_code == 400 and sent.answer.startswith(REFUSED_BLOCKS):
            return await self._post(envelope, {"text": text})
        return sent

    async def _post(self, envelope: Envelope, body: dict[str, Any]) -> Sent:
        answer = await ask(json_request(self.url, body, secrets=self.hidden), self.timeout_s)
        return answer if isinstance(answer, Sent) else judged(answer, envelope.now, self.hidden)
