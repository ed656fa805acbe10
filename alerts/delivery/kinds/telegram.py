"""`telegram`: a bot of Telegram. https://core.telegram.org/bots/api#sendmessage

Sent as plain text, so that nothing in it is markup; an @ is followed by a joiner, so that it names nobody.
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
from alerts.delivery.kinds.posting import LONGEST_WAIT_S, ask, json_of, json_request, judged
from alerts.delivery.rendering.cutting import Unit
from alerts.delivery.rendering.short import short_text

LONGEST_TEXT = 4_096  # UTF-16 units
TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,80}")
CHAT = re.compile(r"-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}")
NO_MENTIONS = {ord("@"): "@\u2060"}
CHAT_WORDS = "A chat id is a number, such as 123456789 or -1001234567890; a public channel is @itsname."


class TelegramForm(KindForm):
    """The settings of a bot."""

    secret_fields = frozenset({"token"})

    token = forms.CharField(max_length=120, widget=forms.PasswordInput, help_text="Of the bot, from @BotFather.")
    chat_id = forms.CharField(
        required=False, max_length=40, help_text="Chat that is told when the channel itself is the target."
    )

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        if TOKEN.fullmatch(token) is None:
            raise ValidationError("A bot's token looks like 123456:ABC-DEF…, as @BotFather gave it.")
        return token

    def clean_chat_id(self) -> str:
        return _chat(self.cleaned_data["chat_id"]) if self.cleaned_data["chat_id"] else ""


class TelegramKind(ChannelKind):
    kind = "telegram"
    description = "Sends as a Telegram bot, to people and groups."
    icon = "chat"
    takes_addresses = True
    address_label = "Telegram chat id"
    least_interval_s = 1.0  # one a second in a chat
    api_url: ClassVar[str] = "https://api.telegram.org"
    SettingsForm: ClassVar[type[KindForm]] = TelegramForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.token: str = settings["token"]

    @classmethod
    def clean_address(cls, address: str) -> str:
        return _chat(address.strip())

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.api_url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Send once; a later message of a thread answers its first."""
        chat = envelope.address or self.settings.get("chat_id") or ""
        if not chat:
            return Sent(Outcome.PERMANENT, "The channel has no chat of its own: give it one in `chat_id`.")
        request = json_request(
            f"{self.api_url}/bot{self.token}/sendMessage", self.body_of(envelope, chat), secrets=(self.token,)
        )
        answer = await ask(request, self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent, said = judged(answer, envelope.now, (self.token,)), json_of(answer)
        if sent.outcome == Outcome.DELIVERED:
            ref = (said.get("result") or {}).get("message_id", "")
            return replace(sent, answer="ok", provider_ref=envelope.earlier_ref or str(ref))
        wait_s = (said.get("parameters") or {}).get("retry_after")
        words = str(said.get("description") or sent.answer)[:2_000]
        if isinstance(wait_s, int | float):
            return replace(sent, answer=words, retry_after_s=min(max(float(wait_s), 0.0), LONGEST_WAIT_S))
        return replace(sent, answer=words)

    def body_of(self, envelope: Envelope, chat: str) -> dict[str, Any]:
        """What is posted."""
        text = short_text(
            envelope.message, LONGEST_TEXT, Unit.UTF16, escapes=NO_MENTIONS, answer_url=envelope.answer_url
        )
        body: dict[str, Any] = {"chat_id": chat, "text": text, "link_preview_options": {"is_disabled": True}}
        if envelope.earlier_ref.isdigit():
            body["reply_parameters"] = {"message_id": int(envelope.earlier_ref), "allow_sending_without_reply": True}
        return body


def _chat(text: str) -> str:
    if CHAT.fullmatch(text) is None:
        raise ValidationError(CHAT_WORDS)
    return text
