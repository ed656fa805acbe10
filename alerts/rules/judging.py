"""One rule at one evaluation: from what was seen to its states and to what is told of them. Pure.

The sweep, a trial, a replay and the unit tests of rule files all go through `outcome`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.choices import Phase
from alerts.rules.kinds.base import Judged
from alerts.rules.labels import with_own
from alerts.rules.plan import Plan
from alerts.rules.states import Changes, Labels, Moment, Observation, Seen, State, Terms, evaluated
from alerts.rules.telling import Expand, alerts_of, sent, words
from monitoring.metrics.promql.errors import PromqlError

MOST_SERIES = 10_000
SAME_LABELS = "vector contains metrics with the same labelset after applying alert labels"
_ALERTING = (Phase.PENDING.value, Phase.FIRING.value, Phase.RECOVERING.value)


@dataclass(slots=True)
class Outcome:
    """`changes`: states that differ, None where one is forgotten. `alerts`: what the incidents are told."""

    changes: Changes = field(default_factory=dict)
    alerts: list[Any] = field(default_factory=list)
    error: str = ""


def outcome(
    plan: Plan, judged: Judged | PromqlError, before: Mapping[Labels, State], moment: Moment, expand: Expand
) -> Outcome:
    """What an evaluation of `plan` leads to; `before`: its states by label set."""
    observation = observed(plan, judged, bool(before) or plan.terms.remembers, moment.at, expand)
    if not before and not observation.seen and not observation.error and not plan.terms.when_empty:
        return Outcome()
    changes = evaluated(before, observation, plan.terms, moment)
    error = observation.error
    if plan.limit and (count := _alerting(before, changes)) > plan.limit:
        error = f"exceeded limit of {plan.limit} with {count} alerts"
        changes = _cleared(before, moment)
    return Outcome(changes, _tell(plan, before, changes, observation, moment.at, expand), error)


def observed(plan: Plan, judged: Judged | PromqlError, every: bool, at: datetime, expand: Expand) -> Observation:
    """What was seen, by the label sets of the states. Series that are no problem are left out unless `every`."""
    own = _labels(plan, (), 0.0, at, expand) if plan.own else ()
    seen: dict[Labels, Seen] = {}
    try:
        if isinstance(judged, PromqlError):
            raise judged
        for series, one in judged:
            if not every and not one.problem:
                continue
            labels = _labels(plan, series, one.value, at, expand) if plan.own else series
            if labels in seen:
                return Observation(error=SAME_LABELS, own=own)
            seen[labels] = one
            if len(seen) > MOST_SERIES:
                return Observation(error=f"more than {MOST_SERIES:,} series: aggregate, or ask for fewer", own=own)
    except PromqlError as error:
        return Observation(error=error.message, own=own)
    return Observation(seen, own=own)


def _labels(plan: Plan, series: Labels, value: float, at: datetime, expand: Expand) -> Labels:
    if not plan.own_is_templated:
        return with_own(series, plan.own)
    return with_own(series, {name: expand(text, series, value, at) for name, text in plan.own.items()})


def _alerting(before: Mapping[Labels, State], changes: Changes) -> int:
    kept = (state for labels, state in before.items() if labels not in changes)
    return sum(state is not None and state.phase in _ALERTING for state in (*kept, *changes.values()))


def _cleared(before: Mapping[Labels, State], moment: Moment) -> Changes:
    """Past the limit a rule has no alerts, as in Prometheus; those that were told of are told to have ended."""
    nothing = Observation()
    at_once = Terms(flaps=False, keep_firing_for=timedelta())
    ended = evaluated(before, nothing, at_once, moment)
    return {labels: state and replace(state, flapping=False) for labels, state in ended.items()}


def _tell(
    plan: Plan,
    before: Mapping[Labels, State],
    changes: Changes,
    observation: Observation,
    at: datetime,
    expand: Expand,
) -> list[Any]:
    """Alerts to hand over; the states that they are about are marked as told, in `changes`."""
    alerts: list[Any] = []
    touched: Iterable[Labels] = before.keys() | changes.keys() if before else list(changes)
    for labels in touched:
        was = before.get(labels)
        now = changes.get(labels, was)
        if now is None or not (now.is_active or now.told or now.flapping or (was is not None and was.flapping)):
            continue
        if told := words(was, now, at):
            seen = observation.seen.get(labels)
            now = changes[labels] = sent(now, at, seen.value if seen else None)
            alerts += alerts_of(plan, labels, now, told, at, expand, observation.error)
    return alerts
