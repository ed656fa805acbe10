"""Writes of alert rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.rules.actions.announcing import announce
from alerts.rules.actions.ending import schedules_hold, states_end, states_tell_anew
from alerts.rules.actions.scheduling import group_touch, rule_schedule
from alerts.rules.choices import Comparator
from alerts.rules.kinds.base import PromqlKind
from alerts.rules.kinds.registry import rule_kind
from alerts.rules.models import AlertRule, RuleGroup
from alerts.rules.plan import facts_of
from alerts.rules.validating import (
    Errors,
    annotation_faults,
    fingerprint,
    kind_faults,
    label_faults,
    number_faults,
    settings_cleaned,
)
from opsportal.kinds import UnknownKindError
from opsportal.writing import Person, assign, free_slug, validate

FIELDS = frozenset({
    "description", "category", "severity", "expression", "comparator", "threshold", "recovery_threshold", "interval_s", "for_s",
    "keep_firing_for_s", "on_no_data", "on_error", "flap_detection", "labels", "annotations", "runbook_url", "owner", "policy", "enabled",
    "group", "position",
})  # fmt: skip
RESERVED_SLUGS = ("try", "import", "export", "replay")
IN_LABELS = ("name", "slug", "severity", "category", "policy")  # of every alert of the rule
UNCHECKED = ("fingerprint", "settings", "labels", "annotations")


@transaction.atomic
def rule_save(
    *,
    name: str,
    kind: str,
    now: datetime,
    rule: AlertRule | None = None,
    slug: str | None = None,
    settings: Mapping[str, Any] | None = None,
    by: Person = None,
    **fields: Any,
) -> AlertRule:
    """Make a rule, or edit `rule`; the stored rule. Nothing is written, and no event made, when nothing differs.

    `settings` are raw values of the kind's form (None on an edit of the same kind: as they were). `fields`: those of FIELDS. States stay
    while kind, expression, settings and labels do. Raises ValidationError by field; of settings by `settings.<name>`.
    """
    if unknown := sorted(set(fields) - FIELDS):
        raise ValidationError({unknown[0]: ["There is no such field of a rule."]})
    stored = _stored(rule, by)
    before = _labels_of(stored)
    values = {"name": name.strip(), "kind": kind, **fields}
    values["slug"] = slug or stored.slug or free_slug(name, AlertRule.objects.all(), "rule")
    new_settings = settings if settings is not None or (stored.kind == kind and stored.pk) else {}
    errors = _cleaned(values, stored, new_settings)
    old_group = stored.group_id
    changed = assign(stored, values)
    errors |= kind_errors(stored) if "kind" not in errors else {}
    validate(stored, ValidationError({**errors}) if errors else None, exclude=UNCHECKED)
    stored.fingerprint = fingerprint(str(stored.kind), stored.expression, stored.settings, stored.labels)
    return _store(stored, changed, before, old_group, now=now, by=by)


def _stored(rule: AlertRule | None, by: Person) -> AlertRule:
    """The row, locked so that evaluations may still refer to it; or a new one."""
    if rule is not None:
        stored: AlertRule = AlertRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        return stored
    return AlertRule(created_by_id=by.pk if by else None)


def _cleaned(values: dict[str, Any], stored: AlertRule, settings: Mapping[str, Any] | None) -> Errors:
    """Put clean settings into `values`; what is wrong so far."""
    errors = number_faults(values)
    if "labels" in values:
        errors |= label_faults(values["labels"])
    if "annotations" in values:
        errors |= annotation_faults(values["annotations"])
    try:
        kind = rule_kind(values["kind"])
    except UnknownKindError as error:
        return errors | {"kind": [str(error.args[0])]}
    if settings is not None:
        values["settings"], wrong = settings_cleaned(kind, settings)
        errors |= wrong
    if values["slug"] in RESERVED_SLUGS:
        errors["slug"] = [f"{values['slug']!r} is an address of its own; choose another slug."]
    if not kind.takes_threshold:
        values["comparator"] = Comparator.PRESENT.value
    if "expression" in values:
        values["expression"] = str(values["expression"]).strip()
    return errors


def kind_errors(rule: AlertRule) -> Errors:
    kind = rule_kind(str(rule.kind))
    found = kind_faults(kind, facts_of(rule))
    if rule.group_id is not None and not issubclass(kind, PromqlKind):
        found["group"] = ["A rule of this kind stands by itself: only rules that ask in PromQL have a group."]
    return found


def _labels_of(rule: AlertRule) -> tuple[Any, ...]:
    return tuple(rule.policy_id if name == "policy" else getattr(rule, name) for name in IN_LABELS)


def _store(
    rule: AlertRule, changed: list[str], before: tuple[Any, ...], old_group: int | None, *, now: datetime, by: Person
) -> AlertRule:
    if rule.pk is None:
        rule.save(force_insert=True)
        verb = "created"
    elif changed:
        _keep_or_end(rule, before, now)
        rule.revision += 1
        rule.save(update_fields=[*changed, "fingerprint", "revision", "updated_at"])
        verb = "saved"
    else:
        return rule
    rule_schedule(rule, now)
    for group_id in {old_group, rule.group_id}:
        if group_id is not None:
            group_touch(group_id, now)
    announce(
        kind=f"alerts.rule.{verb}",
        subject=f"rule:{rule.slug}",
        summary=f"Rule {rule} was {'added' if verb == 'created' else 'changed'}",
        by=by,
        payload={"rule_id": rule.pk, "changed": sorted(changed)},
    )
    return rule


def _keep_or_end(rule: AlertRule, before: tuple[Any, ...], now: datetime) -> None:
    """What an edit means for the states, while the database still has the rule as it was."""
    schedules_hold([rule.pk])
    was = AlertRule.objects.values_list("fingerprint", "enabled").get(pk=rule.pk)
    if was[0] != rule.fingerprint or not rule.enabled:
        states_end([rule.pk], now)
    elif _labels_of(rule) != before:
        states_tell_anew([rule.pk], now)


@transaction.atomic
def rule_delete(*, rule: AlertRule, now: datetime, by: Person = None) -> None:
    """Delete a rule. What fires is told to have ended."""
    schedules_hold([rule.pk])
    states_end([rule.pk], now)
    announce(
        kind="alerts.rule.deleted",
        subject=f"rule:{rule.slug}",
        summary=f"Rule {rule} was deleted",
        by=by,
        payload={"rule_id": rule.pk, "kind": str(rule.kind)},
    )
    if rule.group_id:
        group_touch(rule.group_id, now)
    rule.delete()


def rules_enable(*, rules: Iterable[AlertRule], now: datetime, by: Person = None) -> int:
    """Switch rules on; how many were off."""
    return _switch(rules, True, now, by)


def rules_disable(*, rules: Iterable[AlertRule], now: datetime, by: Person = None) -> int:
    """Switch rules off; how many were on. What fires is told to have ended."""
    return _switch(rules, False, now, by)


@transaction.atomic
def _switch(rules: Iterable[AlertRule], enabled: bool, now: datetime, by: Person) -> int:
    ids = [rule.pk for rule in rules]
    chosen: Sequence[AlertRule] = list(
        AlertRule.objects.select_for_update(no_key=True).filter(pk__in=ids, enabled=not enabled).order_by("pk")
    )
    if not enabled and chosen:
        schedules_hold([rule.pk for rule in chosen])
        states_end([rule.pk for rule in chosen], now)
    for rule in chosen:
        rule.enabled, rule.revision = enabled, rule.revision + 1
        rule.save(update_fields=["enabled", "revision", "updated_at"])
        rule_schedule(rule, now)
        announce(
            kind="alerts.rule.enabled" if enabled else "alerts.rule.disabled",
            subject=f"rule:{rule.slug}",
            summary=f"Rule {rule} was switched {'on' if enabled else 'off'}",
            by=by,
            payload={"rule_id": rule.pk},
        )
    for group in RuleGroup.objects.filter(rules__in=chosen).distinct():
        group_touch(group.pk, now)
    return len(chosen)
