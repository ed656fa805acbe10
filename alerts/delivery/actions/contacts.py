"""Writes of contact methods, and the proof that an address is its owner's."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from alerts.delivery.actions.channels import cleaned_address
from alerts.delivery.actions.outbox import Target, cancel, deliver
from alerts.delivery.choices import MessageKind, Urgency
from alerts.delivery.configuration import kind_of
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery, Spent
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, validate

if TYPE_CHECKING:
    from security.access.models import User

CODE_LASTS = timedelta(minutes=15)
CODES_APART = timedelta(minutes=1)
TRIES = 5
SALT = "alerts.delivery.contact_verify"


@transaction.atomic
def contact_save(
    *,
    user: "User",
    channel: Channel,
    name: str,
    address: str,
    enabled: bool = True,
    contact: ContactMethod | None = None,
    verified_at: datetime | None = None,
    by: Person = None,
) -> ContactMethod:
    """Add a way to a person, or edit `contact`. A changed address must be verified anew.

    `verified_at`: whoever may manage contacts vouches for the address. Raises ValidationError by field.
    """
    stored = ContactMethod.objects.select_for_update().get(pk=contact.pk) if contact else ContactMethod(user=user)
    kind = kind_of(channel.kind)
    if not kind.takes_addresses:
        raise ValidationError(
            {"channel": f"{channel} has one place of its own; choose a channel that takes addresses."}
        )
    values = {"channel": channel, "name": name.strip(), "address": cleaned_address(kind, address), "enabled": enabled}
    moved = stored.address != values["address"] or stored.channel_id != channel.pk
    changed = assign(stored, values)
    if moved:
        stored.verified_at = stored.stopped_at = None
    if verified_at is not None:
        changed += [] if stored.verified_at else ["verified_at"]
        stored.verified_at = stored.verified_at or verified_at
    validate(stored)
    if contact is None or changed or moved:
        stored.save()
        _tell("saved" if contact else "created", stored, by)
    return stored


@transaction.atomic
def contact_delete(*, contact: ContactMethod, now: datetime, by: Person = None) -> None:
    """Forget a way to a person. What waits for it is cancelled; the history of what was sent stays."""
    cancel(Delivery.objects.filter(contact=contact), now=now, reason="The contact method was deleted.")
    _tell("deleted", contact, by)
    contact.delete()


@transaction.atomic
def contact_code_send(*, contact: ContactMethod, now: datetime, by: Person = None) -> Delivery:
    """Send a code to the address; who can read it there proves that it is theirs. It lasts CODE_LASTS."""
    recent = Delivery.objects.filter(contact=contact, subject=_subject(contact), created_at__gt=now - CODES_APART)
    if recent.exists():
        raise ValidationError("A code was sent less than a minute ago; look for it before you ask for another.")
    nonce = secrets.token_hex(8)
    message = Message(
        kind=MessageKind.TEST,
        title=f"Your code is {_code(contact, nonce)}",
        text="Enter it in Opsportal to confirm that this address is yours. It lasts 15 minutes.",
        severity="info",
        subject=_subject(contact),
    )
    return deliver(
        key=f"{_subject(contact)}/{nonce}",
        message=message,
        target=Target(contact.channel, contact),
        why="The address is to be confirmed",
        now=now,
        urgency=Urgency.HIGH,
    )


def contact_verify(*, contact: ContactMethod, code: str, now: datetime, by: Person = None) -> ContactMethod:
    """Confirm an address by the code that was sent there. Raises ValidationError on `code`. TRIES wrong ones, and a new one is needed.

    Not inside a transaction: a wrong try is counted even though it raises.
    """
    sent = Delivery.objects.filter(contact=contact, subject=_subject(contact), created_at__gt=now - CODE_LASTS)
    latest = sent.order_by("-id").first()
    scope = f"verify:{latest.pk if latest else 0}"
    if latest is None or latest.address != contact.address or Spent.objects.filter(scope=scope).count() >= TRIES:
        raise ValidationError({"code": "There is no code that still counts; send a new one."})
    if not constant_time_compare(code.strip(), _code(contact, latest.key.rpartition("/")[2])):
        Spent.objects.create(scope=scope, at=now)
        raise ValidationError({"code": "That is not the code that was sent last."})
    with transaction.atomic():
        stored = ContactMethod.objects.select_for_update().get(pk=contact.pk)
        stored.verified_at = now
        stored.save(update_fields=["verified_at"])
        _tell("verified", stored, by)
    return stored


def _subject(contact: ContactMethod) -> str:
    return f"contact:{contact.pk}"


def _code(contact: ContactMethod, nonce: str) -> str:
    """Six digits of an HMAC over the address and a nonce: nothing secret is stored."""
    digest = salted_hmac(SALT, f"{contact.pk} {contact.address} {nonce}", algorithm="sha256").hexdigest()
    return f"{int(digest, 16) % 1_000_000:06d}"


def _tell(verb: str, contact: ContactMethod, by: Person) -> None:
    announce(
        kind=f"alerts.contact.{verb}",
        subject=f"user:{contact.user.get_username()}",
        summary=f"Contact method {contact} was {verb}",
        by=by,
        payload={"channel": contact.channel.slug},
    )
