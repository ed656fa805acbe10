"""Forms of services, maintenance windows and registered databases."""

from collections.abc import Mapping
from typing import Any

from django import forms

from monitoring.checks import actions
from monitoring.checks.models import DatabaseTarget, MaintenanceWindow, Service
from monitoring.checks.options import SERVICE_OPTIONS
from opsportal.tried_form import TriedForm


class LabelsField(forms.CharField):
    """Labels as lines of `name=value`; cleans to a dict."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        labels = {}
        for line in str(value or "").splitlines():
            name, equals, text = line.strip().partition("=")
            if not equals and name:
                raise forms.ValidationError(f"{name!r}: write name=value, one a line.")
            if name:
                labels[name.strip()] = text.strip()
        return labels

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or {}) != self.to_python(data))


class ServiceForm(TriedForm):
    labels = LabelsField(required=False, help_text="One name=value a line, such as env=prod.")
    runbook_url = forms.URLField(
        label="Runbook URL",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="What to do when it is down.",
    )

    class Meta:
        model = Service
        fields = ["name", "slug", "description", "owner", "criticality", "labels", "runbook_url", "depends_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def act(self) -> Service:
        data = self.cleaned_data
        return actions.service_save(
            service=self.stored(),
            name=data["name"],
            slug=data["slug"],
            depends_on=data["depends_on"],
            by=self.by,
            **self.values(*SERVICE_OPTIONS),
        )


class ServiceByUrlForm(forms.Form):
    """A service watched by its address, in one step."""

    name = forms.CharField(max_length=120, help_text="What people call it.")
    url = forms.CharField(label="URL", max_length=2000, help_text="https://shop.example.com/: asked every 30 seconds.")
    owner = forms.CharField(label="Owner team", max_length=80, required=False, help_text="Who to call.")


class MaintenanceWindowForm(TriedForm):
    class Meta:
        model = MaintenanceWindow
        fields = ["service", "starts_at", "ends_at", "reason"]

    def act(self) -> MaintenanceWindow:
        return actions.maintenance_save(window=self.stored(), by=self.by, **self.cleaned_data)


class DatabaseTargetForm(TriedForm):
    dsn = forms.CharField(
        label="DSN",
        max_length=2000,
        required=False,
        help_text="postgresql://user:password@host:5432/name. Stored sealed and never shown again; empty: as it was.",
    )

    class Meta:
        model = DatabaseTarget
        fields = ["name", "slug"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def act(self) -> DatabaseTarget:
        return actions.database_target_save(target=self.stored(), by=self.by, **self.values("name", "slug", "dsn"))
