"""Events of the timeline: so many in a window, so many different values, or several in an order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django import forms
from django.db import connection

from alerts.rules.event_matching import (
    Happened,
    Matcher,
    condition,
    field_fault,
    field_of,
    label_name,
    labels_by,
    matcher_of,
)
from alerts.rules.kinds.base import Asked, Facts, Gathered, Judged, KindForm, RuleKind
from alerts.rules.kinds.lists import LinesField, WordsField
from alerts.rules.states import Labels, Seen
from alerts.rules.windows import Hit, counted, in_sequence
from monitoring.events.choices import Severity

MOST_COUNT = 10_000
MOST_STEPS = 6
MOST_HITS = 20_000  # rows looked at for one rule

HITS = """
SELECT h.rule_id, h.id, h.labels, h.at, h.value, h.hits, h.id > r.upto
FROM unnest(%s::bigint[], %s::bigint[]) AS r(rule_id, upto)
JOIN LATERAL (
    SELECT rule_id, id, labels::text AS labels, at, value, hits FROM rules_rulehit WHERE rule_id = r.rule_id ORDER BY id DESC LIMIT %s
) h ON true
ORDER BY h.rule_id, h.at, h.id
"""
# What was looked at and has left the window counts no more.
PRUNE = """
DELETE FROM rules_rulehit h USING unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS r(rule_id, upto, until)
WHERE h.rule_id = r.rule_id AND h.id <= r.upto AND h.at <= r.until
"""


class StepsField(forms.Field):
    """A JSON list of {"kinds": […], "where": […]}: at least two, or none."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[dict[str, list[str]]]:
        if isinstance(value, str) and value.strip():
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise forms.ValidationError("Write a JSON list of steps.") from None
        if not value:
            return []
        if not isinstance(value, list) or not 2 <= len(value) <= MOST_STEPS:
            raise forms.ValidationError(f"Give 2 to {MOST_STEPS} steps, or none.")
        return [self._step(one) for one in value]

    def _step(self, step: Any) -> dict[str, list[str]]:
        if not isinstance(step, Mapping) or set(step) - {"kinds", "where", "severities"} or not step:
            raise forms.ValidationError(
                'Write each step as {"kinds": ["user.login"], "where": ["payload.ok=\\"no\\""]}.'
            )
        clean = {name: WordsField(required=False).clean(step.get(name)) for name in ("kinds", "severities")}
        return clean | {"where": ConditionsField(required=False).clean(step.get("where"))}

    def prepare_value(self, value: Any) -> Any:
        return (
            orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
            if isinstance(value, list) and value
            else value or ""
        )


class ConditionsField(LinesField):
    """Conditions, one a line; all must hold."""

    def clean(self, value: Any) -> list[str]:
        lines: list[str] = super().clean(value)
        for line in lines:
            try:
                condition(line)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return lines


