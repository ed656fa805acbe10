"""Relabelling as Prometheus 2.42 does it: rules that keep, drop and rewrite sets of labels. Pure.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config; the order of what a rule does is that of
model/relabel in Prometheus's source. Expressions are RE2 and anchored, so that no rule can stall the engine.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring.checks.probes.assertions import regex as re2_of

ACTIONS = (
    "replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep", "lowercase", "uppercase",
)  # fmt: skip
KEYS = ("source_labels", "separator", "target_label", "regex", "modulus", "replacement", "action")
NEED_TARGET = frozenset({"replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"})
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))", re.ASCII)
TEMPLATE = re.compile(r"(?:[a-zA-Z_]|\$(?:\{\w+\}|\w++))(?:\w|\$(?:\{\w+\}|\w++))*+", re.ASCII)  # makes a name
ANYTHING = "(.*)"
MOST_RULES = 100
MOST_REMEMBERED = 10_000

Labels = dict[str, str]


@dataclass(slots=True)
class Rule:
    """One rule, checked. `regex` is compiled; what it made of a value is remembered, because values repeat."""

    action: str = "replace"
    source_labels: tuple[str, ...] = ()
    separator: str = ";"
    target_label: str = ""
    regex: Any = None
    replacement: str = "$1"
    modulus: int = 0
    _seen: dict[str, Any] = field(default_factory=dict)

    def match(self, value: str) -> Any:
        """The match of the whole value, or None."""
        if value not in self._seen:
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen.clear()
            self._seen[value] = self.regex.fullmatch(value)
        return self._seen[value]


def rules_of(configured: Any) -> list[Rule]:
    """Rules as Prometheus's configuration has them. Raises ValueError naming the rule, from 1, and what is wrong with it."""
    if not isinstance(configured, list) or len(configured) > MOST_RULES:
        raise ValueError(f"Give a list of at most {MOST_RULES} rules, each with an action.")
    return [_rule(number, one) for number, one in enumerate(configured, 1)]


def relabelled(labels: Mapping[str, str], rules: Sequence[Rule]) -> Labels | None:
    """What the rules make of the labels, without empty ones; None when one of them drops it."""
    found = {name: value for name, value in labels.items() if value}
    for rule in rules:
        if not DOES[rule.action](rule, found):
            return None
    return found


def _set(labels: Labels, name: str, value: str) -> bool:
    """Give the label the value; the empty one takes it away."""
    if value:
        labels[name] = value
    else:
        labels.pop(name, None)
    return True


def _joined(rule: Rule, labels: Labels) -> str:
    return rule.separator.join([labels.get(name, "") for name in rule.source_labels])


def _keep(rule: Rule, labels: Labels) -> bool:
    return rule.match(_joined(rule, labels)) is not None


def _drop(rule: Rule, labels: Labels) -> bool:
    return not _keep(rule, labels)


def _keep_equal(rule: Rule, labels: Labels) -> bool:
    return labels.get(rule.target_label, "") == _joined(rule, labels)


def _drop_equal(rule: Rule, labels: Labels) -> bool:
    return not _keep_equal(rule, labels)


def _replace(rule: Rule, labels: Labels) -> bool:
    found = rule.match(_joined(rule, labels))
    if found is not None:
        name = _expanded(rule.target_label, found)
        value = _expanded(rule.replacement, found)
        return _set(labels, name, value) if LABEL_NAME.fullmatch(name) else _set(labels, rule.target_label, "")
    return True


def _lowercase(rule: Rule, labels: Labels) -> bool:
    return _set(labels, rule.target_label, _joined(rule, labels).lower())


def _uppercase(rule: Rule, labels: Labels) -> bool:
    return _set(labels, rule.target_label, _joined(rule, labels).upper())


def _hashmod(rule: Rule, labels: Labels) -> bool:
    digest = hashlib.md5(_joined(rule, labels).encode(), usedforsecurity=False).digest()
    return _set(labels, rule.target_label, str(int.from_bytes(digest[8:], "big") % rule.modulus))


