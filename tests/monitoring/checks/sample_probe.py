"""A kind of check for tests of the doors: one plain setting, one secret, two values, an answer without any network."""

from django import forms

from monitoring.checks.choices import Comparator, Status
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold, Unit, Value


class SampleProbe(Probe):
    kind = "sample"
    description = "Answers what it was told to answer."
    values = {
        "wait_seconds": Value("Wait", Unit.SECONDS),
        "free_ratio": Value("Free", Unit.RATIO),
    }
    default_thresholds = (Threshold("wait_seconds", Comparator.ABOVE, 1.0, 5.0),)

    class SettingsForm(ProbeForm):
        secret_fields = frozenset({"password"})

        host = forms.CharField()
        port = forms.IntegerField(initial=80, min_value=1, max_value=65535)
        password = forms.CharField(required=False)

    async def run(self, context: Context) -> Result:
        return Result(Status.UP, f"{self.settings['host']} answered", values={"wait_seconds": 2.0, "free_ratio": 0.5})
