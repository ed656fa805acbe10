"""The form of a check: its own fields, the settings of its kind as `settings_<name>`, thresholds as rows `thresholds_<i>_…`."""

from typing import Any

from django import forms

from monitoring.checks import actions
from monitoring.checks.choices import Comparator
from monitoring.checks.configuration import full_settings, stored_secrets
from monitoring.checks.models import Check
from monitoring.checks.options import CHECK_OPTIONS, KIND_DEFAULTS
from monitoring.checks.probes.base import Probe
from monitoring.checks.run_once import Seen, Trial, run_once
from monitoring.checks.threshold_rules import KEYS, default_rows, has_dynamic_values
from opsportal.settings_fields import setting_fields, settings_entered
from opsportal.tried_form import TriedForm

SPARE_ROWS = 2


class CheckForm(TriedForm):
    """The part that all kinds share. `check_form` makes the class of a kind."""

    kind: str
    probe: type[Probe]
    row_count: int
    trying = False

    class Meta:
        model = Check
        fields = ["service", "name", "slug", *CHECK_OPTIONS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trial: Trial | None = None
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if self.stored() is None:
            for name in KIND_DEFAULTS:
                self.initial.setdefault(name, getattr(self.probe, f"default_{name}"))

    def is_valid(self) -> bool:
        """A trial stops before the save: the admin shows the form again, with what was seen."""
        return super().is_valid() and not self.trying

    def act(self) -> Check:
        return actions.check_save(
            check=self.stored(),
            kind=self.kind,
            settings=settings_entered(self.probe.SettingsForm, self.cleaned_data),
            thresholds=[row for _, row in self._rows()],
            by=self.by,
            **self.values("service", "name", "slug", *CHECK_OPTIONS),
        )

    def tried(self, result: Check) -> None:
        self.trial = Trial(result.kind, full_settings(result), result.thresholds, result.timeout_s, result.pk)

    def run_trial(self) -> Seen | None:
        """What one run with the entered values sees; None when they are not valid."""
        return None if self.errors or self.trial is None else run_once(self.trial)

    def field_of(self, place: str) -> str | None:
        """Empty rows are not sent to the action, so its row numbers are counted anew."""
        head, _, rest = place.partition(".")
        if head == "thresholds" and rest:
            number, _, part = rest.partition(".")
            place = f"thresholds.{self._rows()[int(number)][0]}.{part or 'value'}"
        return super().field_of(place)

    def _rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Numbers and values of the rows that were filled in."""
        rows = []
        for index in range(self.row_count):
            row = {part: self.cleaned_data.get(f"thresholds_{index}_{part}") for part in KEYS}
            if row["value"] or row["degraded"] is not None or row["down"] is not None:
                rows.append((index, row))
        return rows


def check_form(kind: str, probe: type[Probe], check: Check | None) -> type[CheckForm]:
    """The form class of a kind, with the values of `check`."""
    rows = check.thresholds if check else default_rows(probe)
    fields: dict[str, Any] = {"kind": kind, "probe": probe, "row_count": len(rows) + SPARE_ROWS}
    fields |= setting_fields(probe.SettingsForm, check.settings if check else None, stored_secrets(check))
    for index in range(len(rows) + SPARE_ROWS):
        fields |= _row_fields(probe, index, rows[index] if index < len(rows) else {})
    return type("KindCheckForm", (CheckForm,), fields | {"__module__": __name__})


def _row_fields(probe: type[Probe], index: int, row: dict[str, Any]) -> dict[str, forms.Field]:
    def name(part: str) -> str:
        return f"thresholds_{index}_{part}"

    value = row.get("value", "")
    return {
        name("value"): _value_field(probe, value),
        name("comparator"): forms.ChoiceField(
            label="is", choices=Comparator.choices, initial=row.get("comparator", Comparator.ABOVE), required=False
        ),
        name("degraded"): forms.FloatField(label="degraded at", required=False, initial=row.get("degraded")),
        name("down"): forms.FloatField(label="down at", required=False, initial=row.get("down")),
    }


def _value_field(probe: type[Probe], value: str) -> forms.Field:
    if has_dynamic_values(probe):
        return forms.CharField(label="Value", required=False, initial=value, max_length=600)
    known = {name: f"{about.label} ({about.unit or 'count'})" for name, about in probe.values.items()}
    choices = [("", "—"), *known.items()] + ([(value, value)] if value and value not in known else [])
    return forms.ChoiceField(label="Value", choices=choices, required=False, initial=value)
