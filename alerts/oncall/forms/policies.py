"""The form of a policy: its own fields, and its steps as rows `steps_<i>_…`."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from alerts.delivery.models import Channel
from alerts.oncall import actions
from alerts.oncall.choices import TargetKind
from alerts.oncall.models import EscalationPolicy, Schedule, Team
from alerts.oncall.window_text import EXAMPLE, text_of_window, window_of_text
from monitoring.events.choices import Severity
from opsportal.tried_form import TriedForm

SPARE_ROWS = 2
PARTS = ("targets", "wait_s", "round_robin", "least_severity", "only_between")
OWN = ("description", "repeat", "acknowledge_timeout_s", "is_default")


class WindowField(forms.CharField):
    """A span of a day as people write it; cleans to PolicyStep.only_between."""

    def to_python(self, value: Any) -> Any:
        try:
            return window_of_text(str(value or ""))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def run_validators(self, value: Any) -> None:
        """It is no text any more."""


class PolicyForm(TriedForm):
    """The part without steps. `policy_form` makes the class for a number of rows."""

    row_count = 0

    class Meta:
        model = EscalationPolicy
        fields = ["name", "slug", *OWN]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def act(self) -> EscalationPolicy:
        return actions.policy_save(
            policy=self.stored(),
            name=self.cleaned_data["name"],
            slug=self.cleaned_data["slug"],
            steps=[row for _, row in self._rows()],
            by=self.by,
            **self.values(*OWN),
        )

    def field_of(self, place: str) -> str | None:
        """Empty rows are not sent to the action, so its row numbers are counted anew."""
        head, _, rest = place.partition(".")
        if head == "steps" and rest:
            number, _, part = rest.partition(".")
            place = f"steps.{self._rows()[int(number)][0]}.{part.partition('.')[0] or 'targets'}"
        return super().field_of(place)

    def _rows(self) -> list[tuple[int, dict[str, Any]]]:
        """Numbers and values of the rows that have targets."""
        rows = []
        for index in range(self.row_count):
            row = {part: self.cleaned_data.get(f"steps_{index}_{part}") for part in PARTS}
            if row["targets"]:
                split = (choice.partition(":") for choice in row["targets"])
                row["targets"] = [{"kind": kind, "slug": slug} for kind, _, slug in split]
                rows.append((index, row))
        return rows


def policy_form(policy: EscalationPolicy | None) -> type[PolicyForm]:
    """The form class with a row for each step of `policy`, and some to spare."""
    steps = list(policy.steps.all()) if policy else []
    count = len(steps) + SPARE_ROWS
    fields: dict[str, Any] = {"row_count": count, "__module__": __name__}
    for index in range(count):
        step = steps[index] if index < len(steps) else None
        fields |= {f"steps_{index}_{part}": field for part, field in _row_fields(index + 1, step).items()}
    return type("StepsPolicyForm", (PolicyForm,), fields)


def _row_fields(number: int, step: Any) -> dict[str, forms.Field]:
    stored = [f"{one['kind']}:{one['slug']}" for one in step.targets] if step else []
    return {
        "targets": forms.MultipleChoiceField(
            label=f"Step {number} tells", choices=lambda: target_choices(stored), required=False, initial=stored
        ),
        "wait_s": forms.IntegerField(label="then wait (s)", min_value=0, initial=step.wait_s if step else 300),
        "round_robin": forms.BooleanField(
            label="One of them in turn", required=False, initial=step.round_robin if step else False
        ),
        "least_severity": forms.ChoiceField(
            label="Only if at least",
            choices=[("", "whatever it is"), *Severity.choices],
            required=False,
            initial=step.least_severity if step else "",
        ),
        "only_between": WindowField(
            label="Only between",
            required=False,
            initial=text_of_window(step.only_between) if step else "",
            help_text=EXAMPLE,
        ),
    }


def target_choices(stored: list[str]) -> list[tuple[str, str]]:
    """Everything that may be told, and what is stored though it is gone."""
    people = get_user_model().objects.filter(is_active=True).order_by("username").values_list("username", "username")
    found = [(TargetKind.USER, slug, name) for slug, name in people]
    for kind, model in ((TargetKind.SCHEDULE, Schedule), (TargetKind.TEAM, Team), (TargetKind.CHANNEL, Channel)):
        found += [(kind, slug, name) for slug, name in model._default_manager.values_list("slug", "name")]
    choices = {f"{kind}:{slug}": f"{TargetKind(kind).label}: {name}" for kind, slug, name in found}
    gone = {choice: f"{choice.replace(':', ': ', 1)} (gone)" for choice in stored if choice not in choices}
    order = (TargetKind.SCHEDULE, TargetKind.TEAM, TargetKind.CHANNEL, TargetKind.USER)
    return sorted((choices | gone).items(), key=lambda one: (order.index(TargetKind(one[0].partition(":")[0])), one[1]))
