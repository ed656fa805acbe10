"""The kinds of rules, by name. A new kind costs one file, one line here, one test file and one section in docs/alert-rules.md."""

from functools import cache
from importlib import import_module

from alerts.rules.kinds.base import RuleKind

KINDS = {
    "metric": "alerts.rules.kinds.metric.MetricKind",
    "event": "alerts.rules.kinds.event.EventKind",
    "absence": "alerts.rules.kinds.absence.AbsenceKind",
    "check_status": "alerts.rules.kinds.check_status.CheckStatusKind",
    "burn_rate": "alerts.rules.kinds.burn_rate.BurnRateKind",
}


class UnknownKindError(LookupError):
    """No kind of rule is registered under that name."""


@cache
def rule_kind(kind: str) -> type[RuleKind]:
    """The class of a kind, imported on first use. Raises UnknownKindError; an import fault names the registry entry."""
    try:
        dotted = KINDS[kind]
    except KeyError:
        raise UnknownKindError(f"kind: {kind!r} is not one of {', '.join(KINDS)}.") from None
    module, _, name = dotted.rpartition(".")
    try:
        found: type[RuleKind] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UnknownKindError(f"registry entry {kind!r} ({dotted}) cannot be loaded: {error}") from error
    return found
