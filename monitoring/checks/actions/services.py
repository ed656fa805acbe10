"""Writes of services and of their maintenance windows."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Unpack
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from monitoring.checks.actions.checks import check_save
from monitoring.checks.actions.common import announce
from monitoring.checks.choices import Status
from monitoring.checks.cycles import cycle
from monitoring.checks.models import MaintenanceWindow, Service, ServiceState
from monitoring.checks.options import ServiceOptions
from opsportal.writing import Person, assign, free_slug, validate

LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")
LABEL_VALUE_LENGTH = 200
DEPENDENCIES_LOCK = 0x6F707331  # "ops1": two edits at once must not close a circle together


@transaction.atomic
def service_save(
    *,
    name: str,
    slug: str | None = None,
    depends_on: Iterable[Service] | None = None,
    service: Service | None = None,
    by: Person = None,
    **options: Unpack[ServiceOptions],
) -> Service:
    """Make a service, or edit `service`; the stored service. `depends_on` None leaves the dependencies as they are.

    A dependency that leads back to the service is refused with the way round in the message.
    """
    stored = Service.objects.select_for_update().get(pk=service.pk) if service else Service()
    new = service is None
    values: dict[str, Any] = {"name": name, **options}
    values["slug"] = slug or stored.slug or free_slug(name, Service.objects.all(), "service")
    changed = assign(stored, values)
    validate(stored, _label_errors(stored.labels))
    if new:
        stored.save(force_insert=True)
        ServiceState.objects.create(service=stored, rank=Status.PENDING.rank, since=timezone.now())
    elif changed:
        stored.save(update_fields=[*changed, "updated_at"])
    if depends_on is not None and _set_dependencies(stored, list(depends_on)):
        changed.append("depends_on")
    if new or changed:
        announce(
            kind="config.service.created" if new else "config.service.saved",
            subject=f"service:{stored.slug}",
            summary=f"Service {stored} was {'added' if new else 'changed'}",
            by=by,
            payload={"changed": sorted(changed)},
        )
    return stored


def _label_errors(labels: Any) -> ValidationError | None:
    if not isinstance(labels, dict):
        return ValidationError({"labels": 'Give an object such as {"env": "prod"}.'})
    for name, value in labels.items():
        if not LABEL_NAME.fullmatch(name):
            return ValidationError(
                {"labels": f"{name!r} is not a label name: a letter or _, then up to 62 letters, digits, _ . or -."}
            )
        if not isinstance(value, str) or len(value) > LABEL_VALUE_LENGTH or "\x00" in value:
            return ValidationError({"labels": f"{name}: give a text of at most {LABEL_VALUE_LENGTH} characters."})
    return None


def _set_dependencies(service: Service, wanted: list[Service]) -> bool:
    """Whether the dependencies changed. Raises ValidationError on `depends_on` when they would go round."""
    before = set(service.depends_on.values_list("pk", flat=True))
    if {other.pk for other in wanted} == before:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DEPENDENCIES_LOCK])
    if way := cycle(_parents(service, wanted)):
        slugs = dict(Service.objects.filter(pk__in=way).values_list("pk", "slug"))
        path = " → ".join(slugs[pk] for pk in way)
        raise ValidationError({"depends_on": f"The dependencies go round: {path}. Take one of them away."})
    service.depends_on.set(wanted)
    return True


def _parents(service: Service, wanted: list[Service]) -> dict[int, list[int]]:
    """What each service depends on once `service` depends on `wanted`; it comes first: a way round begins there."""
    found = {service.pk: [other.pk for other in wanted]}
    others = Service.depends_on.through.objects.exclude(from_service_id=service.pk)
    for pk, needs in others.values_list("from_service_id", "to_service_id"):
        found.setdefault(pk, []).append(needs)
    return found


@transaction.atomic
def service_by_url(*, name: str, url: str, owner: str = "", by: Person = None) -> Service:
    """A service watched by its address: an `http` check, and for https a `tls` check of its certificate."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError({"url": "Not a URL; give an address such as https://shop.example.com/."}) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError({"url": "Give an address that begins with http:// or https://."})
    service = service_save(name=name, owner=owner, by=by)
    try:
        check_save(service=service, kind="http", name="Page", settings={"url": url}, by=by)
    except ValidationError as error:
        words = getattr(error, "message_dict", {}).get("settings.url")
        raise ValidationError({"url": words}) if words else error from None
    if parts.scheme == "https":
        host = {"host": parts.hostname, "port": port or 443}
        check_save(service=service, kind="tls", name="Certificate", settings=host, interval_s=3600, by=by)
    return service


@transaction.atomic
def service_delete(*, service: Service, by: Person = None) -> None:
    """Delete a service with its checks. Recorded changes of status and events stay until they expire."""
    announce(
        kind="config.service.deleted",
        subject=f"service:{service.slug}",
        summary=f"Service {service} was deleted",
        by=by,
        payload={"service_id": service.pk, "checks": list(service.checks.values_list("slug", flat=True))},
    )
    service.delete()


@transaction.atomic
def maintenance_save(
    *,
    service: Service,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    window: MaintenanceWindow | None = None,
    by: Person = None,
) -> MaintenanceWindow:
    """Plan a maintenance window, or change `window`."""
    if window is None:
        stored = MaintenanceWindow(created_by_id=by.pk if by else None)
    else:
        stored = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    values = {"service_id": service.pk, "starts_at": starts_at, "ends_at": ends_at, "reason": reason}
    changed = assign(stored, values)
    validate(stored)
    if window is None:
        stored.save(force_insert=True)
    elif changed:
        stored.save(update_fields=changed)
    if changed:
        span = f"{starts_at:%Y-%m-%d %H:%M} to {ends_at:%Y-%m-%d %H:%M %Z}"
        announce(
            kind="config.maintenance.created" if window is None else "config.maintenance.saved",
            subject=f"service:{service.slug}",
            summary=f"Maintenance of {service} from {span} was planned: {reason}",
            by=by,
        )
    return stored


@transaction.atomic
def maintenance_delete(*, window: MaintenanceWindow, by: Person = None) -> None:
    """Cancel a maintenance window."""
    announce(
        kind="config.maintenance.deleted",
        subject=f"service:{window.service.slug}",
        summary=f"Maintenance of {window} was cancelled",
        by=by,
    )
    window.delete()
