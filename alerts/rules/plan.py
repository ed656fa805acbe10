"""A rule made ready for its evaluations. Pure: made of the fields of a rule, it reads no database and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from alerts.rules.choices import OnTrouble
from alerts.rules.kinds.base import Facts, RuleKind
from alerts.rules.kinds.registry import rule_kind
from alerts.rules.labels import ALERT_NAME, POLICY
from alerts.rules.states import Terms
from alerts.rules.templating import holds_template


class RuleFields(Protocol):
    """What of models.AlertRule a plan is made of; an unsaved one does."""

    name: Any
    slug: Any
    kind: Any
    category: Any
    severity: Any
    expression: Any
    comparator: Any
    threshold: Any
    recovery_threshold: Any
    settings: Any
    interval_s: Any
    for_s: Any
    keep_firing_for_s: Any
    on_no_data: Any
    on_error: Any
    flap_detection: Any
    labels: Any
    annotations: Any
    runbook_url: Any
    revision: Any


@dataclass(frozen=True, slots=True)
class GroupFields:
    """What a group says for its rules."""

    labels: Mapping[str, str]
    limit: int = 0
    interval_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`own`: the labels of the rule and its group, which may hold templates; `common`: what every alert of a rule has besides.

    `limit` 0: none.
    """

    rule_id: int
    revision: int
    name: str
    slug: str
    kind: RuleKind
    terms: Terms
    interval_s: float
    queries: tuple[str, ...]
    own: Mapping[str, str]
    own_is_templated: bool
    common: Mapping[str, str]
    annotations: Mapping[str, str]
    limit: int = 0


def facts_of(rule: RuleFields) -> Facts:
    return Facts(
        expression=rule.expression,
        comparator=str(rule.comparator),
        threshold=rule.threshold,
        recovery_threshold=rule.recovery_threshold,
        on_no_data=str(rule.on_no_data),
        settings=rule.settings,
    )


def plan_of(rule: RuleFields, rule_id: int, policy: str = "", group: GroupFields | None = None) -> Plan:
    """`policy`: slug of the escalation policy that its alerts go to. Raises UnknownKindError."""
    kind = rule_kind(str(rule.kind))(facts_of(rule))
    own = {**(group.labels if group else {}), **rule.labels}
    return Plan(
        rule_id=rule_id,
        revision=rule.revision,
        name=rule.name,
        slug=rule.slug,
        kind=kind,
        terms=terms_of(rule, kind),
        interval_s=group.interval_s if group else rule.interval_s,
        queries=kind.queries(),
        own=own,
        own_is_templated=any(holds_template(value) for value in own.values()),
        common=common_labels(rule, own, policy),
        annotations=annotations_of(rule),
        limit=group.limit if group else 0,
    )


def terms_of(rule: RuleFields, kind: RuleKind) -> Terms:
    return Terms(
        for_=timedelta(seconds=rule.for_s),
        keep_firing_for=timedelta(seconds=rule.keep_firing_for_s),
        on_error=OnTrouble(rule.on_error),
        flaps=rule.flap_detection,
        **kind.memory(),
    )


def common_labels(rule: RuleFields, own: Mapping[str, str], policy: str = "") -> dict[str, str]:
    """Of every alert of the rule, unless its `own` labels say otherwise; alertname is always the rule's name."""
    labels = {"severity": str(rule.severity), "category": str(rule.category), "rule": rule.slug}
    if policy:
        labels[POLICY] = policy
    return {name: value for name, value in labels.items() if name not in own} | {ALERT_NAME: rule.name}


def annotations_of(rule: RuleFields) -> dict[str, str]:
    found = dict(rule.annotations)
    if rule.runbook_url:
        found.setdefault("runbook_url", rule.runbook_url)
    return found
