"""Writes of registered databases."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from monitoring.checks.actions.common import announce
from monitoring.checks.models import Check, DatabaseTarget
from monitoring.checks.probes.dsn import DsnError, parameters
from opsportal.crypto import seal
from opsportal.writing import Person, assign, free_slug, validate


@transaction.atomic
def database_target_save(
    *, name: str, slug: str | None = None, dsn: str = "", target: DatabaseTarget | None = None, by: Person = None
) -> DatabaseTarget:
    """Register a database, or edit `target`. The DSN is sealed and never shown again; empty on an edit: as it was."""
    stored = DatabaseTarget.objects.select_for_update().get(pk=target.pk) if target else DatabaseTarget()
    old_slug = stored.slug
    values: dict[str, Any] = {"name": name}
    values["slug"] = slug or stored.slug or free_slug(name, DatabaseTarget.objects.all(), "database")
    errors = _dsn_errors(dsn, required=target is None)
    if dsn and not errors:
        values["sealed_dsn"] = seal({"dsn": dsn})
    changed = assign(stored, values)
    validate(stored, errors, exclude={"sealed_dsn"})
    if old_slug and old_slug != stored.slug and _users(old_slug).exists():
        raise ValidationError({"slug": f"Checks name this database as {old_slug!r}; it keeps its slug."})
    if target is None:
        stored.save(force_insert=True)
    elif changed:
        stored.save(update_fields=changed)
        _users(stored.slug).update(revision=F("revision") + 1)
    if changed:
        announce(
            kind="config.database.created" if target is None else "config.database.saved",
            subject=f"database:{stored.slug}",
            summary=f"Database {stored} was {'registered' if target is None else 'changed'}",
            by=by,
            payload={"changed": sorted("dsn" if field == "sealed_dsn" else field for field in changed)},
        )
    return stored


def _dsn_errors(dsn: str, *, required: bool) -> ValidationError | None:
    if not dsn:
        return ValidationError({"dsn": "Give the address of the database."}) if required else None
    try:
        parameters(dsn)
    except DsnError as error:
        return ValidationError({"dsn": str(error)})
    return None


def database_target_users(target: DatabaseTarget) -> list[Check]:
    """Checks that use this database."""
    return list(_users(target.slug).select_related("service"))


def _users(slug: str) -> Any:
    """Checks that name this database in their settings."""
    return Check.objects.filter(settings__database=slug)


@transaction.atomic
def database_target_delete(*, target: DatabaseTarget, by: Person = None) -> None:
    """Forget a database. Refused while a check uses it."""
    users = [str(check) for check in database_target_users(target)[:5]]
    if users:
        raise ValidationError(f"{target} is used by {', '.join(users)}; change or delete those checks first.")
    announce(
        kind="config.database.deleted",
        subject=f"database:{target.slug}",
        summary=f"Database {target} was removed",
        by=by,
    )
    target.delete()
