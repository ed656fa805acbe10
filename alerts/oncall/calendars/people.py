"""Whom the words of a calendar's entry mean: attendees by e-mail address, else the summary by user name, full name or address."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Value
from django.db.models.functions import Concat, Lower

from alerts.oncall.calendars.entries import Found
from security.access.models import User

BETWEEN = re.compile(r"\s*(?::|\s[-\u2013\u2014|]\s|\bon[- ]call\b|[()])\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meant:
    """The account an entry means, or why there is none."""

    user: User | None
    words: str = ""


def meant(entries: Sequence[Found]) -> list[Meant]:
    """One for each entry, in four statements for all. Accounts that are off are not found."""
    by_address = _accounts("email", {address for entry in entries for address in entry.addresses})
    by_name = _accounts("name", {name for entry in entries for name in names(entry.summary)})
    return [_meant(entry, by_address, by_name) for entry in entries]


def names(summary: str) -> list[str]:
    """What of a summary may be a name: all of it, and its parts between colons, dashes, brackets and the words "on call"."""
    whole = " ".join(summary.lower().split())
    return list(dict.fromkeys(part for part in (whole, *BETWEEN.split(whole)) if part))


def _accounts(field: str, words: Iterable[str]) -> dict[str, set[User]]:
    """Active accounts by lower-case address, or by the three names they go by."""
    wanted = sorted(set(words))
    found: dict[str, set[User]] = defaultdict(set)
    if not wanted:
        return found
    active = User.objects.filter(is_active=True).annotate(
        address=Lower("email"),
        account=Lower("username"),
        full_name=Lower(Concat("first_name", Value(" "), "last_name")),
    )
    for kind in ("address",) if field == "email" else ("address", "account", "full_name"):
        for user in active.filter(**{f"{kind}__in": wanted}):
            found[getattr(user, kind)].add(user)
    return found


def _meant(entry: Found, by_address: dict[str, set[User]], by_name: dict[str, set[User]]) -> Meant:
    people = {user for address in entry.addresses for user in by_address.get(address, ())}
    if not people:
        people = {user for name in names(entry.summary) for user in by_name.get(name, ())}
    if len(people) == 1:
        return Meant(people.pop())
    if people:
        several = ", ".join(sorted(user.get_username() for user in people))
        return Meant(None, f"It names several people ({several}); give each an entry of their own.")
    tried = ", ".join([*entry.addresses[:3], f"“{entry.summary}”" if entry.summary else ""]).strip(", ")
    return Meant(
        None, f"Nobody here goes by {tried or 'no name at all'}; use a user name, a full name or an e-mail address."
    )
