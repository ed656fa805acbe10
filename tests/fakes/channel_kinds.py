"""Kinds of channels for tests of what all kinds share; they post to a fake receiver."""

from dataclasses import replace
from typing import ClassVar

from django import forms

from alerts.delivery.kinds.base import ChannelKind, Envelope, KindForm, Sent
from alerts.delivery.kinds.posting import ask, json_request, judged


class PostKind(ChannelKind):
    """A machine behind a URL: nothing is held back."""

    kind = "post"
    description = "Posts a message and its key."
    bundles = False
    timeout_s = 1.0

    class SettingsForm(KindForm):
        secret_fields: ClassVar[frozenset[str]] = frozenset({"token"})
        destination_fields: ClassVar[frozenset[str]] = frozenset({"url"})
        url = forms.CharField(max_length=200)
        token = forms.CharField(max_length=80, required=False)

    async def send(self, envelope: Envelope) -> Sent:
        body = {
            "key": envelope.key,
            "title": envelope.message.title,
            "text": envelope.message.text,
            "kind": envelope.message.kind,
            "to": envelope.address,
        }
        answer = await ask(json_request(self.settings["url"], body), self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent = judged(answer, envelope.now, ref=f"ref-{envelope.key}")
        return replace(sent, disable_channel=answer.status == 410)

    def endpoint(self, address: str) -> str:
        return str(self.settings["url"]).partition("://")[2]


class PeopleKind(PostKind):
    """People with addresses, such as mail: what is held back is bundled."""

    kind = "people"
    takes_addresses = True
    bundles = True

    @classmethod
    def clean_address(cls, address: str) -> str:
        if "@" not in address:
            raise forms.ValidationError("An address looks like name@example.org.")
        return address.strip().lower()


class SmsKind(PeopleKind):
    """Goes by the name that the table of limits knows."""

    kind = "sms"


class ChatKind(PostKind):
    """One message a second for each channel, as Slack demands."""

    kind = "chat"
    bundles = True
    least_interval_s = 1.0
