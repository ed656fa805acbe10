"""The ways back that a message carries: a signed link, a short code for replies, and where a provider reports to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.urls import reverse

from alerts.delivery.answers.codes import code_for
from alerts.delivery.models import Delivery
from alerts.delivery.responses import Verb

SALT = "alerts.delivery.answers"
GOOD_FOR = timedelta(days=7)
SNOOZE = timedelta(hours=1)
OFFERED = (Verb.ACKNOWLEDGE, Verb.RESOLVE, Verb.SNOOZE)
LETTERS = {"a": Verb.ACKNOWLEDGE, "r": Verb.RESOLVE, "s": Verb.SNOOZE}
NOT_PUBLIC = ("localhost", "127.", "[::1]")
SMS = "sms"


class Answering(NamedTuple):
    """What of an Envelope says how to answer; empty where there is no such way."""

    answer_url: str = ""
    code: str = ""
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What a link may do: these verbs, about this subject, for this person or for whoever reads the channel."""

    subject: str
    delivery_id: int
    user_id: int | None
    verbs: tuple[Verb, ...] = OFFERED

    def signed(self) -> str:
        """The token of the link, good for `GOOD_FOR`."""
        letters = "".join(letter for letter, verb in LETTERS.items() if verb in self.verbs)
        said = {"s": self.subject, "d": self.delivery_id, "u": self.user_id, "v": letters}
        return signing.dumps(said, salt=SALT, compress=True)

    @classmethod
    def read(cls, text: str) -> "Token":
        """Raises signing.SignatureExpired, and signing.BadSignature for whatever else is wrong with it."""
        said: dict[str, Any] = signing.loads(text, salt=SALT, max_age=GOOD_FOR)
        verbs = tuple(LETTERS[letter] for letter in said["v"])
        return cls(said["s"], said["d"], said["u"], verbs)


def answering(delivery: Delivery) -> Answering:
    """How the reader of a delivery may answer. Writes the code of one by SMS; a query or two."""
    is_sms = delivery.channel is not None and delivery.channel.kind == SMS
    callback = callback_url(delivery) if is_sms else ""
    if not (delivery.message.get("answerable") and delivery.subject):
        return Answering(callback_url=callback)
    code = code_for(delivery) if is_sms else ""
    return Answering(answer_url(delivery), code, callback)


def answer_url(delivery: Delivery) -> str:
    """The signed page where this delivery's reader answers."""
    token = Token(delivery.subject, delivery.pk, delivery.user_id).signed()
    return settings.PUBLIC_URL + reverse("delivery:answer", args=[token])


def callback_url(delivery: Delivery) -> str:
    """Where Twilio reports what became of a message; empty where it could not reach the portal anyway."""
    if delivery.channel is None or (urlsplit(settings.PUBLIC_URL).hostname or "").startswith(NOT_PUBLIC):
        return ""
    path = reverse("delivery:twilio_status", args=[delivery.channel.slug])
    return f"{settings.PUBLIC_URL}{path}?delivery={delivery.pk}"
