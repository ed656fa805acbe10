"""Which events a rule counts, and under which labels. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from alerts.rules.states import Labels
from monitoring.metrics.promql.patterns import BadPatternError, compiled
from monitoring.metrics.promql.quoting import escape_problem, unquote

MOST_TEXT = 200
PLAIN = ("kind", "severity", "subject", "summary", "service")
PAYLOAD = "payload."
_CONDITION = re.compile(r'\s*([\w.-]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s",]+)\s*')
_PATH = re.compile(r"payload(\.[\w-]+)+")
_SUBJECT_OF_SERVICE = re.compile(r"(?:service|check):([\w-]+)(?:/.*)?")


class Happened(NamedTuple):
    """An event as the matching sees it."""

    id: int
    time: datetime
    kind: str
    severity: str
    subject: str
    summary: str
    payload: Mapping[str, Any]


class Condition(NamedTuple):
    """Of one field; `op` is =, !=, =~ or !~, expressions are RE2 and anchored. A field that is not there is empty text."""

    field: str
    op: str
    value: str

    def holds(self, event: Happened) -> bool:
        found = field_of(event, self.field)
        if self.op in ("=", "!="):
            return (found == self.value) is (self.op == "=")
        return (_pattern(self.value).search(found) is not None) is (self.op == "=~")


@lru_cache(maxsize=2_000)
def _pattern(text: str) -> Any:
    return compiled(text)


def condition(text: str) -> Condition:
    """Such as `subject=~"check:shop/.*"` or `payload.user="ada"`. ValueError in words."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise ValueError(
            f'{text!r}: write a field, one of = != =~ !~, and a value in quotes: subject=~"check:shop/.*".'
        )
    name, op, value = found.groups()
    if fault := field_fault(name):
        raise ValueError(fault)
    if value.startswith('"'):
        if words := escape_problem(value):
            raise ValueError(f"{text!r}: {words}.")
        value = unquote(value)
    if "~" in op:
        try:
            compiled(value)
        except BadPatternError as error:
            raise ValueError(f"{name}: {error}.") from None
    return Condition(name, op, value)


def field_fault(name: str) -> str:
    """What is wrong with the name of a field; empty if it is one."""
    if name in PLAIN or _PATH.fullmatch(name):
        return ""
    return f"{name!r} is not a field of events: {', '.join(PLAIN)}, or payload.… such as payload.user."


def field_of(event: Happened, name: str) -> str:
    """The text of a field: JSON for what is neither text nor a number, at most MOST_TEXT characters."""
    if name == "service":
        found = _SUBJECT_OF_SERVICE.fullmatch(event.subject)
        return found[1] if found else ""
    if not name.startswith(PAYLOAD):
        return str(getattr(event, name))
    value: Any = event.payload
    for part in name.removeprefix(PAYLOAD).split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    return (value if isinstance(value, str) else orjson.dumps(value, default=str).decode())[:MOST_TEXT]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Events of some kinds (`check` takes `check.status` too; none: all), some severities (none: all), that meet all conditions."""

    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()

    def takes_kind(self, kind: str) -> bool:
        return not self.kinds or any(kind == one or kind.startswith(f"{one}.") for one in self.kinds)

    def takes(self, event: Happened) -> bool:
        return (
            self.takes_kind(event.kind)
            and (not self.severities or event.severity in self.severities)
            and all(one.holds(event) for one in self.where)
        )


def matcher_of(settings: Mapping[str, Any]) -> Matcher:
    """Of settings that the kind's form cleaned. A condition on the kind alone, `kinds`, is looked at first."""
    return Matcher(
        tuple(settings.get("kinds") or ()),
        tuple(settings.get("severities") or ()),
        tuple(condition(text) for text in settings.get("where") or ()),
    )


def label_name(field: str) -> str:
    """Of a field by which alerts are told apart: the last part of its path."""
    return re.sub(r"\W", "_", field.rpartition(".")[2])


def labels_by(event: Happened, fields: Sequence[str]) -> Labels:
    found = {label_name(field): field_of(event, field) for field in fields}
    return tuple(sorted((name, value) for name, value in found.items() if value))
