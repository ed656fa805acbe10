"""How one person is told: their rules, their quiet hours, their contacts. Pure: the clock is passed in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.delivery.choices import Urgency
from alerts.oncall.windows import Window, after_quiet
from opsportal.units import age


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to a person. `fault`: why it cannot be used, in words; empty: it can."""

    id: int
    user_id: int
    channel_id: int
    name: str
    address: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    contact_id: int
    delay_s: int


@dataclass(frozen=True, slots=True)
class Way:
    """To tell a person by `contact` at `due_at`; `words` say by which of their rules."""

    contact: Contact
    due_at: datetime
    words: str


def ways(
    rules: Sequence[Rule], contacts: Iterable[Contact], *, urgency: str, quiet: Window | None, now: datetime
) -> list[Way]:
    """By which contacts, and when. Empty: the person cannot be reached.

    Rules of their urgency in order of delay. Where no rule can be used: every usable contact, at once. What is not urgent waits until
    the quiet hours end. The same contact due twice at the same moment is one message.
    """
    usable = {contact.id: contact for contact in contacts if not contact.fault}
    quiet = quiet if urgency != Urgency.HIGH else None
    begin = after_quiet(quiet, now)
    found = _by_rules(rules, usable, quiet, begin) or _by_every_contact(rules, usable, begin)
    once: dict[tuple[int, datetime], Way] = {}
    for way in found:
        once.setdefault((way.contact.id, way.due_at), way)
    return sorted(once.values(), key=lambda way: way.due_at)


def _by_rules(rules: Sequence[Rule], usable: dict[int, Contact], quiet: Window | None, begin: datetime) -> list[Way]:
    return [
        Way(
            usable[rule.contact_id],
            after_quiet(quiet, begin + timedelta(seconds=rule.delay_s)),
            f"by rule {number}: {usable[rule.contact_id].name} {_after(rule.delay_s)}",
        )
        for number, rule in enumerate(sorted(rules, key=lambda rule: rule.delay_s), start=1)
        if rule.contact_id in usable
    ]


def _by_every_contact(rules: Sequence[Rule], usable: dict[int, Contact], begin: datetime) -> list[Way]:
    why = "none of their rules can be used" if rules else "they have no rules"
    return [Way(contact, begin, f"by every contact, because {why}: {contact.name}") for contact in usable.values()]


def _after(delay_s: int) -> str:
    return f"after {age(timedelta(seconds=delay_s))}" if delay_s else "at once"


def unreachable(contacts: Sequence[Contact]) -> str:
    """Why a person without a usable contact cannot be told."""
    if not contacts:
        return "has no contact"
    return "no contact can be used: " + ", ".join(f"{contact.name} {contact.fault}" for contact in contacts)
