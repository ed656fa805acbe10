"""Forms of integration keys."""

import json
from typing import Any

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.incidents import actions
from alerts.incidents.models import IntegrationKey
from opsportal.tried_form import TriedForm

MOST_SAMPLE = 1_000_000


class JsonField(forms.CharField):
    """JSON of any form."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2)

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except ValueError as error:
            raise ValidationError(f"Not JSON: {error}.") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)

    def validate(self, value: Any) -> None:
        """Whether there is something to read is what `to_python` says."""

    def run_validators(self, value: Any) -> None:
        """Of texts only."""


class MappingField(JsonField):
    """An object; empty is {}."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value if value not in (None, "") else "{}")


class IntegrationKeyForm(TriedForm):
    mapping = MappingField(
        required=False,
        help_text='What becomes what, as JSON, such as {"summary": "$.title", "severity": {"path": "$.priority", "map": {"P1": '
        '"critical"}, "default": "warning"}, "labels.team": "shop"}. What is not said is as usual: docs/alert-doors.md.',
    )
    secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput,
        max_length=200,
        help_text="Then each body must be signed with it (HMAC-SHA256, header X-Hub-Signature-256). Empty leaves it as it was.",
    )
    forget_secret = forms.BooleanField(required=False, help_text="Bodies need no signature any more.")

    class Meta:
        model = IntegrationKey
        fields = ["name", "kind", "mapping", "ends_after_s", "rate_per_minute", "enabled"]

    def act(self) -> tuple[IntegrationKey, str]:
        data = self.cleaned_data
        secret = None if data.get("forget_secret") else data.get("secret", "")
        names = ("name", "kind", "mapping", "ends_after_s", "rate_per_minute", "enabled")
        return actions.integration_key_save(
            key=self.stored(), secret=secret, by=self.by, now=timezone.now(), **self.values(*names)
        )


class SampleForm(forms.Form):
    """A payload, to see what it becomes."""

    payload = JsonField(max_length=MOST_SAMPLE, help_text="A payload as the sender sends it, in JSON.")
