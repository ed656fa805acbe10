"""How an escalation goes on: which step is due, which are skipped, when the next one is, and when it is over. Pure: the clock is passed in.

A plan is the policy as it was when the escalation started. Its steps are gone through once and then again, up to `repeat` times. A step
that told somebody is followed by the next after its wait; one that found nobody, or whose condition does not hold, at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Self, TypeVar

import orjson

from alerts.oncall.windows import Window
from monitoring.events.choices import Severity

RANKS = {severity.value: rank for rank, severity in enumerate(reversed(Severity))}
LEAST_PAUSE_S = 60  # between laps that reached nobody
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """Whom a step tells. `id` None: there was nothing of that name when the policy was saved."""

    kind: str
    slug: str
    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class StepPlan:
    """`id` of the PolicyStep, for the turns of its round robin."""

    id: int
    wait_s: int
    targets: tuple[TargetPlan, ...]
    round_robin: bool
    only_between: Window | None
    least_severity: str

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        window = stored["only_between"]
        return cls(
            id=stored["id"],
            wait_s=stored["wait_s"],
            targets=tuple(
                TargetPlan(one["kind"], one["slug"], one.get("id"), one.get("name") or one["slug"])
                for one in stored["targets"]
            ),
            round_robin=stored["round_robin"],
            only_between=Window.of_json(window) if window else None,
            least_severity=stored["least_severity"],
        )


@dataclass(frozen=True, slots=True)
class Plan:
    policy: str
    repeat: int
    acknowledge_timeout_s: int
    is_default: bool
    steps: tuple[StepPlan, ...]

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            policy=stored["policy"],
            repeat=stored["repeat"],
            acknowledge_timeout_s=stored["acknowledge_timeout_s"],
            is_default=stored["is_default"],
            steps=tuple(StepPlan.of_json(step) for step in stored["steps"]),
        )


@lru_cache(maxsize=512)
def plan_of_text(text: str) -> Plan:
    """Of the stored JSON: the same for every escalation of an unchanged policy."""
    return Plan.of_json(orjson.loads(text))


@dataclass(frozen=True, slots=True)
class Place:
    """How far an escalation is. `step` equal to the number of steps: the lap is done. `told`, `empty`: whether in this lap a step found
    somebody, found nobody."""

    step: int = 0
    lap: int = 0
    told: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """Tell the targets of this step."""

    step: StepPlan


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on at once: the step's condition does not hold."""

    step: StepPlan
    reason: str


@dataclass(frozen=True, slots=True)
class LapDone:
    """All steps are gone through."""


def look(plan: Plan, place: Place, severity: str, now: datetime) -> Do | Skip | LapDone:
    """What is due at `now`."""
    if place.step >= len(plan.steps):
        return LapDone()
    step = plan.steps[place.step]
    if not severe_enough(step, severity):
        return Skip(step, f"only for {step.least_severity} and worse, this is {severity}")
    if step.only_between and step.only_between.end_of(now) is None:
        return Skip(step, f"only {step.only_between}")
    return Do(step)


def severe_enough(step: StepPlan, severity: str) -> bool:
    return not step.least_severity or RANKS.get(severity, 0) >= RANKS.get(step.least_severity, 0)


def after_skip(place: Place) -> Place:
    return replace(place, step=place.step + 1)


def after_step(plan: Plan, place: Place, *, told: bool, now: datetime) -> tuple[Place, datetime]:
    """Where it stands after a step, and when it goes on; a step that found nobody is followed at once."""
    wait = timedelta(seconds=plan.steps[place.step].wait_s) if told else timedelta()
    further = replace(place, step=place.step + 1, told=place.told or told, empty=place.empty or not told)
    return further, now + wait


@dataclass(frozen=True, slots=True)
class LapEnd:
    """What follows a lap. `next_at` None: exhausted. `last_resort`: nobody was reached, so whoever can be must be told.
    `nobody_wanted`: the policy tells nobody of this severity, by its own conditions."""

    place: Place
    next_at: datetime | None
    last_resort: bool = False
    nobody_wanted: bool = False


def after_lap(plan: Plan, place: Place, severity: str, now: datetime, *, reached: bool) -> LapEnd:
    """`reached`: whether any message of this lap came through, or still may.

    A lap of which every step was skipped for the time waits for the first step whose time comes; it was no lap.
    """
    if not place.told and not place.empty and plan.steps:
        return _nobody_wanted(plan, place, severity, now)
    last = place.lap >= plan.repeat
    lost = not reached
    pause_s = max(plan.steps[-1].wait_s if plan.steps else 0, LEAST_PAUSE_S) if lost else 0
    begun = place if last else Place(lap=place.lap + 1)
    return LapEnd(begun, None if last else now + timedelta(seconds=pause_s), last_resort=lost)


def _nobody_wanted(plan: Plan, place: Place, severity: str, now: datetime) -> LapEnd:
    openings = [
        (step.only_between.opens_at(now), index)
        for index, step in enumerate(plan.steps)
        if step.only_between and severe_enough(step, severity)
    ]
    if not openings:
        return LapEnd(place, None, nobody_wanted=True)
    at, index = min(openings)
    return LapEnd(replace(place, step=index), at)


def in_turn(found: Sequence[T], turn: int) -> T:
    """Round robin among those targets that have somebody. `turn` counts over all incidents, so that they are shared fairly."""
    return found[turn % len(found)]


def told_more_when_worse(plan: Plan, before: str, after: str) -> bool:
    """Whether a step that was left out for a severity is not left out for another one."""
    return any(severe_enough(step, after) and not severe_enough(step, before) for step in plan.steps)
