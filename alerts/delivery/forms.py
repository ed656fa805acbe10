"""Forms of the admin. They validate by trying the very action that will store them: there is one set of rules."""

import copy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.delivery import actions
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.models import Channel, ContactMethod
from monitoring.checks.forms.checks import in_words
from opsportal.sealed_settings import opened
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
            channel=self.stored(), kind=self.kind, settings=self._settings(), by=self.by, **self.values(*FIELDS)
        )

    def _settings(self) -> dict[str, Any]:
        form = self.channel_kind.SettingsForm
        settings = {name: self.cleaned_data.get(f"settings_{name}") for name in form.base_fields}
        for name in form.secret_fields:
            if self.cleaned_data.get(f"forget_{name}"):
                settings[name] = None
            elif settings[name] is None:
                settings[name] = ""
        return settings


def channel_form(kind: type[ChannelKind], channel: Channel | None) -> type[ChannelForm]:
    """The form class of a kind, with the values of `channel`; its settings are `settings_<name>`."""
    fields: dict[str, Any] = {"kind": kind.kind, "channel_kind": kind, "__module__": __name__}
    secrets = opened(channel.sealed_secrets) if channel else {}
    for name, original in kind.SettingsForm.base_fields.items():
        field = copy.deepcopy(original)
        field.label = original.label or in_words(name)
        if name in kind.SettingsForm.secret_fields:
            _make_secret(field, stored=name in secrets)
            if name in secrets:
                fields[f"forget_{name}"] = forms.BooleanField(
                    required=False, label=f"Forget the stored {in_words(name)}"
                )
        elif channel:
            field.initial = channel.settings.get(name, original.initial)
        fields[f"settings_{name}"] = field
    return type("KindChannelForm", (ChannelForm,), fields)


def _make_secret(field: forms.Field, *, stored: bool) -> None:
    """The value is never sent to the browser; empty leaves it as it is."""
    field.initial = None
    if not isinstance(field.widget, forms.Textarea):
        field.widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    if stored:
        field.required = False
        field.widget.is_required = False
        field.widget.attrs["placeholder"] = "stored; leave empty to keep it"
    field.help_text = f"{field.help_text} {'A value is stored.' if stored else 'Never shown again.'}".strip()


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
