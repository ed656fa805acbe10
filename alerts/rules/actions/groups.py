"""Writes of rule groups and recording rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.rules.actions.announcing import announce
from alerts.rules.actions.ending import schedules_hold, states_end
from alerts.rules.actions.scheduling import group_touch
from alerts.rules.models import RecordingRule, RuleGroup
from alerts.rules.validating import METRIC_NAME, expression_faults, label_faults, number_faults
from opsportal.writing import Person, assign, validate

FIELDS = frozenset({"file", "interval_s", "query_offset_s", "limit", "labels", "enabled"})
RECORDING_FIELDS = frozenset({"position", "labels"})


@transaction.atomic
def group_save(
    *, name: str, now: datetime, group: RuleGroup | None = None, by: Person = None, **fields: Any
) -> RuleGroup:
    """Make a group, or edit `group`. `fields`: those of FIELDS. Raises ValidationError by field.

    Labels that change end the states of its rules, as does switching it off.
    """
    if unknown := sorted(set(fields) - FIELDS):
        raise ValidationError({unknown[0]: ["There is no such field of a group."]})
    stored = RuleGroup.objects.select_for_update(no_key=True).get(pk=group.pk) if group else RuleGroup()
    errors = number_faults(fields) | (label_faults(fields["labels"], templates=False) if "labels" in fields else {})
    changed = assign(stored, {"name": name.strip(), **fields})
    validate(stored, ValidationError({**errors}) if errors else None, exclude=["labels"])
    if stored.pk is None:
        stored.save(force_insert=True)
        verb = "created"
    elif changed:
        if "labels" in changed or not stored.enabled:
            ids = rule_ids(stored)
            schedules_hold(ids)
            states_end(ids, now)
        stored.save(update_fields=changed)
        verb = "saved"
    else:
        return stored
    group_touch(stored.pk, now)
    _announce(stored, verb, by, {"changed": sorted(changed)})
    return RuleGroup.objects.get(pk=stored.pk)


def rule_ids(group: RuleGroup) -> list[int]:
    return list(group.rules.values_list("pk", flat=True))


@transaction.atomic
def group_delete(*, group: RuleGroup, now: datetime, by: Person = None) -> None:
    """Delete a group and its rules. What fires is told to have ended."""
    ids = rule_ids(group)
    schedules_hold(ids)
    states_end(ids, now)
    _announce(group, "deleted", by, {"rules": len(ids)})
    group.delete()


@transaction.atomic
def recording_save(
    *,
    group: RuleGroup,
    record: str,
    expression: str,
    now: datetime,
    recording: RecordingRule | None = None,
    by: Person = None,
    **fields: Any,
) -> RecordingRule:
    """Make a recording rule of a group, or edit one. `fields`: those of RECORDING_FIELDS. Raises ValidationError by field."""
    if unknown := sorted(set(fields) - RECORDING_FIELDS):
        raise ValidationError({unknown[0]: ["There is no such field of a recording rule."]})
    stored = RecordingRule.objects.select_for_update().get(pk=recording.pk) if recording else RecordingRule()
    errors = expression_faults(expression)
    if not METRIC_NAME.fullmatch(record):
        errors["record"] = [
            f"{record!r} is not the name of a metric: letters, digits, _ and :, such as job:requests:rate5m."
        ]
    if "labels" in fields:
        errors |= label_faults(fields["labels"], templates=False)
    changed = assign(stored, {"group": group, "record": record, "expression": expression.strip(), **fields})
    validate(stored, ValidationError({**errors}) if errors else None, exclude=["labels"])
    if recording is not None and not changed:
        return stored
    stored.save()
    group_touch(group.pk, now)
    _announce(group, "saved", by, {"recording": record})
    return stored


@transaction.atomic
def recording_delete(*, recording: RecordingRule, now: datetime, by: Person = None) -> None:
    group = recording.group
    recording.delete()
    group_touch(group.pk, now)
    _announce(group, "saved", by, {"recording": recording.record})


def _announce(group: RuleGroup, verb: str, by: Person, payload: Mapping[str, Any]) -> None:
    words = {"created": "added", "saved": "changed", "deleted": "deleted"}[verb]
    announce(
        kind=f"alerts.rule_group.{verb}",
        subject=f"rule_group:{group.name}",
        summary=f"Rule group {group} was {words}",
        by=by,
        payload={"group_id": group.pk, "file": group.file, **payload},
    )
