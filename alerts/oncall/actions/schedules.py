"""Writes of schedules with their layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.oncall.actions.common import schedule_changed, subject_of
from alerts.oncall.layer_rules import MOST_LAYERS, layer_errors, tidy
from alerts.oncall.models import Layer, LayerMember, Schedule
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, by_field, free_slug, validate

RESERVED_SLUGS = frozenset({"me", "my-shifts", "policies", "feeds", "teams"})  # they are addresses of the pages
LAYER_FIELDS = ("name", "rotation", "length", "starts_at", "ends_at")
LAYER_DEFAULTS: Mapping[str, Any] = {"rotation": "weekly", "length": 1, "ends_at": None}


@transaction.atomic
def schedule_save(
    *,
    name: str,
    slug: str | None = None,
    description: str | None = None,
    time_zone: str | None = None,
    layers: Sequence[Mapping[str, Any]] | None = None,
    schedule: Schedule | None = None,
    by: Person = None,
) -> Schedule:
    """Make a schedule, or edit `schedule`. None leaves a value, or the layers, as they are.

    `layers`, lowest first, are mappings of Layer's fields and `members`, people in their order; one with the `id` of a layer
    edits it, others are deleted. Errors name the place: `layers.0.restrictions.1.start`.
    """
    stored = Schedule.objects.select_for_update().get(pk=schedule.pk) if schedule else Schedule()
    values: dict[str, Any] = {"name": name.strip()}
    values["slug"] = slug or stored.slug or _new_slug(name)
    given = {"description": description, "time_zone": time_zone}
    changed = assign(stored, values | {key: value for key, value in given.items() if value is not None})
    reserved = ValidationError({"slug": f"{stored.slug} is an address of the portal; choose another."})
    validate(stored, reserved if stored.slug in RESERVED_SLUGS else None)
    if schedule is None or changed:
        stored.save()
    if layers is not None and _set_layers(stored, layers):
        changed.append("layers")
    if schedule is None or changed:
        schedule_changed(stored)
        announce(
            kind="alerts.schedule.created" if schedule is None else "alerts.schedule.saved",
            subject=subject_of(stored),
            summary=f"On-call schedule {stored} was {'added' if schedule is None else 'changed'}",
            by=by,
            payload={"changed": sorted(changed)},
        )
    return stored


def _new_slug(name: str) -> str:
    slug = free_slug(name, Schedule.objects.all(), "schedule")
    return f"{slug}-on-call" if slug in RESERVED_SLUGS else slug


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A layer with its new values, not stored yet; `members` are ids."""

    layer: Layer
    differs: bool
    members: list[int]


def _set_layers(schedule: Schedule, given: Sequence[Mapping[str, Any]]) -> bool:
    """Whether anything changed. Raises ValidationError with every place that is wrong."""
    if len(given) > MOST_LAYERS:
        raise ValidationError({"layers": f"A schedule has at most {MOST_LAYERS} layers."})
    existing = {layer.pk: layer for layer in schedule.layers.prefetch_related("members")}
    errors: dict[str, list[str]] = {}
    wanted = []
    for number, values in enumerate(given):
        try:
            wanted.append(_wanted(number, values, existing, schedule))
        except ValidationError as error:
            errors |= {f"layers.{number}.{name}": words for name, words in by_field(error).items()}
    if errors:
        raise ValidationError({name: list(words) for name, words in errors.items()})
    if existing:  # those that were not named
        Layer.objects.filter(pk__in=existing).delete()
    stored = [_store(one) for one in wanted]
    return bool(existing) or any(stored)


def _wanted(number: int, values: Mapping[str, Any], existing: dict[int, Layer], schedule: Schedule) -> _Wanted:
    """What `values` ask for; takes the layer that they name out of `existing`."""
    pk = values.get("id")
    layer = Layer(schedule=schedule) if pk is None else existing.pop(pk, None)
    if layer is None:
        raise ValidationError(
            {"id": "This schedule has no such layer, or it is named twice; leave it out for a new one."}
        )
    faults = layer_errors(values)
    changes = {name: values.get(name, LAYER_DEFAULTS.get(name)) for name in LAYER_FIELDS} | {"position": number}
    if not any(name.startswith("restrictions") for name in faults):
        changes["restrictions"] = tidy(values.get("restrictions"))
    changed = assign(layer, changes)
    validate(layer, ValidationError(dict(faults)) if faults else None, exclude=["schedule"])
    return _Wanted(layer, bool(changed) or pk is None, [user.pk for user in values["members"]])


def _store(wanted: _Wanted) -> bool:
    """Whether the layer or its members changed."""
    layer = wanted.layer
    before = [member.user_id for member in layer.members.all()] if layer.pk else []
    if wanted.differs:
        layer.save()
    if wanted.members != before:
        LayerMember.objects.filter(layer=layer).delete()
        LayerMember.objects.bulk_create(
            LayerMember(layer=layer, position=position, user_id=pk) for position, pk in enumerate(wanted.members)
        )
    return wanted.differs or wanted.members != before


@transaction.atomic
def schedule_delete(*, schedule: Schedule, by: Person = None) -> None:
    """Delete a schedule with its layers, overrides and calendar addresses. Policies that name it find nobody there, and say so."""
    announce(
        kind="alerts.schedule.deleted",
        subject=subject_of(schedule),
        summary=f"On-call schedule {schedule} was deleted",
        by=by,
    )
    schedule.delete()