class EventKind(RuleKind):
    """A problem while the window holds enough. It is evaluated when an event comes in, and at its interval, when the window moves on."""

    kind = "event"
    description = (
        "Counts events of the timeline in a window, tells different values apart, or waits for several in an order."
    )
    icon = "timeline"

    class SettingsForm(KindForm):
        kinds = WordsField(required=False, help_text="Kinds of events: check takes check.status too. Empty: all.")
        severities = forms.TypedMultipleChoiceField(
            required=False, choices=Severity.choices, help_text="Any of these; none: all."
        )
        where = ConditionsField(
            required=False,
            help_text='Conditions that all hold, one a line: subject=~"check:shop/.*", payload.user="ada".',
        )
        window_s = forms.FloatField(label="Window (s)", initial=300, min_value=1, max_value=7 * 86_400)
        count = forms.IntegerField(initial=1, min_value=1, max_value=MOST_COUNT, help_text="So many in the window.")
        distinct = forms.CharField(
            required=False, max_length=100, help_text="Count different values of this field instead: payload.address."
        )
        by = WordsField(
            required=False,
            help_text="An alert for each value of these fields, which become its labels: subject, payload.user.",
        )
        steps = StepsField(
            required=False, help_text="For a sequence: what must happen, in this order, within the window."
        )

        def clean_distinct(self) -> str:
            name: str = self.cleaned_data["distinct"].strip()
            if name and (fault := field_fault(name)):
                raise forms.ValidationError(fault)
            return name

        def clean_by(self) -> list[str]:
            names: list[str] = self.cleaned_data["by"]
            for name in names:
                if fault := field_fault(name):
                    raise forms.ValidationError(fault)
            if len({label_name(name) for name in names}) < len(names):
                raise forms.ValidationError("Two of these would be the same label.")
            return names

        def clean(self) -> dict[str, Any]:
            cleaned: dict[str, Any] = super().clean() or self.cleaned_data
            if cleaned.get("steps") and (cleaned.get("distinct") or cleaned.get("count", 1) != 1):
                raise forms.ValidationError(
                    {"steps": "A sequence counts nothing: leave count at 1 and distinct empty."}
                )
            if "steps" in cleaned and not cleaned["steps"] and not (cleaned.get("kinds") or cleaned.get("where")):
                self.add_error(
                    "kinds", "Name the kinds of events, or a condition: a rule for all events would count its own."
                )
            return cleaned

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.window = timedelta(seconds=facts.settings["window_s"])
        whole = matcher_of(facts.settings)
        self.steps: tuple[Matcher, ...] = tuple(matcher_of(step) for step in facts.settings["steps"])
        self.whole = whole
        self.by: tuple[str, ...] = tuple(facts.settings["by"])
        self.distinct: str = facts.settings["distinct"]

    def takes_kind(self, kind: str) -> bool:
        """Whether it may count events of a kind."""
        return self.whole.takes_kind(kind) and (not self.steps or any(step.takes_kind(kind) for step in self.steps))

    def hits(self, event: Happened) -> list[tuple[Labels, str]]:
        """The label set and the value under which the rule counts an event; of a sequence, one for each step that it is."""
        if not self.whole.takes(event):
            return []
        labels = labels_by(event, self.by)
        if not self.steps:
            return [(labels, field_of(event, self.distinct) if self.distinct else "")]
        return [(labels, str(place)) for place, step in enumerate(self.steps) if step.takes(event)]

    def reached(self, hits: Mapping[Labels, Sequence[Hit]], now: datetime) -> Judged:
        """What hits, ascending in time, amount to."""
        for labels, of_labels in hits.items():
            if self.steps:
                enough, amount = in_sequence(of_labels, self.window, len(self.steps), now)
            else:
                enough, amount = counted(of_labels, self.window, self.settings["count"], bool(self.distinct), now)
            if enough:
                yield labels, Seen(True, False, amount)

    @classmethod
    def gather(cls, asked: Sequence[Asked], at: datetime) -> dict[int, Gathered]:
        ids, upto = [one.rule_id for one in asked], [one.hits_upto for one in asked]
        until = [at - one.kind.window for one in asked if isinstance(one.kind, EventKind)]
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, [ids, upto, until])
            cursor.execute(HITS, [ids, upto, MOST_HITS])
            rows = cursor.fetchall()
        found: dict[int, dict[Labels, list[Hit]]] = defaultdict(lambda: defaultdict(list))
        last = dict(zip(ids, upto, strict=True))
        for rule_id, hit_id, labels, time, value, hits, fresh in rows:
            key = tuple(sorted(orjson.loads(labels).items()))
            found[rule_id][key].append(Hit(time, value, hits, fresh))
            if time <= at:
                last[rule_id] = max(last[rule_id], hit_id)
        return {
            one.rule_id: Gathered(one.kind.reached(found[one.rule_id], at), last[one.rule_id])
            for one in asked
            if isinstance(one.kind, EventKind)
        }
