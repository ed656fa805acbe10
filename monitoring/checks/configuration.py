"""The settings of a check in its two stored parts: plain ones in `settings`, secret ones sealed in `sealed_secrets`."""

from collections.abc import Collection, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from monitoring.checks.models import Check
from monitoring.checks.probes.base import Probe, clean_settings
from monitoring.checks.probes.registry import UnknownKindError, probe_class
from opsportal.crypto import SealBrokenError, seal, unseal
from opsportal.writing import by_field

Settings = dict[str, Any]
EMPTY: list[Any] = ["", {}, []]


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
    try:
        return dict(unseal(check.sealed_secrets)) if check else {}
    except SealBrokenError:
        return {}


def probe_of(kind: str) -> type[Probe]:
    """The probe of a kind. Raises ValidationError on `kind`."""
    try:
        return probe_class(kind)
    except UnknownKindError as error:
        raise ValidationError({"kind": str(error)}) from None


def clean_parts(probe: type[Probe], data: Mapping[str, Any], stored: Mapping[str, Any]) -> tuple[Settings, Settings]:
    """Validate `data` with the kind's form; the plain and the secret settings. A secret that is not given is plain: empty.

    A secret that is absent or empty is left as it was; None forgets it. Raises ValidationError with keys such as
    `settings.url`.
    """
    secret = probe.SettingsForm.secret_fields
    kept = {name: stored[name] for name in secret & stored.keys() if name not in data or data[name] in EMPTY}
    given = {name: value for name, value in data.items() if name not in kept and not (name in secret and value is None)}
    try:
        cleaned = clean_settings(probe.SettingsForm, given | kept)
    except ValidationError as error:
        raise ValidationError({f"settings.{name}": words for name, words in by_field(error).items()}) from None
    secrets = {name: cleaned[name] for name in secret & cleaned.keys() if cleaned[name] not in [None, *EMPTY]}
    return {name: value for name, value in cleaned.items() if name not in secrets}, secrets


def refuse_elsewhere(probe: type[Probe], before: Settings, after: Settings, kept: Collection[str]) -> None:
    """Whoever may edit a check must not have its stored secrets sent to a place of their own.

    Raises ValidationError on each of `kept`, the secrets that were not given anew, when `after` names another place.
    """
    names = probe.SettingsForm.destination_fields
    if any(_place(before.get(name)) != _place(after.get(name)) for name in names):
        words = "Give this again: it was stored for another place than the check would now send it to."
        if kept:
            raise ValidationError({f"settings.{name}": [words] for name in sorted(kept)})


def _place(value: Any) -> Any:
    """Scheme, host and port of a URL; anything else as it is."""
    if not isinstance(value, str) or "://" not in value:
        return value
    parts = urlsplit(value)
    return parts.scheme, parts.netloc.lower()


def seal_secrets(secrets: Mapping[str, Any]) -> str:
    """Sealed text of the secret settings; any JSON value comes back as it was."""
    return seal(cast("dict[str, str]", dict(secrets)))
