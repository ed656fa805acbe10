"""The kinds of rules, by name. A new kind costs one file, one line here, one test file and one section in docs/alert-rules.md."""

from functools import cache

from alerts.rules.kinds.base import RuleKind
from opsportal.kinds import kind_class

KINDS = {
    "metric": "alerts.rules.kinds.metric.MetricKind",
    "event": "alerts.rules.kinds.event.EventKind",
    "absence": "alerts.rules.kinds.absence.AbsenceKind",
    "check_status": "alerts.rules.kinds.check_status.CheckStatusKind",
    "burn_rate": "alerts.rules.kinds.burn_rate.BurnRateKind",
}


@cache
def rule_kind(kind: str) -> type[RuleKind]:
    """The class of a kind, imported on first use. Raises UnknownKindError; an import fault names the registry entry."""
    found: type[RuleKind] = kind_class(KINDS, kind)
    return found
