"""The settings of a channel, whole, and the kind that is built with them."""

from django.core.exceptions import ValidationError

from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.kinds.registry import channel_kind
from alerts.delivery.models import Channel
from opsportal.crypto import unseal
from opsportal.kinds import UnknownKindError, clean_settings
from opsportal.sealed_settings import Settings


def channel_settings(channel: Channel) -> Settings:
    """The stored settings with the secrets opened. Raises SealBrokenError."""
    return complete_settings(channel_kind(channel.kind), channel.settings, channel.sealed_secrets)


def complete_settings(kind: type[ChannelKind], settings: Settings, sealed_secrets: str) -> Settings:
    """Stored settings with their secrets. What was stored before the kind had one of its settings is given that one's default."""
    full = {**settings, **unseal(sealed_secrets)}
    if kind.SettingsForm.base_fields.keys() <= full.keys():
        return full
    return clean_settings(kind.SettingsForm, full)


def kind_of(kind: str) -> type[ChannelKind]:
    """The class of a kind. Raises ValidationError on `kind`."""
    try:
        return channel_kind(kind)
    except UnknownKindError as error:
        raise ValidationError({"kind": str(error)}) from None


def built(channel: Channel) -> ChannelKind:
    """The kind of a channel, ready to send. Raises SealBrokenError, UnknownKindError, ValidationError."""
    return channel_kind(channel.kind)(channel_settings(channel))
