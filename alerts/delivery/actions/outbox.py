"""The outbox: what must be sent is a row first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from alerts.delivery.choices import OPEN, Outcome, State, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import Attempt, Channel, ContactMethod, Delivery
from alerts.delivery.wakeup import OUTBOX, TROUBLE
from opsportal.sweeps import wake


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: a channel, or a person's contact method."""

    channel: Channel
    contact: ContactMethod | None = None

    @property
    def name(self) -> str:
        return f"{self.contact.user} by {self.contact.name}" if self.contact else str(self.channel)


def fallback_time(channel: Channel, begins: datetime) -> datetime | None:
    """When the fallback of `channel` is told of a message that may be sent from `begins`; None: there is no fallback."""
    return begins + timedelta(seconds=channel.fallback_after_s) if channel.fallback_id else None


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
    fallback_of: Delivery | None = None,
) -> Delivery:
    """Put one message into the outbox, in the caller's transaction; the same `key` again is the same delivery, and changes nothing."""
    contact = target.contact
    begins = max(not_before or now, now)
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
            "next_attempt_at": begins,
            "deadline_at": begins + timedelta(seconds=target.channel.give_up_after_s),
            "fallback_at": fallback_time(target.channel, begins),
            "fallback_of": fallback_of,
        },
    )
    if made:
        wake(OUTBOX)
    return delivery


@transaction.atomic
def deliveries_cancel(
    *,
    subject: str,
    kinds: Sequence[str],
    now: datetime,
    to: AbstractBaseUser | None = None,
    reason: str = "",
) -> int:
    """Nobody need be told any more: cancel what waits; how many that were.

    What is under way in this moment may still arrive; if it does not, it is not tried again.
    """
    about = Delivery.objects.filter(subject=subject, kind__in=kinds)
    return cancel(about if to is None else about.filter(user=to), now=now, reason=reason)


def cancel(deliveries: Any, *, now: datetime, reason: str) -> int:
    """Cancel those of a queryset that are not over, in the caller's transaction; how many waited."""
    under_way = Q(state=State.SENDING)
    parts = Q(state=State.BUNDLED) & Q(bundled_into__state=State.PENDING)
    ids = list(
        deliveries.filter(Q(state=State.PENDING) | parts)
        .order_by("id")
        .values_list("id", flat=True)
        .select_for_update(of=["self"])
    )
    gone = Delivery.objects.filter(id__in=ids, state__in=[State.PENDING, State.BUNDLED]).update(
        state=State.CANCELLED, finished_at=now, ended_why=reason[:500], fallback_at=None, bundled_into=None
    )
    deliveries.filter(under_way).update(cancelled_at=now, ended_why=reason[:500], fallback_at=None)
    unbundle(ids, now)
    return int(gone)


def unbundle(heads: Collection[int], now: datetime) -> int:
    """What was part of a message that is not sent is on its own again; how many those are."""
    parts = Delivery.objects.filter(bundled_into__in=heads, state=State.BUNDLED)
    count = parts.update(state=State.PENDING, bundled_into=None, held_by="", next_attempt_at=now)
    if count:
        wake(OUTBOX)
    return count


def told_of(subject: str) -> list[Delivery]:
    """Who was told, or is being told, that `subject` fires: they are owed its end."""
    return list(
        Delivery.objects.filter(subject=subject, kind="firing", state__in=[*OPEN, State.DELIVERED, State.BUNDLED])
        .select_related("channel", "contact")
        .order_by("id")
    )


@transaction.atomic
def delivery_cancel(*, delivery: Delivery, now: datetime, by: AbstractBaseUser | None) -> bool:
    """Cancel one by hand; whether it waited."""
    who = by.get_username() if by else "somebody"
    return cancel(Delivery.objects.filter(pk=delivery.pk), now=now, reason=f"Cancelled by {who}") > 0


@transaction.atomic
def receipt_store(*, delivery_id: int, provider_ref: str, outcome: Outcome, answer: str, now: datetime) -> bool:
    """What a provider reports later of a message it had taken (SMS); whether it was news.

    A message that did not arrive after all has failed, and its fallback is told at once.
    """
    found = Delivery.objects.select_for_update().filter(pk=delivery_id, provider_ref=provider_ref).first()
    if found is None or found.state != State.DELIVERED or found.attempts.filter(answer=answer[:2000]).exists():
        return False
    number = found.attempts_made + 1
    Attempt.objects.create(
        delivery=found, number=number, started_at=now, duration_s=0.0, outcome=outcome, answer=answer[:2000]
    )
    found.attempts_made = number
    if outcome == Outcome.PERMANENT:
        found.state, found.finished_at, found.last_error, found.settled = State.FAILED, now, answer[:500], False
        found.fallback_at = now if found.channel and found.channel.fallback_id else None
        wake(TROUBLE)
    found.save(update_fields=["attempts_made", "state", "finished_at", "last_error", "settled", "fallback_at"])
    return True
