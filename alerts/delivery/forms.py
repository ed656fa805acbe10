"""Forms of the admin. They validate by trying the very action that will store them: there is one set of rules."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.delivery import actions
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.models import Channel, ContactMethod
from opsportal.sealed_settings import opened
from opsportal.settings_fields import setting_fields, settings_entered
from opsportal.tried_form import TriedForm

FIELDS = ["name", "slug", *actions.CHANNEL_OPTIONS]


class ChannelForm(TriedForm):
    """The part that all kinds share. `channel_form` makes the class of a kind."""

    kind: str
    channel_kind: type[ChannelKind]

    class Meta:
        model = Channel
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "fallback" in self.fields and (stored := self.stored()) is not None:
            self.fields["fallback"].queryset = Channel.objects.exclude(pk=stored.pk)  # type: ignore[attr-defined]

    def act(self) -> Channel:
        return actions.channel_save(
            channel=self.stored(),
            kind=self.kind,
            settings=settings_entered(self.channel_kind.SettingsForm, self.cleaned_data),
            by=self.by,
            **self.values(*FIELDS),
        )


def channel_form(kind: type[ChannelKind], channel: Channel | None) -> type[ChannelForm]:
    """The form class of a kind, with the values of `channel`; its settings are `settings_<name>`."""
    fields: dict[str, Any] = {"kind": kind.kind, "channel_kind": kind, "__module__": __name__}
    secrets = opened(channel.sealed_secrets) if channel else {}
    fields |= setting_fields(kind.SettingsForm, channel.settings if channel else None, secrets)
    return type("KindChannelForm", (ChannelForm,), fields)


class ContactMethodForm(TriedForm):
    """Whoever manages contacts may vouch for an address; else its owner confirms it by a code."""

    vouch = forms.BooleanField(
        label="The address is confirmed",
        required=False,
        help_text="Off: its owner confirms it by a code that is sent there.",
    )

    class Meta:
        model = ContactMethod
        fields = ["user", "channel", "name", "address", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (stored := self.stored()) is not None:
            self.initial.setdefault("vouch", stored.verified_at is not None)

    def clean_user(self) -> Any:
        stored = self.stored()
        if stored is not None and self.cleaned_data["user"] != ContactMethod.objects.get(pk=stored.pk).user:
            raise ValidationError("A contact method stays its owner's; make another one.")
        return self.cleaned_data["user"]

    def act(self) -> ContactMethod:
        verified_at = timezone.now() if self.cleaned_data.get("vouch") else None
        names = ("user", "channel", "name", "address", "enabled")
        return actions.contact_save(contact=self.stored(), verified_at=verified_at, by=self.by, **self.values(*names))
