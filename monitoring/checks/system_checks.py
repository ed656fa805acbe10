"""Django system checks of this room: the registry of kinds and what is stored agree. Ids checks.E001 to E005, W001 to W003."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from monitoring.checks.kinds import Kind, kinds
from monitoring.checks.models import Check
from monitoring.checks.probes.base import ProbeForm
from monitoring.checks.probes.registry import LABELS, PROBES, probe_class
from opsportal.kinds import UnknownKindError


@register
def registry_loads(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every entry of the registry leads to a probe, and has a label."""
    found: list[CheckMessage] = []
    for name in PROBES:
        try:
            probe_class(name)
        except UnknownKindError as error:
            # A warning: one broken kind must not keep the portal from watching with the others.
            found.append(Warning(str(error), hint="Correct monitoring/checks/probes/registry.py.", id="checks.W003"))
    for name in sorted(PROBES.keys() ^ LABELS.keys()):
        words = f"The kind {name!r} stands in only one of PROBES and LABELS."
        found.append(Error(words, hint="Give it a line in both.", id="checks.E001"))
    return found


@register
def probes_are_consistent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A probe's name, secrets and default thresholds fit its registry entry, its form and its values."""
    return [message for kind in kinds() for message in _faults(kind)]


def _faults(kind: Kind) -> Iterator[CheckMessage]:
    probe = kind.probe
    if probe.kind != kind.name:
        yield Error(
            f"{probe.__name__}.kind is {probe.kind!r}, but it is registered as {kind.name!r}.",
            hint="Give both the same name.",
            id="checks.E002",
        )
    if not issubclass(probe.SettingsForm, ProbeForm):
        yield Error(f"{probe.__name__}.SettingsForm is no ProbeForm.", hint="Derive it from it.", id="checks.E003")
        return
    for name in sorted(probe.SettingsForm.secret_fields - probe.SettingsForm.base_fields.keys()):
        yield Error(
            f"{probe.__name__}: the secret {name!r} is no field of its form.",
            hint="Take it from secret_fields, or add the field.",
            id="checks.E004",
        )
    for threshold in probe.default_thresholds:
        if threshold.value.partition("{")[0] not in probe.values:
            yield Error(
                f"{probe.__name__}: a default threshold grades {threshold.value!r}, which is none of its values.",
                hint="Name one of its values.",
                id="checks.E005",
            )


@register(Tags.database)
def stored_kinds_are_known(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every stored check has a kind that is registered; asked only when a database is checked."""
    if not databases:
        return []
    try:
        stored = list(Check.objects.order_by().exclude(kind__in=PROBES).values_list("kind", flat=True).distinct())
    except DatabaseError:
        return [Warning("The stored checks cannot be read.", hint="Run `manage.py migrate`.", id="checks.W001")]
    return [
        Warning(
            f"There are checks of the kind {kind!r}, which is not registered; they are never run.",
            hint="Install the kind again, or delete those checks.",
            id="checks.W002",
        )
        for kind in stored
    ]
