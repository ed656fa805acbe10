"""How fast an error budget is used up, over several windows at once.

The method is that of the Site Reliability Workbook, chapter 5: a long window that shows that it matters, and a short one that shows that it
goes on. https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from alerts.rules.kinds.base import Facts, Judged, KindForm, PromqlKind, samples_of
from alerts.rules.labels import series_labels
from alerts.rules.states import Seen
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.parsing import parse

WINDOW = "$window"
DEFAULT_WINDOWS = [
    {"long": "1h", "short": "5m", "factor": 14.4},
    {"long": "6h", "short": "30m", "factor": 6.0},
]
MOST_WINDOWS = 6


class ExpressionField(forms.CharField):
    """PromQL with $window for the length of time, such as sum(rate(requests_total[$window]))."""

    widget = forms.Textarea

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).strip()
        if WINDOW not in text:
            raise forms.ValidationError("Write $window where the length of time stands: rate(requests_total[$window]).")
        try:
            parse(text.replace(WINDOW, "5m"))
        except PromqlError as error:
            raise forms.ValidationError(error.message) from None
        return text


class WindowsField(forms.Field):
    """A JSON list of {"long", "short", "factor"}, or a line each: `1h 5m 14.4`."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        rows = (
            value if isinstance(value, list) else [_row(line) for line in str(value or "").splitlines() if line.strip()]
        )
        if not 1 <= len(rows) <= MOST_WINDOWS:
            raise forms.ValidationError(f"Give 1 to {MOST_WINDOWS} pairs of windows, one a line: 1h 5m 14.4.")
        return [_clean_row(row) for row in rows]

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{row['long']} {row['short']} {row['factor']:g}" for row in value)


def _row(line: str) -> dict[str, str]:
    words = line.split()
    if len(words) != 3:
        raise forms.ValidationError(
            f"{line!r}: write the long window, the short one and the factor, such as 1h 5m 14.4."
        )
    return dict(zip(("long", "short", "factor"), words, strict=True))


def _clean_row(row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping) or set(row) != {"long", "short", "factor"}:
        raise forms.ValidationError('Write each pair as {"long": "1h", "short": "5m", "factor": 14.4}.')
    for name in ("long", "short"):
        try:
            parse(f"up[{row[name]}]")
        except PromqlError:
            raise forms.ValidationError(
                f"{row[name]!r} is not a length of time; write one such as 5m or 1h30m."
            ) from None
    try:
        factor = float(row["factor"])
    except (TypeError, ValueError):
        factor = 0.0
    if not 0 < factor < 1e6:
        raise forms.ValidationError(f"{row['factor']!r} is not a factor; write one such as 14.4.")
    return {"long": str(row["long"]), "short": str(row["short"]), "factor": factor}


class BurnRateKind(PromqlKind):
    """A problem while, for one pair, both windows burn faster than the pair's factor. The value is the fastest long window's rate."""

    kind = "burn_rate"
    description = (
        "Watches how fast the error budget of a service level objective is used up, over long and short windows."
    )
    icon = "local_fire_department"
    takes_expression = False

    class SettingsForm(KindForm):
        good = ExpressionField(label="Good", help_text="What went well, with $window: sum(rate(ok_total[$window])).")
        total = ExpressionField(label="Total", help_text="All of it, with $window: sum(rate(requests_total[$window])).")
        objective = forms.FloatField(
            initial=0.999, min_value=0.0, max_value=0.999999, help_text="The share that is to go well, such as 0.999."
        )
        windows = WindowsField(
            initial=DEFAULT_WINDOWS, help_text="Long window, short window and factor, a pair a line: 1h 5m 14.4."
        )

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.text = burn_expression(facts.settings)

    def queries(self) -> tuple[str, ...]:
        return (self.text,)

    def judge(self, answers: Sequence[Result], every: bool) -> Judged:
        for labels, value in samples_of(answers[0]):
            yield series_labels(labels), Seen(True, False, value)


def burn_expression(settings: Mapping[str, Any]) -> str:
    """One expression that returns the burn rate of the long window where both windows of a pair burn too fast."""
    budget = 1.0 - settings["objective"]

    def rate(window: str) -> str:
        good, total = (settings[name].replace(WINDOW, window) for name in ("good", "total"))
        nothing = f"({total}) * 0"  # when all goes wrong there may be no series of what went well
        return f"(1 - ((({good}) or ({nothing})) / ({total}))) / {budget:.12g}"

    pairs = [
        f"(({rate(row['long'])}) > {row['factor']:.12g} and ({rate(row['short'])}) > {row['factor']:.12g})"
        for row in settings["windows"]
    ]
    return " or ".join(pairs)
