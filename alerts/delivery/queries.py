"""Joined reads of this room: who was told what, why they, when, how it went, and why not the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from alerts.delivery.choices import CircuitState, State
from alerts.delivery.configuration import channel_settings
from alerts.delivery.models import Attempt, Channel, Circuit, ContactMethod, Delivery

__all__ = [
    "Told",
    "channel_settings",
    "channels_listed",
    "circuits_listed",
    "contacts_of",
    "deliveries_listed",
    "history",
    "may_see_address",
    "why_not",
]

MANAGE_CONTACTS = "delivery.change_contactmethod"
HIDDEN = "***"


def channels_listed() -> QuerySet[Channel]:
    return Channel.objects.select_related("fallback").order_by("name")


def circuits_listed() -> QuerySet[Circuit]:
    return Circuit.objects.select_related("channel").order_by("endpoint")


def deliveries_listed() -> QuerySet[Delivery]:
    """The newest first, with what their pages show."""
    return Delivery.objects.select_related("channel", "user", "contact").order_by("-created_at", "-id")


def contacts_of(person: Any) -> QuerySet[ContactMethod]:
    """The contact methods that somebody may see: their own, or all for those who manage them."""
    listed = ContactMethod.objects.select_related("user", "channel").order_by("user__username", "name")
    return listed if person.has_perm(MANAGE_CONTACTS) else listed.filter(user=person.pk)


def may_see_address(person: Any, delivery: Delivery) -> bool:
    """Addresses are personal: their owner sees them, and whoever manages contacts."""
    return bool(person.has_perm(MANAGE_CONTACTS) or (delivery.user_id is not None and delivery.user_id == person.pk))


def why_not(delivery: Delivery) -> str:
    """In one sentence why this has not been told by itself, or not yet; empty when it was."""
    match delivery.state:
        case State.CANCELLED:
            return delivery.ended_why or "Nobody needed to be told any more"
        case State.BUNDLED:
            return f"Told as part of another message: {delivery.held_by}"
        case State.FAILED:
            return delivery.last_error or "It was not taken"
        case State.PENDING if delivery.held_by:
            return f"Held back: {delivery.held_by}"
        case State.PENDING if delivery.last_error:
            return f"Tried again at {delivery.next_attempt_at:%H:%M:%S}: {delivery.last_error}"
        case State.PENDING:
            return "Waits for its time"
    return ""


@dataclass(frozen=True, slots=True)
class Told:
    """One delivery with everything that is known of it. `told_at` is None while nobody has got it."""

    delivery: Delivery
    attempts: Sequence[Attempt]
    told_at: datetime | None
    why_not: str
    part_of: Delivery | None
    fallbacks: Sequence[Delivery]


def history(subject: str) -> list[Told]:
    """Everything that was ever to be told about a subject, such as `incident:42`, the oldest first. Three statements."""
    found = (
        Delivery.objects.about(subject)
        .select_related("channel", "user", "contact", "bundled_into", "fallback_of")
        .prefetch_related(
            Prefetch("attempts", queryset=Attempt.objects.order_by("number")),
            Prefetch("fallbacks", queryset=Delivery.objects.order_by("id")),
        )
        .order_by("created_at", "id")
    )
    return [_told(one) for one in found]


def _told(one: Delivery) -> Told:
    part_of = one.bundled_into
    told_at = one.finished_at if one.state == State.DELIVERED else None
    if part_of is not None and part_of.state == State.DELIVERED:
        told_at = part_of.finished_at
    return Told(one, list(one.attempts.all()), told_at, why_not(one), part_of, list(one.fallbacks.all()))


def health(channels: Iterable[Channel]) -> dict[int, str]:
    """The worst circuit of each channel by its id, and in words; those that are well are left out."""
    troubled = Circuit.objects.filter(channel__in=[one.pk for one in channels]).exclude(state=CircuitState.CLOSED)
    return {one.channel_id: one.get_state_display() for one in troubled}
