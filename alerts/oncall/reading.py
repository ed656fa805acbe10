"""Schedules as the thinking takes them: read for any number of schedules in three statements."""

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time

from django.db.models import Prefetch

from alerts.oncall.models import Layer, LayerMember, Override, Schedule
from alerts.oncall.rotation import Restriction, Rotation
from alerts.oncall.timeline import Cover, Plan


def plans(schedules: Iterable[Schedule], start: datetime, end: datetime) -> dict[int, Plan]:
    """Plans by the schedules' ids, with the overrides that have a part in [start, end). Three statements: layers, members, overrides."""
    by_id = {schedule.pk: schedule for schedule in schedules}
    layers: dict[int, list[Rotation]] = defaultdict(list)
    members = Prefetch("members", queryset=LayerMember.objects.order_by("position"))
    for layer in Layer.objects.filter(schedule__in=by_id).order_by("position", "id").prefetch_related(members):
        layers[layer.schedule_id].append(rotation_of(layer, by_id[layer.schedule_id].time_zone))
    covers: dict[int, list[Cover]] = defaultdict(list)
    for override in Override.objects.filter(schedule__in=by_id, starts_at__lt=end, ends_at__gt=start):
        covers[override.schedule_id].append(cover_of(override))
    return {pk: Plan(tuple(layers[pk]), tuple(covers[pk])) for pk in by_id}


def plan_of(schedule: Schedule, start: datetime, end: datetime) -> Plan:
    return plans([schedule], start, end)[schedule.pk]


def rotation_of(layer: Layer, time_zone: str) -> Rotation:
    return Rotation(
        kind=layer.rotation,
        length=layer.length,
        starts_at=layer.starts_at.astimezone(UTC),
        ends_at=layer.ends_at and layer.ends_at.astimezone(UTC),
        zone=zoneinfo.ZoneInfo(time_zone),
        members=tuple(member.user_id for member in layer.members.all()),
        restrictions=tuple(restriction_of(one) for one in layer.restrictions),
    )


def restriction_of(stored: dict[str, object]) -> Restriction:
    """Of {"weekday", "start", "end"} as a layer stores it."""
    weekday = stored.get("weekday")
    return Restriction(
        weekday if isinstance(weekday, int) else None,
        time.fromisoformat(str(stored["start"])),
        time.fromisoformat(str(stored["end"])),
    )


def cover_of(override: Override) -> Cover:
    return Cover(
        start=override.starts_at.astimezone(UTC),
        end=override.ends_at.astimezone(UTC),
        person=override.user_id,
        replaces=override.replaces_id,
        order=override.pk,
    )
