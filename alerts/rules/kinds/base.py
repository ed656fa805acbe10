"""The contract of a kind of rule: what it asks at an evaluation, and what the answers say of each series.

A kind holds one rule's settings and decides nothing about time: `for`, recovery, no data and flapping are `alerts.rules.states`. Kinds that
ask in PromQL name their `queries`, so that the questions of many rules are asked together; others look things up in `gather`, for all
rules of a batch at once. A later kind that looks at the past (a forecast, an anomaly) names `spans`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django import forms

from alerts.rules.choices import Comparator, OnTrouble
from alerts.rules.states import Labels, Seen
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.vectors import Scalar, Vector

Json = Any
Judged = Iterable[tuple[Labels, Seen]]
"""Labels of series (no name of a metric among them) and what was seen of each."""


class KindForm(forms.Form):
    """The settings of a kind: the one definition that the admin, the API, the commands and the pages validate with."""

    secret_fields: ClassVar[frozenset[str]] = frozenset()  # none: rules send nothing anywhere


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a rule its kind goes by. `settings`: what `clean_settings` returned."""

    expression: str = ""
    comparator: str = Comparator.PRESENT.value
    threshold: float | None = None
    recovery_threshold: float | None = None
    on_no_data: str = OnTrouble.OK.value
    settings: Mapping[str, Json] = field(default_factory=dict)


class Span(NamedTuple):
    """A range query up to the evaluation: its text, how far back and how fine, in seconds."""

    text: str
    length_s: float
    step_s: float


class Asked(NamedTuple):
    """A rule of a batch: its id, its kind, and up to which of its hits it has looked."""

    rule_id: int
    kind: "RuleKind"
    hits_upto: int


class Gathered(NamedTuple):
    """`hits_upto`: the last hit that this looked at."""

    judged: Judged
    hits_upto: int


class RuleKind(ABC):
    """One kind of rule. An instance belongs to one revision of one rule and is used for many evaluations."""

    kind: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str] = "rule"
    takes_expression: ClassVar[bool] = False
    takes_threshold: ClassVar[bool] = False
    SettingsForm: ClassVar[type[KindForm]]

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.settings = facts.settings

    def queries(self) -> tuple[str, ...]:
        """PromQL to be answered at the time of the evaluation."""
        return ()

    def spans(self) -> tuple[Span, ...]:
        """Range queries to be answered up to that time; their answers stand behind those of `queries`."""
        return ()

    def memory(self) -> dict[str, Any]:
        """Which fields of `states.Terms` the kind sets."""
        return {}

    def judge(self, answers: Sequence[Result], every: bool) -> Judged:
        """What the answers say. Without `every`, series that are no problem may be left out. Raises PromqlError."""
        raise NotImplementedError

    @classmethod
    def gather(cls, asked: Sequence[Asked], at: datetime) -> dict[int, Gathered]:
        """For kinds that ask no PromQL: what is seen of each rule of a batch, by id."""
        return {}

    @classmethod
    def faults(cls, facts: Facts) -> dict[str, str]:
        """What does not fit the kind, by field of the rule, its settings apart."""
        return {}


class PromqlKind(RuleKind):
    """A kind that asks in PromQL."""

    takes_expression = True

    @abstractmethod
    def queries(self) -> tuple[str, ...]: ...

    @abstractmethod
    def judge(self, answers: Sequence[Result], every: bool) -> Judged: ...


def samples_of(result: Result) -> Iterable[tuple[Labels, float]]:
    """The series of an instant query's answer and their values. PromqlError where a rule cannot use it."""
    value = result.value
    if isinstance(value, Vector):
        return zip(value.labels, value.values[:, 0].tolist(), strict=True)
    if isinstance(value, Scalar):
        return [((), float(value.values[0]))]
    raise PromqlError("execution", "rule result is not a vector or scalar")
