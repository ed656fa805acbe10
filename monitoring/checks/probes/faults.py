"""Tables from the words of a failure to what it means: for clients whose errors say it in text only. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from monitoring.checks.choices import Cause, Status


class Fault(NamedTuple):
    """`pattern` is looked for in the message; `words`, the sentence for people, may hold {names} that the table's reader fills in."""

    pattern: re.Pattern[str]
    verdict: Status
    cause: Cause
    words: str


def fault(pattern: str, verdict: Status, cause: Cause, words: str) -> Fault:
    """A line of a table. Case does not matter."""
    return Fault(re.compile(pattern, re.IGNORECASE), verdict, cause, words)


def fitting(faults: Iterable[Fault], message: str) -> Fault | None:
    """The first line whose pattern is in the message: the order of a table matters."""
    return next((one for one in faults if one.pattern.search(message)), None)
