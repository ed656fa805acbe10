"""Writes of deliveries: what must be sent is a row first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from alerts.delivery.choices import OPEN, State, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery
from opsportal.sweeps import wake

OUTBOX = "delivery_outbox"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: a channel, or a person's contact method."""

    channel: Channel
    contact: ContactMethod | None = None

    @property
    def name(self) -> str:
        return f"{self.contact.user} by {self.contact.name}" if self.contact else str(self.channel)


@transaction.atomic
def deliver(
    *,
    key: str,
    message: Message,
    target: Target,
    why: str,
    now: datetime,
    urgency: Urgency = Urgency.NORMAL,
    fair_key: str = "",
    is_first: bool = False,
    not_before: datetime | None = None,
) -> Delivery:
    """Put one message into the outbox, in the caller's transaction; the same `key` again is the same delivery, and changes nothing."""
    contact = target.contact
    delivery, made = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "subject": message.subject,
            "thread": message.thread,
            "kind": message.kind,
            "urgency": urgency,
            "message": message.as_json(),
            "channel": target.channel,
            "contact": contact,
            "user": contact.user if contact else None,
            "address": contact.address if contact else "",
            "target_name": target.name[:250],
            "why": why[:500],
            "fair_key": fair_key,
            "is_first": is_first,
            "created_at": now,
            "next_attempt_at": not_before or now,
            "deadline_at": now + timedelta(seconds=target.channel.give_up_after_s),
        },
    )
    if made:
        wake(OUTBOX)
    return delivery


def deliveries_cancel(*, subject: str, kinds: Sequence[str], now: datetime, to: AbstractBaseUser | None = None) -> int:
    """Nobody need be told any more: cancel what waits and is not being sent; how many that were."""
    waiting = Delivery.objects.filter(subject=subject, kind__in=kinds, state=State.PENDING)
    if to is not None:
        waiting = waiting.filter(user=to)
    return waiting.update(state=State.CANCELLED, finished_at=now)


def told_of(subject: str) -> list[Delivery]:
    """Who was told, or is being told, that `subject` fires: they are owed its end."""
    return list(
        Delivery.objects.filter(subject=subject, kind="firing", state__in=[*OPEN, State.DELIVERED, State.BUNDLED])
        .select_related("channel", "contact")
        .order_by("id")
    )
