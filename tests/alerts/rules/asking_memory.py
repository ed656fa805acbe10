"""Rules evaluated over samples in memory, in virtual time: the whole way from PromQL to what is told, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from alerts.incidents.intake import IncomingAlert
from alerts.rules.evaluating import judged_of
from alerts.rules.expanding import Expander
from alerts.rules.judging import Outcome, outcome
from alerts.rules.models import AlertRule
from alerts.rules.plan import GroupFields, Plan, plan_of
from alerts.rules.states import Labels, Moment, State
from monitoring.metrics.promql.batch import query_many
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import STALE_BITS

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STALE = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])
MINUTE = timedelta(minutes=1)


def ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def plan(group: GroupFields | None = None, **fields: Any) -> Plan:
    """Of a rule that is not stored. Its name is Busy unless said otherwise."""
    kind = fields.get("kind", "metric")
    from alerts.rules.kinds.registry import rule_kind
    from opsportal.kinds import clean_settings

    fields["settings"] = clean_settings(rule_kind(kind).SettingsForm, fields.get("settings", {}))
    return plan_of(AlertRule(**{"name": "Busy", "slug": "busy", **fields}), 1, group=group)


@dataclass
class World:
    """Samples of series by minute, and one rule that looks at them each minute."""

    plan: Plan
    step: timedelta = MINUTE
    start: datetime = START
    series: dict[Labels, list[float | None]] = field(default_factory=dict)
    states: dict[Labels, State] = field(default_factory=dict)
    evaluations: int = 0
    told: list[list[IncomingAlert]] = field(default_factory=list)
    last: Outcome = field(default_factory=Outcome)

    def add(self, values: Sequence[float | None], **labels: str) -> "World":
        """A series m with a value a step; None: no sample."""
        self.series[tuple(sorted({"__name__": "m", **labels}.items()))] = list(values)
        return self

    def store(self) -> MemoryStorage:
        return MemoryStorage.of(
            (
                labels,
                [ms(self.start + place * self.step) for place, value in enumerate(values) if value is not None],
                [value for value in values if value is not None],
            )
            for labels, values in self.series.items()
        )

    def at(self, place: float) -> datetime:
        return self.start + place * self.step

    def look(self, place: float, error: str = "", advance: int = 1) -> "World":
        """Evaluate once, at a step."""
        self.evaluations += advance
        at = self.at(place)
        answers: Any = PromqlError("execution", error) if error else query_many(self.store(), self.plan.queries, ms(at))
        if isinstance(answers, list) and (wrong := [one for one in answers if isinstance(one, PromqlError)]):
            answers = wrong[0]
        judged = judged_of(self.plan, answers, self.states)
        self.last = outcome(self.plan, judged, self.states, Moment(at, self.evaluations), Expander(ms(at)))
        for labels, state in self.last.changes.items():
            if state is None:
                del self.states[labels]
            else:
                self.states[labels] = state
        self.told.append(self.last.alerts)
        return self

    def run(self, until: int, begin: int = 0) -> "World":
        for place in range(begin, until):
            self.look(place)
        return self

    def phases(self) -> dict[str, str]:
        """By the labels that tell series apart."""
        return {",".join(value for _, value in labels): state.phase for labels, state in self.states.items()}

    @property
    def phase(self) -> str:
        """Of the only state."""
        return next((state.phase for state in self.states.values()), "inactive")

    def notices(self) -> list[tuple[int, str, bool]]:
        """What others heard, re-sends left out: (step, firing or resolved, of flapping)."""
        heard: list[tuple[int, str, bool]] = []
        firing: set[str] = set()
        for place, alerts in enumerate(self.told):
            for alert in alerts:
                name = repr(sorted(alert.labels.items()))
                ends = alert.ends_at is not None and alert.ends_at <= self.at(place)
                if ends and name in firing:
                    firing.discard(name)
                    heard.append((place, "resolved", "flapping" in alert.labels))
                elif not ends and name not in firing:
                    firing.add(name)
                    heard.append((place, "firing", "flapping" in alert.labels))
        return heard
