"""The settings of a kind as fields of a form in the admin, each under `settings_<name>`."""

import copy
from collections.abc import Collection, Mapping
from typing import Any

from django import forms

ACRONYMS = frozenset({"api", "ca", "dns", "dsn", "id", "ip", "json", "pem", "sql", "tls", "ttl", "url"})


def setting_fields(
    form_class: Any, stored: Mapping[str, Any] | None, secrets: Collection[str]
) -> dict[str, forms.Field]:
    """Fields of a kind's form, with what is `stored` of plain settings (None: nothing yet) and the names of the stored `secrets`.

    A stored secret has a second field, `forget_<name>`. `form_class` says which are secret by `secret_fields`.
    """
    fields: dict[str, forms.Field] = {}
    for name, original in form_class.base_fields.items():
        field = copy.deepcopy(original)
        field.label = original.label or in_words(name)
        if name in form_class.secret_fields:
            _make_secret(field, stored=name in secrets)
            if name in secrets:
                fields[f"forget_{name}"] = forms.BooleanField(
                    required=False, label=f"Forget the stored {in_words(name)}"
                )
        elif stored is not None:
            field.initial = stored.get(name, original.initial)
        fields[f"settings_{name}"] = field
    return fields


def settings_entered(form_class: Any, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they were filled in: an empty secret is as it was, a forgotten one None."""
    settings = {name: cleaned.get(f"settings_{name}") for name in form_class.base_fields}
    for name in form_class.secret_fields:
        if cleaned.get(f"forget_{name}"):
            settings[name] = None
        elif settings[name] is None:
            settings[name] = ""
    return settings


def in_words(name: str) -> str:
    """`ca_pem` is "CA PEM", `json_path` "JSON path"."""
    words = [word.upper() if word in ACRONYMS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


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
