"""Writes of checks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from monitoring.checks.actions.common import announce, subject_of
from monitoring.checks.actions.running import reschedule
from monitoring.checks.configuration import (
    clean_parts,
    probe_of,
    refuse_elsewhere,
    seal_secrets,
    stored_secrets,
)
from monitoring.checks.heartbeats.actions import key_ensure
from monitoring.checks.models import Check, CheckSchedule, CheckState, Service
from monitoring.checks.options import CHECK_OPTIONS, KIND_DEFAULTS, CheckOptions
from monitoring.checks.probes.base import Probe
from monitoring.checks.threshold_rules import clean_thresholds, default_rows
from opsportal.writing import Person, assign, by_field, free_slug, validate


@transaction.atomic
def check_save(
    *,
    service: Service,
    kind: str,
    name: str,
    slug: str | None = None,
    settings: Mapping[str, Any] | None = None,
    thresholds: Sequence[Mapping[str, Any]] | None = None,
    check: Check | None = None,
    by: Person = None,
    **options: Unpack[CheckOptions],
) -> Check:
    """Make a check, or edit `check`; the stored check. Nothing is written, and no event made, when nothing differs.

    `settings` are raw values of the kind's form (None on an edit: as they were); a secret left out or empty stays, None
    forgets it.
    `thresholds` None: the kind's own on a new check, as they were on an edit.
    """
    stored = Check.objects.select_for_update().get(pk=check.pk) if check else Check(kind=kind)
    if stored.kind != kind:
        raise ValidationError({"kind": f"A check keeps its kind ({stored.kind}); make a new check instead."})
    probe = probe_of(kind)
    values: dict[str, Any] = {"service": service, "name": name, **options}
    if check is None:
        values = {name: getattr(probe, f"default_{name}") for name in KIND_DEFAULTS} | values
    values["slug"] = slug or stored.slug or free_slug(name, Check.objects.filter(service=service), kind)
    errors = _add_question(values, probe, stored, settings, thresholds)
    changed = assign(stored, values)
    validate(stored, errors)
    return _store(stored, changed, new=check is None, by=by)


def _add_question(
    values: dict[str, Any], probe: type[Probe], stored: Check, settings: Any, thresholds: Any
) -> ValidationError | None:
    """Put settings, secrets and thresholds into `values`; what is wrong with them."""
    errors: dict[str, list[str]] = {}
    new = stored.pk is None
    timeout_s = values.get("timeout_s")
    if isinstance(timeout_s, float) and not math.isfinite(timeout_s):
        errors["timeout_s"] = ["Give a number of seconds."]
    if settings is not None or new:
        secrets = stored_secrets(None if new else stored)
        try:
            values["settings"], kept = clean_parts(probe, settings or {}, secrets)
            unsaid = {name for name in secrets.keys() & kept.keys() if not (settings or {}).get(name)}
            refuse_elsewhere(probe, stored.settings, values["settings"], unsaid)
            if kept != secrets:
                values["sealed_secrets"] = seal_secrets(kept)
        except ValidationError as error:
            errors |= by_field(error)
    if thresholds is not None or new:
        try:
            values["thresholds"] = default_rows(probe) if thresholds is None else clean_thresholds(probe, thresholds)
        except ValidationError as error:
            errors |= by_field(error)
    return ValidationError({name: list(words) for name, words in errors.items()}) if errors else None


def _store(check: Check, changed: list[str], *, new: bool, by: Person) -> Check:
    if new:
        check.save(force_insert=True)
        _begin(check)
    elif changed:
        check.revision += 1
        check.save(update_fields=[*changed, "revision", "updated_at"])
        reschedule([check])
    else:
        return check
    if check.kind == "heartbeat":
        key_ensure(check)
    announce(
        kind="config.check.created" if new else "config.check.saved",
        subject=subject_of(check),
        summary=f"Check {check} was {'added' if new else 'changed'}",
        by=by,
        payload={"changed": sorted("secrets" if name == "sealed_secrets" else name for name in changed)},
    )
    return check


def _begin(check: Check) -> None:
    """The rows that go with a new check; it is due at once."""
    now = timezone.now()
    due = now if check.enabled else None
    CheckSchedule.objects.create(check_ref=check, next_check_at=due)
    CheckState.objects.create(check_ref=check, since=now)


@transaction.atomic
def check_delete(*, check: Check, by: Person = None) -> None:
    """Delete a check. Its recorded changes of status stay until they expire."""
    announce(
        kind="config.check.deleted",
        subject=subject_of(check),
        summary=f"Check {check} was deleted",
        by=by,
        payload={"check_id": check.pk, "kind": check.kind},
    )
    check.delete()


@transaction.atomic
def check_clone(*, check: Check, by: Person = None) -> Check:
    """A copy with the same question and secrets, named "… (copy)", switched off so that it can be edited first."""
    source = Check.objects.get(pk=check.pk)
    siblings = Check.objects.filter(service=source.service)
    name = f"{source.name[:112]} (copy)"
    copy = Check(
        slug=free_slug(name, siblings, source.kind),
        **{field: getattr(source, field) for field in ("service", "kind", "settings", "sealed_secrets", "thresholds")},
        **{field: getattr(source, field) for field in CHECK_OPTIONS},
    )
    assign(copy, {"name": name, "enabled": False})
    validate(copy)
    return _store(copy, ["cloned"], new=True, by=by)
