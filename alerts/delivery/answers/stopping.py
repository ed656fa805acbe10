"""People who answer STOP are told nothing more by that way, until they answer START."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from alerts.delivery.models import ContactMethod
from monitoring.events.announcing import announce


@transaction.atomic
def contacts_stop(*, contacts: Sequence[ContactMethod], now: datetime) -> int:
    """Stop what is not stopped yet; how many that were."""
    return _set(contacts, now, "stopped", now)


@transaction.atomic
def contacts_start(*, contacts: Sequence[ContactMethod], now: datetime) -> int:
    """Undo `contacts_stop`."""
    return _set(contacts, None, "started", now)


def _set(contacts: Sequence[ContactMethod], stopped_at: datetime | None, verb: str, now: datetime) -> int:
    changed = [contact for contact in contacts if (contact.stopped_at is None) != (stopped_at is None)]
    for contact in changed:
        contact.stopped_at = stopped_at
        contact.save(update_fields=["stopped_at"])
        announce(
            kind=f"alerts.contact.{verb}",
            subject=f"user:{contact.user}",
            summary=f"{contact.name} of {contact.user} was {verb} by its owner's reply",
            by=contact.user,
            payload={"contact": contact.pk, "name": contact.name},
            time=now,
        )
    return len(changed)
