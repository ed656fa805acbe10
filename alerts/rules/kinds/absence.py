"""No data, series by series: what was returned once and is no longer."""

from collections.abc import Sequence
from typing import Any

from alerts.rules.choices import OnTrouble
from alerts.rules.kinds.base import Judged, PromqlKind, samples_of
from alerts.rules.kinds.metric import ForgetForm, forgetting
from alerts.rules.labels import series_labels
from alerts.rules.states import Seen
from monitoring.metrics.promql.evaluate import Result


class AbsenceKind(PromqlKind):
    """Each series that the expression ever returned is waited for, until it is forgotten."""

    kind = "absence"
    description = "Remembers the series that an expression returns, and alerts on each that is no longer there."
    icon = "signal_disconnected"

    class SettingsForm(ForgetForm):
        pass

    def queries(self) -> tuple[str, ...]:
        return (self.facts.expression,)

    def memory(self) -> dict[str, Any]:
        return {"remembers": True, "on_no_data": OnTrouble.ALERT, **forgetting(self.settings)}

    def judge(self, answers: Sequence[Result], every: bool) -> Judged:
        for labels, value in samples_of(answers[0]):
            yield series_labels(labels), Seen(False, True, value)
