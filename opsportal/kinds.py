"""What families of plug-ins share (probes, channels, kinds of rules): finding a kind by its name, and validating its settings."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django import forms


class UnknownKindError(LookupError):
    """No kind of that name is registered, or its entry cannot be loaded."""


def kind_class(table: Mapping[str, str], kind: str) -> Any:
    """The class that `table`, kind → dotted path, has for a kind. Raises UnknownKindError; an import fault names the entry."""
    try:
        dotted = table[kind]
    except KeyError:
        raise UnknownKindError(f"kind: {kind!r} is not one of {', '.join(table)}.") from None
    module, _, name = dotted.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UnknownKindError(f"registry entry {kind!r} ({dotted}) cannot be loaded: {error}") from error


def clean_settings(form_class: type[forms.Form], data: Mapping[str, Any]) -> dict[str, Any]:
    """Validate raw settings with a kind's form; the normalised, JSON-serialisable values, defaults filled in.

    Raises forms.ValidationError with one entry per wrong field, unknown names included.
    """
    if unknown := sorted(set(data) - set(form_class.base_fields)):
        known = ", ".join(form_class.base_fields)
        raise forms.ValidationError(dict.fromkeys(unknown, f"Not a setting of this kind; the settings are {known}."))
    initial = {name: fld.initial for name, fld in form_class.base_fields.items() if fld.initial is not None}
    form = form_class(data=initial | dict(data))
    if not form.is_valid():
        raise forms.ValidationError({name: list(errors) for name, errors in form.errors.items()})
    return dict(form.cleaned_data)
