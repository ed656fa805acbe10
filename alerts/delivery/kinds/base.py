"""The contract of a kind of channel: a message in, one `Sent` out, before the deadline.

A kind renders the message within its documented limits, cutting visibly and never sending what would be rejected, sends it once, and
says what came of it. It raises nothing for a fault of the receiver. The sender bounds `send` by the deadline, counts tries, waits,
opens circuits; a kind does none of that.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.messages import Message

Json = Any


class KindForm(forms.Form):
    """The settings of a kind: the one definition that the admin, the API, the commands and the pages validate with.

    A field whose name is in `secret_fields` is stored sealed, is never shown again, and is left as it was when submitted empty.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    destination_fields: ClassVar[frozenset[str]] = frozenset()
    """Where the secrets are sent: when one of these names another place, stored secrets must be given again."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is sent and how it is known. `address`: of the contact method, or empty for the channel's own place.

    `key` is the idempotency key, the same on every try. `earlier_ref`: the provider's name of this thread's first message on this
    channel and address, for kinds that thread or update in place. `answer_url`: the signed page where the reader acknowledges, resolves or
    snoozes, empty where nothing can be answered; `code`: the short number of the incident for replies by SMS.
    """

    key: str
    message: Message
    now: datetime
    address: str = ""
    attempt: int = 1
    earlier_ref: str = ""
    answer_url: str = ""
    code: str = ""
    delivery_id: int | None = None
    callback_url: str = ""  # where the provider reports what became of it (SMS)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a try. `answer`: the receiver's own words, cut to 2,000 characters, without secrets."""

    outcome: Outcome
    answer: str = ""
    status_code: int | None = None
    retry_after_s: float | None = None
    provider_ref: str = ""
    endpoint_at_fault: bool = (
        False  # True: counts for the circuit breaker (no answer, 5xx, 429); False: the message was at fault
    )
    disable_channel: bool = False  # True: the receiver said that its address is gone for good (410)


class ChannelKind(ABC):
    """One kind of channel. An instance belongs to one revision of one channel and sends many messages at once."""

    kind: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str] = "send"
    takes_addresses: ClassVar[bool] = False  # True: contact methods of people may use it
    address_label: ClassVar[str] = ""
    least_interval_s: ClassVar[float] = 0.0  # between two messages of one channel (Slack: 1)
    timeout_s: ClassVar[float] = 10.0
    bundles: ClassVar[bool] = True  # whether messages that a throttle held back may become one; never for machines
    SettingsForm: ClassVar[type[KindForm]]

    def __init__(self, settings: Mapping[str, Json]) -> None:
        """`settings`: what `clean_settings` returned, secrets included."""
        self.settings = settings

    @abstractmethod
    async def send(self, envelope: Envelope) -> Sent:
        """Send once. Bounded by the sender."""

    def endpoint(self, address: str) -> str:
        """Where this sends to, for the circuit breaker: such as `hooks.slack.com/T0…` without a secret in it."""
        return self.kind

    @classmethod
    def clean_address(cls, address: str) -> str:
        """The address normalised. Raises forms.ValidationError that says what one looks like."""
        return address.strip()
