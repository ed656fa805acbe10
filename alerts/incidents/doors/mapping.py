"""What a payload of any form becomes: a mapping of its parts to those of an alert. Pure.

A mapping is {field: rule}. Fields: `summary`, `severity`, `service`, `dedup`, `status`, `url`, `labels.<name>`, `annotations.<name>`.
A rule is a text, which is a JSONPath if it begins with `$` and otherwise the value itself, or
{"path": JSONPath, "map": {"found": "value"}, "default": text} or {"value": text}. The first that a path finds counts.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonpath
import orjson

from alerts.incidents.choices import KeyKind
from monitoring.checks.probes.assertions import json_query

MOST_FIELDS = 60
MOST_PATH = 500
MOST_MAPPED = 200
MOST_LABEL = 1_000  # characters of a label's value
MOST_ANNOTATION = 20_000
MOST_DEDUP = 255
CUT = "… (cut)"
PLAIN = ("summary", "severity", "service", "dedup", "status", "url")
UNKNOWN = "UnknownPayload"
_NAMED = re.compile(r"(labels|annotations)\.([a-zA-Z_][a-zA-Z0-9_]{0,199})", re.ASCII)
_RESERVED = {"severity", "service", "integration", "dedup_key"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
ENDS = {"resolved", "resolve", "ok", "close", "closed", "recovered", "recovery", "normal", "inactive", "up", "success"}
ACKNOWLEDGES = {"acknowledge", "acknowledged", "ack"}
USUAL: dict[str, dict[str, Any]] = {
    KeyKind.JSON: {
        "summary": "$['summary', 'title', 'message']",
        "severity": {"path": "$['severity', 'priority', 'level']", "default": "warning"},
        "service": "$.service",
        "dedup": "$['dedup', 'dedup_key', 'id']",
        "status": "$['status', 'action', 'state']",
        "url": "$.url",
        "annotations.description": "$['details', 'description']",
    },
    KeyKind.PAGERDUTY: {
        "summary": "$.payload.summary",
        "severity": "$.payload.severity",
        "service": "$.payload.custom_details.service",
        "dedup": "$.dedup_key",
        "status": "$.event_action",
        "url": "$.client_url",
        "labels.instance": "$.payload.source",
        "labels.component": "$.payload.component",
        "labels.group": "$.payload.group",
        "labels.class": "$.payload.class",
        "annotations.description": "$.payload.custom_details",
        "annotations.links": "$.links",
        "annotations.images": "$.images",
        "annotations.client": "$.client",
    },
}


class MappingError(ValueError):
    """A mapping that cannot be; says which field and what to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is filled. `path` None: it is `default` always."""

    path: Any
    words: Mapping[str, str]
    default: str

    def value(self, payload: object) -> str:
        found = _first(self.path, payload) if self.path is not None else ""
        text = self.words.get(found, self.words.get(found.lower(), found)) if found else ""
        return text or self.default


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a payload becomes. `action`: trigger, acknowledge or resolve. `dedup`: what makes it the same problem, as sent or made up.

    Not `understood`: the mapping found no summary, so it is kept as an alert that says so.
    """

    action: str
    dedup: str
    labels: dict[str, str]
    annotations: dict[str, str]
    url: str
    understood: bool


def mapping_check(mapping: object, kind: str) -> dict[str, Any]:
    """The mapping as it is stored. Raises MappingError."""
    if not isinstance(mapping, dict):
        raise MappingError('Write an object, such as {"summary": "$.title"}.')
    if len(mapping) > MOST_FIELDS:
        raise MappingError(f"{len(mapping)} fields; at most {MOST_FIELDS}.")
    for field, rule in mapping.items():
        _field_check(field)
        _rule(field, rule)
    return mapping


def occurrence(payload: object, *, mapping: Mapping[str, Any], kind: str, slug: str, name: str) -> Occurrence:
    """What a payload becomes with the mapping of the key `slug`, which people know by `name`."""
    rules = _compiled(kind, orjson.dumps(mapping, option=orjson.OPT_SORT_KEYS))
    found = {field: rule.value(payload) for field, rule in rules.items()}
    status, dedup = found["status"].lower(), _dedup(found["dedup"])
    action = "resolve" if status in ENDS else "acknowledge" if status in ACKNOWLEDGES else "trigger"
    if not found["summary"] and (action == "trigger" or not dedup):
        return _unknown(payload, slug, name)
    labels = _labels(found, slug, dedup)
    return Occurrence(
        action=action,
        dedup=dedup or _made_up(labels),
        labels=labels,
        annotations=_annotations(found),
        url=found["url"][:4000] if found["url"].startswith(("https://", "http://")) else "",
        understood=True,
    )


