"""Forms of silences."""

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

    def act(self) -> Silence:
        return actions.silence_save(silence=self.stored(), by=self.by, now=timezone.now(), **self.cleaned_data)
