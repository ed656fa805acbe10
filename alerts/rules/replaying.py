"""What a rule would have told in the past: its states, evaluation by evaluation, over what was measured or happened. It asks nothing.

The same judging as in the sweep; only the times are steps of a grid that may be coarser than the rule's interval.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.rules.choices import Phase
from alerts.rules.evaluating import judged_of
from alerts.rules.judging import outcome
from alerts.rules.kinds.base import Judged
from alerts.rules.plan import Plan
from alerts.rules.states import Labels, Moment, State
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.vectors import Vector

MOST_FIRINGS = 1_000
_ACTIVE = (Phase.FIRING.value, Phase.RECOVERING.value)
_WEEK = timedelta(days=7)

Step = tuple[datetime, Judged | PromqlError | Sequence[Result]]
"""A time, and what was seen: answers of a kind that asks PromQL, or what another kind judged."""


@dataclass(slots=True)
class Firing:
    """`ended` None: it still fires at the end."""

    labels: Labels
    began: datetime
    ended: datetime | None = None


@dataclass(slots=True)
class Replay:
    """`pages`: how often somebody would have been told that it fires; `flaps`: how often an alert began to flap. At most MOST_FIRINGS
    firings are listed; the counts are of all."""

    steps: int = 0
    pages: int = 0
    flaps: int = 0
    errors: int = 0
    error: str = ""
    firing_s: float = 0.0
    pages_a_week: float = 0.0
    firings: list[Firing] = field(default_factory=list)


def replayed(plan: Plan, steps: Iterable[Step]) -> Replay:
    """`steps` ascend."""
    found = Replay()
    states: dict[Labels, State] = {}
    open_: dict[Labels, Firing] = {}
    first = last = None
    for number, (at, seen) in enumerate(steps, start=1):
        first, last = first or at, at
        found.steps = number
        judged = seen if isinstance(seen, PromqlError) else _judged(plan, seen, states)
        result = outcome(plan, judged, states, Moment(at, number), _as_it_is)
        if result.error:
            found.errors += 1
            found.error = found.error or result.error
        for labels, after in result.changes.items():
            _changed(found, open_, labels, states.get(labels), after, at)
            if after is None:
                states.pop(labels, None)
            else:
                states[labels] = after
    if first is not None and last is not None:
        found.firing_s += sum((last - one.began).total_seconds() for one in open_.values())
        found.pages_a_week = found.pages * (_WEEK / (last - first)) if last > first else 0.0
    return found


def _judged(plan: Plan, seen: Any, states: dict[Labels, State]) -> Judged | PromqlError:
    if not plan.queries:
        found: Judged = seen
        return found
    judged = judged_of(plan, seen, states)
    try:
        return judged if isinstance(judged, PromqlError) else list(judged)
    except PromqlError as error:
        return error


def _changed(
    found: Replay, open_: dict[Labels, Firing], labels: Labels, before: State | None, after: State | None, at: datetime
) -> None:
    """Count what others would have heard: while an alert flaps, one notice."""
    fired, fires = _told(before), _told(after)
    if after is not None and after.flapping and not (before and before.flapping):
        found.flaps += 1
    if fires and not fired:
        found.pages += 1
        open_[labels] = Firing(labels, at)
        if len(found.firings) < MOST_FIRINGS:
            found.firings.append(open_[labels])
    elif fired and not fires and (one := open_.pop(labels, None)):
        one.ended = at
        found.firing_s += (at - one.began).total_seconds()


def _told(state: State | None) -> bool:
    return state is not None and (state.told if state.flapping else state.phase in _ACTIVE)


def _as_it_is(text: str, labels: Labels, value: float | None, at: datetime) -> str:
    """Templates stay as they are: they may ask the store, and what is told does not matter here."""
    return text


def columns(answers: Sequence[Result]) -> Iterator[list[Result]]:
    """The answers of range queries over the same steps, as those of an instant query at each of them."""
    vectors = [answer.value for answer in answers]
    for place in range(len(answers[0].step_times_ms) if answers else 0):
        yield [
            _column(answer, vector, place)
            for answer, vector in zip(answers, vectors, strict=True)
            if isinstance(vector, Vector)
        ]


def _column(answer: Result, vector: Vector, place: int) -> Result:
    rows = vector.present[:, place].nonzero()[0]
    labels = [vector.labels[row] for row in rows]
    values, present = vector.values[rows, place : place + 1], vector.present[rows, place : place + 1]
    return Result("vector", Vector(labels, values, present), answer.step_times_ms[place : place + 1])
