"""What people answer to a message (a button, a reply by SMS, a link in a mail), and the room above that acts on it.

A room on a floor above registers once, when its app is ready. Bookkeeping only: nothing is read or written here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser


class Verb(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SNOOZE = "snooze"
    UNACKNOWLEDGE = "unacknowledge"


@dataclass(frozen=True, slots=True)
class Response:
    """`subject` as in the message (`incident:42`). `by`: whose contact it was, if known; `via`: in words, such as Slack (@ada)."""

    verb: Verb
    subject: str
    by: AbstractBaseUser | None
    via: str
    now: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person is told back: whether it was done, and in one sentence how things stand now."""

    done: bool
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subject stands now: its title, its state in a word, its page, and what can be done about it."""

    title: str
    state: str
    url: str = ""
    verbs: tuple[Verb, ...] = ()


Handler = Callable[[Response], Reply]
Describer = Callable[[str], Standing | None]
_handlers: dict[str, Handler] = {}
_describers: dict[str, Describer] = {}


def register(kind: str, handler: Handler, describer: Describer | None = None) -> None:
    """Say who acts on answers about subjects that begin with `kind:`, and who says how one stands."""
    _handlers[kind] = handler
    if describer:
        _describers[kind] = describer


def respond(response: Response) -> Reply:
    """Act on an answer. It may come twice or late: the same answer twice is done once and says so."""
    kind = response.subject.partition(":")[0]
    handler = _handlers.get(kind)
    return handler(response) if handler else Reply(False, "Nothing can be done about this from here.")


def standing(subject: str) -> Standing | None:
    """How `subject` stands now; None when nobody knows."""
    describer = _describers.get(subject.partition(":")[0])
    return describer(subject) if describer else None