def _labels(found: Mapping[str, str], slug: str, dedup: str) -> dict[str, str]:
    labels = {"alertname": found["summary"][:200] or slug} | _own(found, "labels.")
    labels |= {"severity": found["severity"].lower(), "service": found["service"], "integration": slug}
    labels["dedup_key"] = dedup
    return {name: cut(value, MOST_LABEL) for name, value in labels.items() if value}


def _annotations(found: Mapping[str, str]) -> dict[str, str]:
    texts = {"summary": found["summary"]} | _own(found, "annotations.")
    return {name: cut(value, MOST_ANNOTATION) for name, value in texts.items() if value}


def _own(found: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The fields under a prefix that have a value, without it."""
    return {field.removeprefix(prefix): text for field, text in found.items() if text and field.startswith(prefix)}


def _unknown(payload: object, slug: str, name: str) -> Occurrence:
    """One alert for all of them: what is wrong is the mapping."""
    return Occurrence(
        action="trigger",
        dedup="unknown payload",
        labels={"alertname": UNKNOWN, "integration": slug, "severity": "warning"},
        annotations={
            "summary": f"{name} sends what its mapping finds no summary in",
            "payload": cut(_text(payload), MOST_ANNOTATION),
        },
        url="",
        understood=False,
    )


def cut(text: str, most: int) -> str:
    """Not longer than `most`, with a mark where it was cut, and without what PostgreSQL cannot hold."""
    text = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def _dedup(text: str) -> str:
    """A long one by its digest, so that no two are taken for one another."""
    return (
        text if len(text) <= MOST_DEDUP else hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
    )


def _made_up(labels: Mapping[str, str]) -> str:
    """Of a payload without one: the same labels are the same problem, however severe."""
    telling = sorted((name, value) for name, value in labels.items() if name != "severity")
    return hashlib.blake2b(orjson.dumps(telling), digest_size=16).hexdigest()


@lru_cache(maxsize=256)
def _compiled(kind: str, mapping: bytes) -> dict[str, Rule]:
    wanted = USUAL[kind] | orjson.loads(mapping)
    return {field: _rule(field, rule) for field, rule in wanted.items()}


def _field_check(field: object) -> None:
    named = _NAMED.fullmatch(str(field))
    if field in PLAIN or (named and not (named[1] == "labels" and named[2] in _RESERVED)):
        return
    known = ", ".join(PLAIN)
    raise MappingError(
        f"{str(field)[:80]}: there is no such field; write {known}, labels.<name> or annotations.<name>."
    )


def _rule(field: str, rule: object) -> Rule:
    if isinstance(rule, str):
        rule = {"path": rule} if rule.startswith("$") else {"value": rule}
    if not isinstance(rule, dict) or ("path" in rule) is ("value" in rule):
        raise MappingError(
            f'{field}: write a JSONPath such as "$.title", a text, or {{"path": …, "map": …, "default": …}}.'
        )
    if unknown := rule.keys() - {"path", "value", "map", "default"}:
        raise MappingError(f"{field}: {min(map(str, unknown))!r} is none of path, value, map, default.")
    words = rule.get("map", {})
    if not isinstance(words, dict) or len(words) > MOST_MAPPED:
        raise MappingError(f'{field}: map is an object of at most {MOST_MAPPED} texts, such as {{"P1": "critical"}}.')
    texts = {str(name): _constant(field, value) for name, value in words.items()}
    if "value" in rule:
        return Rule(None, texts, _constant(field, rule["value"]))
    return Rule(_path(field, rule["path"]), texts, _constant(field, rule.get("default", "")))


def _path(field: str, path: object) -> Any:
    if not isinstance(path, str) or not 0 < len(path) <= MOST_PATH:
        raise MappingError(f"{field}: a path is a text of at most {MOST_PATH} characters.")
    try:
        return json_query(path)
    except (ValueError, RecursionError) as error:
        raise MappingError(f"{field}: {error}") from None


def _constant(field: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST_LABEL or _UNSTORABLE.search(value):
        raise MappingError(f"{field}: values are texts of at most {MOST_LABEL} characters.")
    return value


def _first(path: Any, payload: object) -> str:
    """What the path finds first that is something, as a text."""
    if isinstance(payload, str):  # which the library would read as JSON of its own
        return ""
    try:
        texts: Iterable[str] = (_text(match.obj) for match in path.finditer(payload))
        return next((text for text in texts if text), "")
    except (jsonpath.JSONPathError, RecursionError, TypeError):
        return ""


def _text(value: object) -> str:
    if value is None or value in ("", {}, []):
        return ""
    if isinstance(value, str):
        return value.strip()
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # deeper than orjson writes
        return "(nested too deeply to be shown)"
