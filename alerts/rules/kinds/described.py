"""What there is to know of the kinds of rules, read from them, so that forms, API and docs say it once."""

from typing import Any

from alerts.rules.choices import RuleKind as Words
from alerts.rules.kinds.base import RuleKind
from alerts.rules.kinds.registry import KINDS, rule_kind
from monitoring.checks.kinds import settings_schema


def kinds() -> list[type[RuleKind]]:
    """In the order of the registry."""
    return [rule_kind(name) for name in KINDS]


def label_of(kind: type[RuleKind]) -> str:
    return str(Words(kind.kind).label)


def described(kind: type[RuleKind]) -> dict[str, Any]:
    """A kind as JSON: its settings as a JSON Schema."""
    return {
        "kind": kind.kind,
        "label": label_of(kind),
        "description": kind.description,
        "icon": kind.icon,
        "takes_expression": kind.takes_expression,
        "takes_threshold": kind.takes_threshold,
        "settings": settings_schema(kind.SettingsForm),
    }
