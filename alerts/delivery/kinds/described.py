"""What there is to know of the kinds of channels, so that forms, API and docs say it once."""

from typing import Any

from alerts.delivery.kinds import registry
from alerts.delivery.kinds.base import ChannelKind
from monitoring.checks.kinds import settings_schema
from opsportal.kinds import UnknownKindError


def kinds() -> list[type[ChannelKind]]:
    """The kinds that load, in the order of the registry."""
    found = []
    for name in registry.KINDS:
        try:
            found.append(registry.channel_kind(name))
        except UnknownKindError:
            continue
    return found


def described(kind: type[ChannelKind]) -> dict[str, Any]:
    """A kind as JSON, its settings as a JSON Schema."""
    return {
        "kind": kind.kind,
        "label": registry.LABELS.get(kind.kind, kind.kind),
        "description": kind.description,
        "icon": kind.icon,
        "takes_addresses": kind.takes_addresses,
        "address_label": kind.address_label,
        "settings": settings_schema(kind.SettingsForm),
        "secrets": sorted(kind.SettingsForm.secret_fields),
    }
