"""What is wrong with a rule, by field, with the fix. Pure."""

import math
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from django.core.exceptions import ValidationError

from alerts.rules.kinds.base import Facts, RuleKind
from alerts.rules.labels import ALERT_NAME, FLAPPING, NAME, POLICY
from alerts.rules.templating import TemplateError, parsed
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.parsing import parse
from opsportal.kinds import clean_settings
from opsportal.writing import by_field

LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
MOST_LABELS = 60
MOST_VALUE = 10_000
RESERVED = {
    NAME: "An alert has no name of a metric; its name is the rule's.",
    ALERT_NAME: "The name of the rule is the alertname.",
    POLICY: "Choose the policy in its own field.",
    FLAPPING: "This label says that an alert flaps.",
}
SECONDS = ("interval_s", "for_s", "keep_firing_for_s", "threshold", "recovery_threshold", "query_offset_s")

Errors = dict[str, list[str]]


def expression_faults(text: str, field: str = "expression") -> Errors:
    """Of PromQL that a rule asks: it must return series or a number. The words name the place: 1:7: parse error: …"""
    if not text.strip():
        return {field: ["Write a PromQL expression, such as up == 0."]}
    try:
        node = parse(text)
    except PromqlError as error:
        return {field: [error.message]}
    if node.type not in ("vector", "scalar"):
        return {
            field: [f"This returns a {node.type}; a rule needs series or a number (an instant vector or a scalar)."]
        }
    return {}


def label_faults(labels: Any, field: str = "labels", templates: bool = True) -> Errors:
    """Of labels that a rule, a group or a recording adds."""
    if not isinstance(labels, Mapping):
        return {field: ["Give names and values: team=shop."]}
    if len(labels) > MOST_LABELS:
        return {field: [f"At most {MOST_LABELS} labels."]}
    found = []
    for name, value in labels.items():
        if not isinstance(name, str) or not LABEL_NAME.fullmatch(name):
            found.append(f"{name!r} is not a label name: letters, digits and _, not beginning with a digit.")
        elif name in RESERVED:
            found.append(f"{name}: {RESERVED[name]}")
        else:
            found += _value_faults(name, value, templates)
    return {field: found} if found else {}


def annotation_faults(annotations: Any, field: str = "annotations") -> Errors:
    if not isinstance(annotations, Mapping):
        return {field: ["Give names and texts: summary=Disk {{ $labels.mount }} is full."]}
    if len(annotations) > MOST_LABELS:
        return {field: [f"At most {MOST_LABELS} annotations."]}
    found = []
    for name, value in annotations.items():
        if not isinstance(name, str) or not LABEL_NAME.fullmatch(name):
            found.append(f"{name!r} is not a name: letters, digits and _, not beginning with a digit.")
        else:
            found += _value_faults(name, value, True)
    return {field: found} if found else {}


def _value_faults(name: str, value: Any, templates: bool) -> list[str]:
    if not isinstance(value, str):
        return [f"{name}: the value must be text; put it in quotes."]
    if len(value) > MOST_VALUE or "\x00" in value:
        return [f"{name}: at most {MOST_VALUE:,} characters, and no NUL."]
    if templates:
        try:
            parsed(value)
        except TemplateError as error:
            return [f"{name}: the template cannot be read: {error}."]
    return []


def number_faults(values: Mapping[str, Any]) -> Errors:
    """Of numbers that are none: JSON and YAML may hold NaN and infinity."""
    return {
        name: ["Give a finite number."]
        for name in SECONDS
        if isinstance(value := values.get(name), float) and not math.isfinite(value)
    }


def settings_cleaned(kind: type[RuleKind], settings: Any) -> tuple[dict[str, Any], Errors]:
    """The settings as the kind's form cleans them, and what is wrong with them, by `settings.<name>`."""
    if not isinstance(settings, Mapping):
        return {}, {"settings": ["Give the settings by name."]}
    try:
        return clean_settings(kind.SettingsForm, settings), {}
    except ValidationError as error:
        return {}, {
            "settings" if name == "__all__" else f"settings.{name}": words for name, words in by_field(error).items()
        }


def kind_faults(kind: type[RuleKind], facts: Facts) -> Errors:
    """Of what does not fit the kind."""
    found: Errors = {name: [words] for name, words in kind.faults(facts).items()}
    if kind.takes_expression:
        found |= expression_faults(facts.expression)
    elif facts.expression.strip():
        found["expression"] = ["This kind of rule asks no expression of its own: leave it empty."]
    if not kind.takes_threshold and (facts.threshold is not None or facts.recovery_threshold is not None):
        found["threshold"] = ["This kind of rule compares with nothing: leave it empty."]
    return found


def fingerprint(kind: str, expression: str, settings: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Of what decides which states a rule has."""
    parts = orjson.dumps([kind, expression, dict(settings), dict(labels)], option=orjson.OPT_SORT_KEYS)
    return blake2b(parts, digest_size=16).hexdigest()
