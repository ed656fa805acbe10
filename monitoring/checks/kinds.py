"""What there is to know of the kinds of checks, read from the probes, so that forms, API and docs say it once."""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple, cast

from django import forms

from monitoring.checks.probes.base import Probe, ProbeForm
from monitoring.checks.probes.registry import LABELS, PROBES, probe_class
from monitoring.checks.threshold_rules import default_rows, has_dynamic_values
from opsportal.kinds import UnknownKindError

JSON_TYPES: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.BooleanField, "boolean"),
    (forms.FloatField, "number"),
    (forms.DecimalField, "number"),
    (forms.IntegerField, "integer"),
    (forms.JSONField, ""),
    (forms.MultipleChoiceField, "array"),
)


class Kind(NamedTuple):
    """One kind: its name in the registry, its label, and its probe."""

    name: str
    label: str
    probe: type[Probe]


def kinds() -> list[Kind]:
    """The kinds whose probe loads, in the order of the registry; the system checks report the others."""
    found = []
    for name in PROBES:
        try:
            found.append(Kind(name, LABELS.get(name, name), probe_class(name)))
        except UnknownKindError:
            continue
    return found


def described(kind: Kind) -> dict[str, Any]:
    """A kind as JSON: settings as a JSON Schema, values with units, default thresholds."""
    probe = kind.probe
    return {
        "kind": kind.name,
        "label": kind.label,
        "description": probe.description,
        "icon": probe.icon,
        "default_interval_s": probe.default_interval_s,
        "settings": settings_schema(probe.SettingsForm),
        "secrets": sorted(probe.SettingsForm.secret_fields),
        "values": [{"name": name, **value._asdict()} for name, value in probe.values.items()],
        "dynamic_values": has_dynamic_values(probe),
        "default_thresholds": default_rows(probe),
    }


@cache
def settings_schema(form_class: type[ProbeForm]) -> dict[str, Any]:
    """JSON Schema of a kind's settings, derived from its form."""
    fields = form_class.base_fields
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, field in fields.items() if field.required and field.initial is None],
        "properties": {
            name: _field_schema(name, field, name in form_class.secret_fields) for name, field in fields.items()
        },
    }


def _field_schema(name: str, field: forms.Field, secret: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": str(field.label or name.replace("_", " "))}
    if type_name := next((word for kind, word in JSON_TYPES if isinstance(field, kind)), "string"):
        schema["type"] = type_name
    if field.help_text:
        schema["description"] = str(field.help_text)
    if field.initial is not None and not callable(field.initial):
        schema["default"] = field.initial
    for rule, attribute in (("minimum", "min_value"), ("maximum", "max_value"), ("maxLength", "max_length")):
        if getattr(field, attribute, None) is not None:
            schema[rule] = getattr(field, attribute)
    if isinstance(field, forms.ChoiceField):
        options = [value for value, _ in cast("Iterable[tuple[Any, Any]]", field.choices)]
        schema |= {"items": {"enum": options}} if schema.get("type") == "array" else {"enum": options}
    return schema | ({"writeOnly": True} if secret else {})
