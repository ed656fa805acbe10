"""What a page says about its metrics: the HELP, TYPE and UNIT lines. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from monitoring.metrics.formats.errors import ExpositionError, LineError
from monitoring.metrics.formats.sample_line import shown, unescaped

COMMENT = re.compile(
    rb'#[ \t]+(HELP|TYPE|UNIT)[ \t]+(?:([a-zA-Z_:][a-zA-Z0-9_:]*)|"((?:[^"\\]|\\.)*)")(?:[ \t]+(.*?))?[ \t\r]*'
)
TYPES = frozenset(
    {"counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown", "untyped"}
)
MOST_HELP_CHARACTERS = 1_000


class Described(NamedTuple):
    """Of a family, by the name that its page gives it: in OpenMetrics a counter's has no `_total`."""

    metric: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""


def described(comments: Iterable[tuple[int, bytes]]) -> list[Described]:
    """All families, in the order of the page, from (number, line) pairs; other comments say nothing. Raises ExpositionError."""
    found: dict[str, Described] = {}
    for line, comment in comments:
        match = COMMENT.fullmatch(comment)
        if match:
            word, bare, quoted, text = match.groups()
            try:
                name = bare.decode() if bare is not None else unescaped(quoted)
                found[name] = _told(found.get(name) or Described(name), word, text or b"")
            except LineError as error:
                raise ExpositionError(line, str(error)) from None
    return list(found.values())


def _told(known: Described, word: bytes, text: bytes) -> Described:
    if word == b"HELP":
        return known._replace(help=unescaped(text)[:MOST_HELP_CHARACTERS])
    if word == b"TYPE":
        kind = unescaped(text)
        if kind not in TYPES:
            raise LineError(f"gives {known.metric} a type that there is none of: {shown(text)}")
        return known._replace(type="unknown" if kind == "untyped" else kind)
    unit = unescaped(text)
    if unit and not known.metric.endswith(f"_{unit}"):
        raise LineError(f"gives {known.metric} the unit {unit!r}, which its name does not end with")
    return known._replace(unit=unit)
