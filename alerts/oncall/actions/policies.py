"""Writes of escalation policies with their steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.deletion import Collector

from alerts.delivery.models import Channel
from alerts.oncall.choices import TargetKind
from alerts.oncall.models import EscalationPolicy, PolicyStep, Schedule, Team
from alerts.oncall.policy_rules import MOST_STEPS, Found, step_errors, tidy_step
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, free_slug, validate

STEP_FIELDS = ("wait_s", "targets", "round_robin", "only_between", "least_severity")


@transaction.atomic
def policy_save(
    *,
    name: str,
    slug: str | None = None,
    description: str | None = None,
    repeat: int | None = None,
    acknowledge_timeout_s: int | None = None,
    is_default: bool | None = None,
    steps: Sequence[Mapping[str, Any]] | None = None,
    policy: EscalationPolicy | None = None,
    by: Person = None,
) -> EscalationPolicy:
    """Make a policy, or edit `policy`. None leaves a value, or the steps, as they are. What runs already goes on as it was.

    `steps` in order are mappings of PolicyStep's fields; a target is {"kind", "slug"}. Errors name the place: `steps.0.targets.1.slug`. Of
    the policies one is the default: making one so takes it from the other.
    """
    stored = EscalationPolicy.objects.select_for_update().get(pk=policy.pk) if policy else EscalationPolicy()
    values: dict[str, Any] = {"name": name.strip()}
    values["slug"] = slug or stored.slug or free_slug(name, EscalationPolicy.objects.all(), "policy")
    given = {
        "description": description,
        "repeat": repeat,
        "acknowledge_timeout_s": acknowledge_timeout_s,
        "is_default": is_default,
    }
    changed = assign(stored, values | {key: value for key, value in given.items() if value is not None})
    if stored.is_default:
        EscalationPolicy.objects.filter(is_default=True).exclude(pk=stored.pk).update(is_default=False)
    wanted = None if steps is None and policy is not None else _wanted_steps(steps or ())
    validate(stored)
    stored.save()
    if wanted is not None and _set_steps(stored, wanted):
        changed.append("steps")
    if changed and policy:
        stored.revision += 1
        stored.save(update_fields=["revision"])
    if policy is None or changed:
        _announce("created" if policy is None else "saved", stored, by, {"changed": sorted(changed)})
    return stored


def _wanted_steps(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tidy, with what each target is. Raises ValidationError with every place that is wrong."""
    if not steps:
        raise ValidationError({"steps": "Give at least one step: whom to tell first."})
    if len(steps) > MOST_STEPS:
        raise ValidationError({"steps": f"A policy has at most {MOST_STEPS} steps."})
    found = _found(steps)
    errors: dict[str, list[str]] = {}
    for number, step in enumerate(steps):
        errors |= {f"steps.{number}.{place}": [words] for place, words in step_errors(step, found).items()}
    if errors:
        raise ValidationError(errors)
    return [tidy_step(step, found) for step in steps]


def _found(steps: Sequence[Mapping[str, Any]]) -> Found:
    """(kind, slug) → (id, name) of every target that there is; a statement for each kind."""
    slugs: dict[str, set[str]] = {kind: set() for kind in TargetKind.values}
    for step in steps:
        targets = step.get("targets")
        for target in targets if isinstance(targets, list | tuple) else ():
            if isinstance(target, Mapping) and target.get("kind") in slugs and isinstance(target.get("slug"), str):
                slugs[target["kind"]].add(target["slug"])
    found: Found = {}
    people = get_user_model().objects.filter(username__in=slugs[TargetKind.USER], is_active=True)
    for pk, username in people.values_list("pk", "username"):
        found[TargetKind.USER, username] = (pk, username)
    for kind, model in ((TargetKind.SCHEDULE, Schedule), (TargetKind.TEAM, Team), (TargetKind.CHANNEL, Channel)):
        rows = model._default_manager.filter(slug__in=slugs[kind]) if slugs[kind] else model._default_manager.none()
        for pk, slug, name in rows.values_list("pk", "slug", "name"):
            found[kind, slug] = (pk, name)
    return found


def _set_steps(policy: EscalationPolicy, wanted: list[dict[str, Any]]) -> bool:
    """Whether anything changed. A step stays itself while its place does, and with it whose turn it is."""
    existing = list(policy.steps.select_for_update().order_by("position"))
    changed = len(existing) != len(wanted)
    for step in existing[len(wanted) :]:
        step.delete()
    for position, values in enumerate(wanted):
        is_new = position >= len(existing)
        step = PolicyStep(policy=policy, position=position) if is_new else existing[position]
        if assign(step, values) or is_new:
            step.save()
            changed = True
    return changed


@transaction.atomic
def policy_delete(*, policy: EscalationPolicy, by: Person = None) -> None:
    """Delete a policy that nothing sends to. What runs by it goes on to its end."""
    if users := policy_users(policy):
        raise ValidationError(f"{policy} is used by {', '.join(users)}: take it out there first.")
    _announce("deleted", policy, by, {"policy_id": policy.pk})
    policy.delete()


def policy_users(policy: EscalationPolicy) -> list[str]:
    """What outside this room would be deleted with it (targets of receivers), in words."""
    collector = Collector(using="default")
    collector.collect([policy])
    return sorted(
        f"{model._meta.verbose_name} {item}"
        for model, items in collector.data.items()
        if model._meta.app_label != EscalationPolicy._meta.app_label
        for item in items
    )


def _announce(verb: str, policy: EscalationPolicy, by: Person, payload: dict[str, Any]) -> None:
    words = {"created": "added", "saved": "changed", "deleted": "deleted"}[verb]
    announce(
        kind=f"alerts.policy.{verb}",
        subject=f"policy:{policy.slug}",
        summary=f"Escalation policy {policy} was {words}",
        by=by,
        payload=payload,
    )
