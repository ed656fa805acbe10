"""Which topics exist, who may subscribe to them, and where their first picture comes from."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

NAME = re.compile(r"[a-z][a-z0-9_]*(:[A-Za-z0-9_.-]{1,64})?")
PREFIX = re.compile(r"[a-z][a-z0-9_]*:?")

Snapshot = Callable[["AbstractUser", str], Awaitable[Mapping[str, object]]]


class UnknownTopic(LookupError):
    """No room offers this topic. A snapshot raises it too, for a topic whose object does not exist."""


@dataclass(frozen=True, slots=True)
class Source:
    """One family of topics as its room registered it."""

    prefix: str
    permission: str
    snapshot: Snapshot
    per_user: bool


_sources: dict[str, Source] = {}


def register(prefix: str, *, permission: str, snapshot: Snapshot, per_user: bool = False) -> None:
    """Offer the topic `prefix`, or every topic `prefix<id>` where it ends with a colon.

    `permission` ("app.codename") is the whole access rule: updates of a topic go to everybody who may subscribe.
    `snapshot(user, topic)` returns all keys of the topic now. It is cut off after 5 s, and its answer is shared by all
    who ask at the same time; `per_user` shares it between the tabs of one person only.
    Raises ValueError on a malformed prefix or permission. Registering a prefix again replaces it.
    """
    if not PREFIX.fullmatch(prefix):
        raise ValueError(
            f"live topic prefix {prefix!r}: use a lower-case word, with a colon at its end if an id follows."
        )
    if permission.count(".") != 1:
        raise ValueError(f"live topic {prefix!r}: permission {permission!r} is not of the form app.codename.")
    _sources[prefix] = Source(prefix, permission, snapshot, per_user)


def unregister(prefix: str) -> None:
    """Take a family of topics away again."""
    _sources.pop(prefix, None)


def find(topic: str) -> Source:
    """The source of `topic`. Raises UnknownTopic."""
    if not NAME.fullmatch(topic):
        raise UnknownTopic(topic)
    word, colon, _ = topic.partition(":")
    try:
        return _sources[word + colon]
    except KeyError:
        raise UnknownTopic(topic) from None