def _labelmap(rule: Rule, labels: Labels) -> bool:
    for name, value in list(labels.items()):
        found = rule.match(name)
        if found is not None:
            _set(labels, _expanded(rule.replacement, found), value)
    return True


def _labeldrop(rule: Rule, labels: Labels) -> bool:
    for name in [name for name in labels if rule.match(name) is not None]:
        del labels[name]
    return True


def _labelkeep(rule: Rule, labels: Labels) -> bool:
    for name in [name for name in labels if rule.match(name) is None]:
        del labels[name]
    return True


DOES = {
    "keep": _keep,
    "drop": _drop,
    "keepequal": _keep_equal,
    "dropequal": _drop_equal,
    "replace": _replace,
    "lowercase": _lowercase,
    "uppercase": _uppercase,
    "hashmod": _hashmod,
    "labelmap": _labelmap,
    "labeldrop": _labeldrop,
    "labelkeep": _labelkeep,
}


def _expanded(template: str, match: Any) -> str:
    """`$1`, `${1}` and `${name}` replaced, as Go's Expand does: what there is no group of is empty, `$$` is a dollar."""
    if "$" not in template:
        return template

    def group(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        name = found[2] or found[3]
        try:
            return match.group(int(name) if name.isdecimal() else name) or ""
        except (IndexError, KeyError, ValueError):
            return ""

    return REFERENCE.sub(group, template)


def _rule(number: int, given: Any) -> Rule:
    where = f"Rule {number}"
    if not isinstance(given, dict):
        raise ValueError(f"{where}: give a mapping with an action, such as {{action: drop, source_labels: [job]}}.")
    if unknown := sorted(str(key) for key in given if key not in KEYS):
        raise ValueError(f"{where}: {unknown[0]} is not a part of a rule; they are {', '.join(KEYS)}.")
    action = str(given.get("action") or "replace").lower()
    if action not in ACTIONS:
        raise ValueError(f"{where}: {action!r} is not an action; they are {', '.join(ACTIONS)}.")
    try:
        expression = re2_of(_text(given, "regex", ANYTHING))
    except ValueError as error:
        raise ValueError(f"{where}: regex: {error}") from None
    rule = Rule(
        action,
        _source_labels(where, given),
        _text(given, "separator", ";"),
        _text(given, "target_label", ""),
        expression,
        _text(given, "replacement", "$1"),
        _modulus(where, given),
    )
    _refuse_incomplete(where, rule)
    return rule


def _refuse_incomplete(where: str, rule: Rule) -> None:
    if rule.action in NEED_TARGET and not rule.target_label:
        raise ValueError(f"{where}: {rule.action} needs a target_label.")
    names = TEMPLATE if rule.action == "replace" else LABEL_NAME
    if rule.action in NEED_TARGET and not names.fullmatch(rule.target_label):
        raise ValueError(f"{where}: target_label {rule.target_label!r} is not the name of a label.")
    if rule.action == "hashmod" and rule.modulus < 1:
        raise ValueError(f"{where}: hashmod needs a modulus of 1 or more.")
    if rule.action == "labelmap" and not TEMPLATE.fullmatch(rule.replacement):
        raise ValueError(f"{where}: replacement {rule.replacement!r} does not make the name of a label.")
    if rule.action in ("keepequal", "dropequal", "keep", "drop") and not rule.source_labels:
        raise ValueError(f"{where}: {rule.action} needs source_labels.")


def _source_labels(where: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    names = given.get("source_labels") or []
    if not isinstance(names, list) or not all(isinstance(name, str) and LABEL_NAME.fullmatch(name) for name in names):
        raise ValueError(f"{where}: source_labels is a list of names of labels, such as [__name__, job].")
    return tuple(names)


def _text(given: Mapping[str, Any], key: str, default: str) -> str:
    value = given.get(key, default)
    return default if value is None else str(value)


def _modulus(where: str, given: Mapping[str, Any]) -> int:
    value = given.get("modulus", 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{where}: modulus is a whole number.")
    return value
