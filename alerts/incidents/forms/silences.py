"""Forms of silences."""

from typing import Any

from django.utils import timezone

from alerts.incidents import actions
from alerts.incidents.forms.fields import MatchersField
from alerts.incidents.models import Silence
from opsportal.tried_form import TriedForm


class SilenceForm(TriedForm):
    matchers = MatchersField()

    class Meta:
        model = Silence
        fields = ["matchers", "starts_at", "ends_at", "comment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "starts_at" in self.fields:
            self.fields["starts_at"].required = False
            self.fields["starts_at"].help_text = "Empty: now."

    def act(self) -> Silence:
        return actions.silence_save(silence=self.stored(), by=self.by, now=timezone.now(), **self.cleaned_data)
