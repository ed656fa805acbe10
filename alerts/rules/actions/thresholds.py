"""Writes of thresholds that rules share."""

import math
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.rules.actions.announcing import announce
from alerts.rules.actions.rules import rule_save
from alerts.rules.choices import RuleKind
from alerts.rules.models import AlertRule, RuleThreshold
from opsportal.writing import Person


@transaction.atomic
def threshold_save(*, threshold: RuleThreshold, value: float, now: datetime, by: Person = None) -> RuleThreshold:
    """Change a threshold, and with it its rules; their states stay, but for event rules. Raises ValidationError of `value`."""
    if not math.isfinite(value):
        raise ValidationError({"value": ["Give a finite number."]})
    stored: RuleThreshold = RuleThreshold.objects.select_for_update().get(pk=threshold.pk)
    if stored.value == value:
        return stored
    before, stored.value = stored.value, value
    stored.save(update_fields=["value"])
    for rule in stored.rules.order_by("pk"):
        try:
            rule_save(rule=rule, name=rule.name, kind=str(rule.kind), now=now, by=by, **taken_by(rule, value))
        except ValidationError as error:
            raise ValidationError({"value": [f"{rule}: {words}" for words in error.messages]}) from None
    announce(
        kind="alerts.rule_threshold.saved",
        subject=f"rule_threshold:{stored}",
        summary=f"Threshold {stored} was changed from {before:g} to {value:g}",
        by=by,
        payload={"before": before, "value": value},
    )
    return stored


def taken_by(rule: AlertRule, value: float) -> dict[str, Any]:
    """Fields of `rule_save` that put a value into a rule."""
    if rule.kind == RuleKind.EVENT:
        if value != int(value):
            raise ValidationError(f"{rule} counts events: give a whole number.")
        return {"settings": {**rule.settings, "count": int(value)}}
    return {"threshold": value}
