"""What people write back by SMS, understood. Pure. The words are GoAlert's: 1a, 1c, 1aa."""

import re
from dataclasses import dataclass

from alerts.delivery.responses import Verb

WORDS = {
    "a": Verb.ACKNOWLEDGE,
    "ack": Verb.ACKNOWLEDGE,
    "acknowledge": Verb.ACKNOWLEDGE,
    "c": Verb.RESOLVE,
    "close": Verb.RESOLVE,
    "r": Verb.RESOLVE,
    "resolve": Verb.RESOLVE,
    "s": Verb.SNOOZE,
    "snooze": Verb.SNOOZE,
}
ALL = {"aa": Verb.ACKNOWLEDGE, "cc": Verb.RESOLVE}
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"})
START = frozenset({"start", "yes", "unstop"})
HELP = "Reply 1a to acknowledge, 1c to resolve, 1s to snooze for an hour, 1aa to acknowledge all. STOP ends these messages."
NUMBER_FIRST = re.compile(r"(\d{1,4})\s*([a-z]{1,11})")
WORD_FIRST = re.compile(r"([a-z]{1,11})\s*(\d{1,4})")
LONGEST = 160


@dataclass(frozen=True, slots=True)
class Wish:
    """`verb` about the incident of `code`, or about all of them; or to `stop` or `start` being told."""

    verb: Verb | None = None
    code: str = ""
    every: bool = False
    stop: bool = False
    start: bool = False


def understood(text: str) -> Wish | None:
    """What a reply asks for; None when that is not clear."""
    said = text.strip().strip("'\"“”.!").strip().lower()[:LONGEST]
    if said in STOP or said in START:
        return Wish(stop=said in STOP, start=said in START)
    if said in ALL:
        return Wish(ALL[said], every=True)
    if match := NUMBER_FIRST.fullmatch(said):
        return _wish(match[1], match[2])
    if match := WORD_FIRST.fullmatch(said):
        return _wish(match[2], match[1])
    return None


def _wish(code: str, word: str) -> Wish | None:
    if word in ALL:
        return Wish(ALL[word], code.lstrip("0"), every=True)
    return Wish(WORDS[word], code.lstrip("0")) if word in WORDS else None
