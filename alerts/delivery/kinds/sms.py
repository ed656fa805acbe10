"""`sms`: text messages through Twilio's REST API.

https://www.twilio.com/docs/messaging/api/message-resource. Twilio says later what became of a message, to `callback_url`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import place_of
from alerts.delivery.kinds.posting import ask, json_of, judged
from alerts.delivery.rendering.sms import segments, sms_text
from opsportal.http import BasicAuth, Request

E164 = re.compile(r"\+[1-9]\d{6,14}")
DECORATION = re.compile(r"[\s()./-]")
ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
SERVICE = re.compile(r"MG[0-9a-f]{32}")
TOO_MANY = frozenset({20429, 14107, 30001})  # requests, messages of one sender, messages in the queue
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class SmsForm(KindForm):
    """The settings of a Twilio account."""

    secret_fields = frozenset({"auth_token"})

    account_sid = forms.CharField(max_length=34, help_text="AC…, on the first page of Twilio's console.")
    auth_token = forms.CharField(max_length=100, widget=forms.PasswordInput, help_text="Beside the account SID.")
    from_number = forms.CharField(required=False, max_length=20, help_text="A number of the account, such as +43…")
    messaging_service_sid = forms.CharField(
        required=False, max_length=34, help_text="MG…, instead of one number: Twilio chooses one of its pool."
    )
    to = forms.CharField(
        required=False, max_length=20, help_text="Number that is told when the channel itself is the target."
    )
    validity_s = forms.IntegerField(
        min_value=60,
        max_value=36_000,
        initial=3_600,
        help_text="How long Twilio may try, before the message is worthless.",
    )

    def clean_account_sid(self) -> str:
        return _matching(self.cleaned_data["account_sid"], ACCOUNT, "An account SID is AC and 32 hexadecimal digits.")

    def clean_messaging_service_sid(self) -> str:
        words = "A messaging service SID is MG and 32 hexadecimal digits."
        return _matching(self.cleaned_data["messaging_service_sid"], SERVICE, words)

    def clean_from_number(self) -> str:
        return number(self.cleaned_data["from_number"]) if self.cleaned_data["from_number"] else ""

    def clean_to(self) -> str:
        return number(self.cleaned_data["to"]) if self.cleaned_data["to"] else ""

    def clean(self) -> dict[str, Any]:
        """A sender is needed, and only one."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        given = [name for name in ("from_number", "messaging_service_sid") if data.get(name)]
        if len(given) != 1 and not self.errors:
            self.add_error("from_number", "Give a number or a messaging service, one of them.")
        return data


class SmsKind(ChannelKind):
    kind = "sms"
    description = "Sends text messages through Twilio; people answer them by replying."
    icon = "sms"
    takes_addresses = True
    address_label = "Telephone number"
    api_url: ClassVar[str] = "https://api.twilio.com"
    SettingsForm: ClassVar[type[KindForm]] = SmsForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.auth = BasicAuth(settings["account_sid"], settings["auth_token"])

    @classmethod
    def clean_address(cls, address: str) -> str:
        return number(address)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.api_url)}"

    async def send(self, envelope: Envelope) -> Sent:
        """Hand one message to Twilio. Delivered means that Twilio has taken it; what became of it comes by callback."""
        to = envelope.address or self.settings.get("to") or ""
        if not to:
            return Sent(Outcome.PERMANENT, "The channel has no number of its own: give it one in `to`.")
        form = self.form_of(envelope, to)
        url = f"{self.api_url}/2010-04-01/Accounts/{self.settings['account_sid']}/Messages.json"
        request = Request(url, "POST", FORM, urlencode(form).encode(), max_bytes=65_536, auth=self.auth)
        answer = await ask(request, self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent = judged(answer, envelope.now, self.auth.secrets)
        said = json_of(answer)
        if sent.outcome == Outcome.DELIVERED:
            parts = segments(form["Body"])
            words = f"{said.get('status', 'accepted')}, {parts} segment{'s' if parts != 1 else ''}"
            return replace(sent, answer=words, provider_ref=str(said.get("sid", ""))[:250])
        if said.get("code") in TOO_MANY:
            return replace(sent, outcome=Outcome.RETRY, endpoint_at_fault=True)
        return sent

    def form_of(self, envelope: Envelope, to: str) -> dict[str, str]:
        """What is posted."""
        form = {
            "To": to,
            "Body": sms_text(envelope.message, code=envelope.code),
            "ValidityPeriod": str(self.settings["validity_s"]),
        }
        if self.settings.get("messaging_service_sid"):
            form["MessagingServiceSid"] = self.settings["messaging_service_sid"]
        else:
            form["From"] = self.settings["from_number"]
        if envelope.callback_url.startswith(("https://", "http://")):
            form["StatusCallback"] = envelope.callback_url
        return form


def number(text: str) -> str:
    """A telephone number in E.164. Raises forms.ValidationError that says what one looks like."""
    bare = DECORATION.sub("", text)
    bare = "+" + bare[2:] if bare.startswith("00") else bare
    return _matching(bare, E164, "A number begins with + and the country's code, such as +43 660 1234567.")


def _matching(text: str, pattern: re.Pattern[str], words: str) -> str:
    if text and pattern.fullmatch(text) is None:
        raise ValidationError(words)
    if not text and pattern is E164:
        raise ValidationError(words)
    return text
