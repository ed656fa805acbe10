"""A PromQL expression, and what its values are compared with."""

import math
import operator
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django import forms

from alerts.rules.choices import Comparator, OnTrouble
from alerts.rules.kinds.base import Facts, Judged, KindForm, PromqlKind, samples_of
from alerts.rules.labels import series_labels
from alerts.rules.states import NEVER, Seen
from monitoring.metrics.promql.evaluate import Result

HOLDS: dict[str, Callable[[float, float], bool]] = {
    Comparator.ABOVE.value: operator.gt,
    Comparator.AT_LEAST.value: operator.ge,
    Comparator.BELOW.value: operator.lt,
    Comparator.AT_MOST.value: operator.le,
    Comparator.EQUAL.value: operator.eq,
    Comparator.NOT_EQUAL.value: operator.ne,
}
RISING = (Comparator.ABOVE, Comparator.AT_LEAST)
FALLING = (Comparator.BELOW, Comparator.AT_MOST)
PRESENT = Comparator.PRESENT.value
DAY_S = 86_400


class ForgetForm(KindForm):
    """When a series that is no longer returned stops being waited for."""

    forget_after_s = forms.FloatField(
        label="Forget after (s)",
        initial=DAY_S,
        min_value=0,
        max_value=366 * DAY_S,
        help_text="A series that is no longer returned is waited for so long; 0: for ever.",
    )
    forget_evaluations = forms.IntegerField(
        label="Forget after evaluations",
        initial=0,
        min_value=0,
        max_value=1_000_000,
        help_text="…or for so many evaluations, whichever comes first; 0: only the time counts.",
    )
    when_empty = forms.BooleanField(
        label="Alert when nothing is returned",
        required=False,
        help_text="Also when the expression returns nothing at all and no series is waited for.",
    )


def forgetting(settings: Any) -> dict[str, Any]:
    """Fields of `states.Terms` of such settings."""
    after_s = settings.get("forget_after_s") or 0
    return {
        "forget_after": timedelta(seconds=after_s) if after_s else NEVER,
        "forget_evaluations": settings.get("forget_evaluations") or 0,
        "when_empty": bool(settings.get("when_empty")),
    }


class MetricKind(PromqlKind):
    """With the comparator `present` it is a Prometheus rule: what is returned is a problem, what is not is none."""

    kind = "metric"
    description = "Asks in PromQL, and compares each value that is returned with a threshold."
    icon = "show_chart"
    takes_threshold = True

    class SettingsForm(ForgetForm):
        pass

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.threshold = facts.threshold if facts.threshold is not None else math.nan
        bound = self.threshold if facts.recovery_threshold is None else facts.recovery_threshold
        self.recovery = bound
        self.holds = HOLDS.get(facts.comparator)

    def queries(self) -> tuple[str, ...]:
        return (self.facts.expression,)

    def memory(self) -> dict[str, Any]:
        if self.holds is None or self.facts.on_no_data == OnTrouble.OK:
            return {}
        told = forgetting(self.settings)
        told["when_empty"] = told["when_empty"] and self.facts.on_no_data == OnTrouble.ALERT
        return {"remembers": True, "on_no_data": OnTrouble(self.facts.on_no_data), **told}

    def judge(self, answers: Sequence[Result], every: bool) -> Judged:
        holds, threshold, recovery = self.holds, self.threshold, self.recovery
        for labels, value in samples_of(answers[0]):
            if holds is None or holds(value, threshold):
                yield series_labels(labels), Seen(True, False, value)
            elif every:
                yield series_labels(labels), Seen(False, not holds(value, recovery), value)

    @classmethod
    def faults(cls, facts: Facts) -> dict[str, str]:
        if facts.comparator == PRESENT:
            return _faults_of_present(facts)
        found = {}
        if facts.threshold is None:
            found["threshold"] = "Give the value to compare with."
        if facts.recovery_threshold is not None and facts.threshold is not None and (words := _wrong_side(facts)):
            found["recovery_threshold"] = words
        return found


def _faults_of_present(facts: Facts) -> dict[str, str]:
    found = {}
    if facts.threshold is not None:
        found["threshold"] = "“Whatever it returns” compares with nothing: leave it empty, or choose how to compare."
    if facts.recovery_threshold is not None:
        found["recovery_threshold"] = "“Whatever it returns” compares with nothing: leave it empty."
    if facts.on_no_data != OnTrouble.OK:
        found["on_no_data"] = (
            "With “whatever it returns”, nothing returned means no problem: choose how to compare, or a rule of kind No data."
        )
    return found


def _wrong_side(facts: Facts) -> str:
    recovery, threshold = facts.recovery_threshold or 0.0, facts.threshold or 0.0
    if facts.comparator in RISING:
        return "" if recovery <= threshold else f"Recovery must not be above the threshold ({threshold:g})."
    if facts.comparator in FALLING:
        return "" if recovery >= threshold else f"Recovery must not be below the threshold ({threshold:g})."
    return "Equal and different have no way back: leave it empty."
