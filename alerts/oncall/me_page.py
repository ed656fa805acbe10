"""What the page "My notifications" shows one person of themself."""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.delivery.choices import MessageKind, State, Urgency
from alerts.delivery.models import ContactMethod, Delivery
from alerts.oncall.directory import Directory, contact_fault
from alerts.oncall.forms.me import ContactForm, QuietForm, RulesForm, address_words, personal_channels
from alerts.oncall.models import QuietHours
from alerts.oncall.personal import ways
from opsportal.units import age
from security.access.models import User

LATELY = 8


@dataclass(frozen=True, slots=True)
class ContactShown:
    """`fault`: why it cannot be used; empty: it can. `may_confirm`: a code may be sent and entered."""

    contact: ContactMethod
    kind_words: str
    fault: str
    may_confirm: bool


def contacts_of(user: User) -> list[ContactMethod]:
    return list(user.contact_methods.select_related("channel").order_by("name", "id"))


def page_of(user: User, now: datetime, **forms: Any) -> dict[str, Any]:
    """The context of the page; `forms` are those that were filled in and have faults."""
    contacts = contacts_of(user)
    hours = QuietHours.objects.filter(user=user).first()
    rules = list(user.personal_rules.all())
    channels = personal_channels()
    built = {
        f"{urgency}_form": RulesForm(
            urgency=urgency, contacts=contacts, rules=[rule for rule in rules if rule.urgency == urgency]
        )
        for urgency in Urgency.values
    }
    return {
        "contacts": [_shown(contact) for contact in contacts],
        "channels": channels,
        "contact_form": ContactForm(channels=channels),
        "quiet_form": QuietForm(hours=hours),
        "quiet_hours": hours,
        "zones": sorted(zoneinfo.available_timezones()),
        "high_words": in_words(user, Urgency.HIGH, now),
        "normal_words": in_words(user, Urgency.NORMAL, now),
        "lately": _lately(user),
        **built,
        **forms,
    }


def _lately(user: User) -> list[Delivery]:
    """With `icon`, that of its state."""
    found = list(Delivery.objects.filter(user=user).order_by("-created_at", "-id")[:LATELY])
    for one in found:
        one.icon = State(one.state).icon
    return found


def _shown(contact: ContactMethod) -> ContactShown:
    return ContactShown(
        contact=contact,
        kind_words=f"{contact.channel.name} · {address_words(contact.channel)}",
        fault=contact_fault(contact),
        may_confirm=contact.verified_at is None and contact.enabled and contact.channel.enabled,
    )


def in_words(user: User, urgency: str, now: datetime) -> list[str]:
    """How they would be told if somebody needed them just now, a sentence each; empty: not at all."""
    known = Directory(now)
    known.load_people([user.pk])
    found = ways(
        known.rules.get((user.pk, urgency), ()),
        known.contacts.get(user.pk, ()),
        urgency=urgency,
        quiet=known.quiet.get(user.pk),
        now=now,
    )
    return [f"{_when(way.due_at - now)} by {way.contact.name}" for way in found]


def _when(span: timedelta) -> str:
    return f"after {age(span)}" if span else "at once"


def subject_of_test(contact: ContactMethod) -> str:
    """The subject of test messages to a contact."""
    return f"contact-test:{contact.pk}"


def tested_lately(contact: ContactMethod, now: datetime, apart: timedelta) -> bool:
    tests = Delivery.objects.filter(subject=subject_of_test(contact), kind=MessageKind.TEST, created_at__gt=now - apart)
    return tests.exists()
