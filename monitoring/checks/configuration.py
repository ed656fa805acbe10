"""The settings of a check in its two stored parts: plain ones in `settings`, secret ones sealed in `sealed_secrets`."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from monitoring.checks.models import Check
from monitoring.checks.probes.base import Probe
from monitoring.checks.probes.registry import probe_class
from opsportal import sealed_settings
from opsportal.crypto import unseal
from opsportal.kinds import UnknownKindError, clean_settings
from opsportal.sealed_settings import Settings, seal_secrets

__all__ = [
    "clean_parts",
    "complete_settings",
    "full_settings",
    "probe_of",
    "refuse_elsewhere",
    "seal_secrets",
    "stored_secrets",
]


def full_settings(check: Check) -> Settings:
    """What a probe is built with: the stored settings with the secrets opened. Raises SealBrokenError."""
    return complete_settings(probe_class(check.kind), check.settings, check.sealed_secrets)


def complete_settings(probe: type[Probe], settings: Settings, sealed_secrets: str) -> Settings:
    """Stored settings with their secrets. What was stored before the kind had one of its settings is given that one's default."""
    full = {**settings, **unseal(sealed_secrets)}
    if probe.SettingsForm.base_fields.keys() <= full.keys():
        return full
    return clean_settings(probe.SettingsForm, full)


def stored_secrets(check: Check | None) -> dict[str, Any]:
    """The opened secrets; those that cannot be opened any more count as missing, so that they are asked for again."""
    return sealed_settings.opened(check.sealed_secrets) if check else {}


def probe_of(kind: str) -> type[Probe]:
    """The probe of a kind. Raises ValidationError on `kind`."""
    try:
        return probe_class(kind)
    except UnknownKindError as error:
        raise ValidationError({"kind": str(error)}) from None


def clean_parts(probe: type[Probe], data: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[Settings, Settings]:
    """The plain and the secret settings, as `opsportal.sealed_settings.clean_parts`. Raises ValidationError."""
    return sealed_settings.clean_parts(probe.SettingsForm, clean_settings, data, stored)


def refuse_elsewhere(probe: type[Probe], before: Settings, after: Settings, kept: Collection[str]) -> None:
    """Raises ValidationError on each of `kept`, the secrets not given anew, when `after` sends them to another place."""
    sealed_settings.refuse_elsewhere(probe.SettingsForm, before, after, kept, "check")
