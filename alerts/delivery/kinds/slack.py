"""`slack`: a Slack app with a bot token: threads, messages updated in place, buttons, and direct messages to people.

https://docs.slack.dev/reference/methods/chat.postMessage. Slack answers nearly everything with 200; whether it worked is in `ok`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import place_of
from alerts.delivery.kinds.posting import answer_words, ask, json_of, json_request, judged, retry_after_s
from alerts.delivery.rendering import slack
from opsportal.http import BearerAuth, Response

AGAIN_LATER = frozenset(
    {"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"}
)
REFUSED_BLOCKS = frozenset({"invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"})
NO_SUCH_MESSAGE = frozenset({"thread_not_found", "message_not_found"})
USER_ID = re.compile(r"[UW][A-Z0-9]{5,20}")
CHANNEL = re.compile(r"[CGDUW][A-Z0-9]{5,20}|#[^\s#@,]{1,80}")


class SlackForm(KindForm):
    """The settings of a Slack app."""

    secret_fields = frozenset({"token", "signing_secret"})

    token = forms.CharField(max_length=300, widget=forms.PasswordInput, help_text="Bot token, xoxb-…")
    signing_secret = forms.CharField(
        required=False, max_length=100, widget=forms.PasswordInput, help_text="Of the app. Empty: no buttons."
    )
    channel = forms.CharField(
        required=False, max_length=82, help_text="Channel id (C…) told when the channel itself is the target."
    )

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        if not token.isascii() or not token.startswith("xox") or not token.isprintable() or " " in token:
            raise ValidationError("A bot token begins with xoxb-.")
        return token

    def clean_channel(self) -> str:
        channel = str(self.cleaned_data["channel"])
        if channel and CHANNEL.fullmatch(channel) is None:
            raise ValidationError("A channel id looks like C024BE91L; it stands at the end of the channel's details.")
        return channel


class SlackKind(ChannelKind):
    """The first message of a thread is kept up to date in place; every later one is also a reply to it."""

    kind = "slack"
    description = "Posts as a Slack app: threads, updates in place, buttons, direct messages."
    icon = "tag"
    takes_addresses = True
    address_label = "Slack member ID"
    least_interval_s = 1.0
    api_url: ClassVar[str] = "https://slack.com/api"
    SettingsForm: ClassVar[type[KindForm]] = SlackForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.hidden = tuple(filter(None, (settings["token"], settings.get("signing_secret"))))

    @classmethod
    def clean_address(cls, address: str) -> str:
        found = address.strip()
        if USER_ID.fullmatch(found) is None:
            raise forms.ValidationError(
                "A member ID looks like U024BE7LH: in Slack, open the profile, More, Copy member ID."
            )
        return found

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.api_url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Post, or update the thread's first message and reply to it."""
        channel, _, ts = envelope.earlier_ref.rpartition(":")
        if channel and ts:
            sent = await self._follow_up(envelope, channel, ts)
            if sent is not None:
                return sent
        channel = envelope.address or self.settings.get("channel") or ""
        if not channel:
            return Sent(Outcome.PERMANENT, "The channel has no place of its own: give it one in `channel`.")
        return await self._post_in_full(envelope, "chat.postMessage", {"channel": channel})

    async def _follow_up(self, envelope: Envelope, channel: str, ts: str) -> Sent | None:
        """Update first, since that may be repeated, then reply. None: the first message is gone."""
        updated = await self._post_in_full(envelope, "chat.update", {"channel": channel, "ts": ts})
        if updated.outcome == Outcome.RETRY:
            return updated
        reply = {"channel": channel, "thread_ts": ts, "text": slack.fallback_text(envelope.message)}
        sent = await self._call(envelope, "chat.postMessage", reply)
        if sent.answer in NO_SUCH_MESSAGE:
            return None
        return replace(sent, provider_ref=envelope.earlier_ref)

    async def _post_in_full(self, envelope: Envelope, method: str, where: dict[str, str]) -> Sent:
        text = slack.fallback_text(envelope.message)
        blocks = slack.blocks(
            envelope.message, buttons=bool(self.settings.get("signing_secret")), delivery_id=envelope.delivery_id
        )
        sent = await self._call(envelope, method, {**where, "text": text, "blocks": blocks})
        if sent.answer in REFUSED_BLOCKS:
            return await self._call(envelope, method, {**where, "text": text})
        return sent

    async def _call(self, envelope: Envelope, method: str, body: dict[str, Any]) -> Sent:
        if method == "chat.postMessage":
            body = {**body, "unfurl_links": False, "unfurl_media": False}
        request = json_request(
            f"{self.api_url}/{method}",
            body,
            headers={"Content-Type": "application/json; charset=utf-8"},
            auth=BearerAuth(self.settings["token"]),
            secrets=self.hidden,
        )
        answer = await ask(request, self.timeout_s)
        return answer if isinstance(answer, Sent) else self._judged(answer, envelope)

    def _judged(self, answer: Response, envelope: Envelope) -> Sent:
        said = json_of(answer)
        if answer.status != 200 or "ok" not in said:
            sent = judged(answer, envelope.now, self.hidden)
            odd = sent.outcome == Outcome.DELIVERED
            return replace(sent, outcome=Outcome.RETRY, endpoint_at_fault=True) if odd else sent
        if said["ok"]:
            return Sent(Outcome.DELIVERED, "ok", 200, provider_ref=f"{said.get('channel', '')}:{said.get('ts', '')}")
        error = str(said.get("error", "")) or answer_words(answer, self.hidden)
        if error in AGAIN_LATER:
            wait_s = retry_after_s(answer.headers.get("Retry-After"), envelope.now)
            return Sent(Outcome.RETRY, error, 200, wait_s, endpoint_at_fault=True)
        return Sent(Outcome.PERMANENT, error[:2_000], 200)
