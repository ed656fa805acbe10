"""Forms of rules, groups and recording rules: valid when their action works."""

from typing import Any

import orjson
from django import forms
from django.utils import timezone

from alerts.rules import actions
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleThreshold
from monitoring.checks.forms.services import LabelsField
from opsportal.tried_form import TriedForm

RULE_FIELDS = [
    "name", "slug", "description", "category", "severity", "kind", "expression", "comparator", "threshold", "recovery_threshold",
    "interval_s", "for_s", "keep_firing_for_s", "on_no_data", "on_error", "flap_detection", "labels", "annotations", "runbook_url",
    "owner", "policy", "group", "position", "enabled",
]  # fmt: skip
OPTIONS = [name for name in RULE_FIELDS if name not in ("name", "slug", "kind")]


class SettingsField(forms.CharField):
    """A JSON object; cleans to a dict."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        try:
            found = orjson.loads(str(value or "{}"))
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError('Write a JSON object, such as {"forget_after_s": 3600}.')
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True


class RuleForm(TriedForm):
    settings = SettingsField(required=False, initial={}, help_text="Settings of the kind, as JSON.")
    labels = LabelsField(required=False, help_text="One name=value a line; values may be templates.")
    annotations = LabelsField(
        required=False,
        help_text="One name=text a line: summary=Disk {{ $labels.mount }} is {{ $value | humanizePercentage }} full.",
    )
    runbook_url = forms.URLField(label="Runbook URL", max_length=500, required=False, assume_scheme="https")

    class Meta:
        model = AlertRule
        fields = RULE_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def act(self) -> AlertRule:
        data = self.cleaned_data
        return actions.rule_save(
            rule=self.stored(),
            name=data["name"],
            slug=data["slug"],
            kind=data["kind"],
            settings=data["settings"],
            now=timezone.now(),
            by=self.by,
            **self.values(*OPTIONS),
        )

    def field_of(self, place: str) -> str | None:
        return super().field_of("settings" if place.startswith("settings.") else place)


class GroupForm(TriedForm):
    labels = LabelsField(required=False, help_text="One name=value a line: of all its alerts and recorded series.")

    class Meta:
        model = RuleGroup
        fields = ["name", "file", "interval_s", "query_offset_s", "limit", "labels", "enabled"]

    def act(self) -> RuleGroup:
        return actions.group_save(
            group=self.stored(),
            name=self.cleaned_data["name"],
            now=timezone.now(),
            by=self.by,
            **self.values("file", "interval_s", "query_offset_s", "limit", "labels", "enabled"),
        )


class RecordingForm(TriedForm):
    labels = LabelsField(required=False, help_text="One name=value a line.")

    class Meta:
        model = RecordingRule
        fields = ["group", "position", "record", "expression", "labels"]

    def act(self) -> RecordingRule:
        return actions.recording_save(
            recording=self.stored(),
            now=timezone.now(),
            by=self.by,
            **self.values("group", "record", "expression", "position", "labels"),
        )


class ThresholdForm(TriedForm):
    class Meta:
        model = RuleThreshold
        fields = ["value"]

    def act(self) -> RuleThreshold:
        value = self.cleaned_data["value"]
        return actions.threshold_save(threshold=self.instance, value=value, now=timezone.now(), by=self.by)
