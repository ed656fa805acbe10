"""The first rules and thresholds, where they are not there yet, by slug. One that nobody wants is switched off, not deleted."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts.rules.actions import rule_save
from alerts.rules.choices import RuleKind
from alerts.rules.defaults import RULES, THRESHOLDS, DefaultRule
from alerts.rules.models import AlertRule, RuleThreshold

OWNER = "Operations"


@transaction.atomic
def seed() -> list[str]:
    """The names of what was made."""
    for one in THRESHOLDS:
        RuleThreshold.objects.get_or_create(
            name=one.name, defaults={"value": one.value, "unit": one.unit, "description": one.description}
        )
    known = set(AlertRule.objects.filter(slug__in=[rule.slug for rule in RULES]).values_list("slug", flat=True))
    missing = [rule for rule in RULES if rule.slug not in known]
    for rule in missing:
        _made(rule)
    return [f"{len(missing)} rules"] if missing else []


def _made(wanted: DefaultRule) -> None:
    threshold = RuleThreshold.objects.get(name=wanted.threshold) if wanted.threshold else None
    values: dict[str, Any] = {"settings": dict(wanted.settings)}
    if threshold is not None and wanted.kind == RuleKind.EVENT:
        values["settings"]["count"] = int(threshold.value)
    elif threshold is not None:
        values["threshold"] = threshold.value
    made = rule_save(
        name=wanted.name,
        slug=wanted.slug,
        kind=wanted.kind.value,
        category=wanted.category.value,
        severity=wanted.severity.value,
        expression=wanted.expression,
        comparator=wanted.comparator.value,
        for_s=wanted.for_s,
        annotations={"summary": wanted.summary},
        owner=OWNER,
        enabled=wanted.enabled,
        now=timezone.now(),
        **values,
    )
    if threshold is not None:
        threshold.rules.add(made)
