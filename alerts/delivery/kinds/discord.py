"""`discord`: a Discord channel by its webhook. https://discord.com/developers/docs/resources/webhook#execute-webhook"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from yarl import URL

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import UrlField, place_of, url_secrets
from alerts.delivery.kinds.posting import LONGEST_WAIT_S, ask, json_of, json_request, judged
from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import Unit, cut_line
from alerts.delivery.rendering.short import short_text

LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4_096
MARKDOWN = {ord(sign): f"\\{sign}" for sign in "\\*_~`|>#[]()<-"}


class DiscordForm(KindForm):
    """The settings of a webhook of Discord."""

    secret_fields = frozenset({"url"})

    url = UrlField(help_text="https://discord.com/api/webhooks/…", widget=forms.PasswordInput)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if "/api/webhooks/" not in url:
            raise ValidationError("A webhook of Discord looks like https://discord.com/api/webhooks/<number>/<token>.")
        return url


class DiscordKind(ChannelKind):
    kind = "discord"
    description = "Posts to one Discord channel by its webhook."
    icon = "forum"
    least_interval_s = 0.5  # five in two seconds are allowed
    SettingsForm: ClassVar[type[KindForm]] = DiscordForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        self.hidden = url_secrets(self.url)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Post once, and wait until Discord has it."""
        url = str(URL(self.url).update_query(wait="true"))
        answer = await ask(json_request(url, discord_body(envelope.message), secrets=self.hidden), self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent = judged(answer, envelope.now, self.hidden)
        said = json_of(answer)
        if sent.outcome == Outcome.DELIVERED:
            return replace(sent, answer="ok", provider_ref=str(said.get("id", ""))[:250])
        wait_s = said.get("retry_after")
        if sent.outcome == Outcome.RETRY and isinstance(wait_s, int | float):
            return replace(sent, retry_after_s=min(max(float(wait_s), sent.retry_after_s or 0.0), LONGEST_WAIT_S))
        return sent


def discord_body(message: Message) -> dict[str, Any]:
    """One embed. `allowed_mentions`: none, whatever the text says."""
    embed: dict[str, Any] = {
        "title": cut_line(parts.title(message), LONGEST_TITLE, Unit.UTF16, MARKDOWN),
        "description": short_text(message, LONGEST_DESCRIPTION, Unit.UTF16, escapes=MARKDOWN),
        "color": parts.colour(message),
    }
    if parts.is_link(message.url):
        embed["url"] = message.url
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}
