"""Short numbers by which a person's replies name an incident: each contact counts for itself, so that 1 stays short."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from alerts.delivery.models import ContactMethod, Delivery

REMEMBERED = timedelta(days=7)
HIGHEST = 99


@transaction.atomic
def code_for(delivery: Delivery) -> str:
    """The number of a delivery's subject for its contact: the one it already has, or the lowest that is free."""
    if delivery.code or delivery.contact_id is None:
        return delivery.code
    ContactMethod.objects.select_for_update().get(pk=delivery.contact_id)  # two numbers are not given at once
    taken = _subjects(delivery.contact_id, delivery.created_at)
    code = next((number for number, (subject, _) in taken.items() if subject == delivery.subject), "")
    code = code or next((str(n) for n in range(1, HIGHEST + 1) if str(n) not in taken), "") or _oldest(taken)
    Delivery.objects.filter(pk=delivery.pk).update(code=code)
    return code


def subject_of(contacts: list[ContactMethod], code: str, now: datetime) -> tuple[ContactMethod, Delivery] | None:
    """What a number means to whoever has these contacts: that which they were told last under it."""
    found = (
        Delivery.objects.filter(contact__in=contacts, code=code, created_at__gt=now - REMEMBERED)
        .select_related("contact__user")
        .order_by("-created_at", "-id")
        .first()
    )
    return (found.contact, found) if found is not None and found.contact is not None else None


def all_subjects(contacts: list[ContactMethod], now: datetime) -> list[Delivery]:
    """The last delivery about each subject that has a number for these contacts."""
    return list(
        Delivery.objects.filter(contact__in=contacts, created_at__gt=now - REMEMBERED)
        .exclude(code="")
        .select_related("contact__user")
        .order_by("subject", "-created_at", "-id")
        .distinct("subject")
    )


def _subjects(contact_id: int, now: datetime) -> dict[str, tuple[str, datetime]]:
    """Numbers in use → their subject and when it was last told."""
    rows = (
        Delivery.objects.filter(contact_id=contact_id, created_at__gt=now - REMEMBERED)
        .exclude(code="")
        .values_list("code", "subject")
        .annotate(last=Max("created_at"))
        .order_by("last")
    )
    return {code: (subject, last) for code, subject, last in rows}


def _oldest(taken: dict[str, tuple[str, datetime]]) -> str:
    return min(taken, key=lambda number: taken[number][1])
