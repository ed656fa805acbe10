"""What the incidents are told of a state, and when. Pure but for the form in which incidents take alerts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from alerts.incidents.intake import IncomingAlert
from alerts.rules.choices import Trouble
from alerts.rules.labels import FLAPPING
from alerts.rules.plan import Plan
from alerts.rules.states import Labels, State

RESEND = timedelta(minutes=1)
LIVES = 4  # times the interval: a firing alert that is not sent again ends after that
TROUBLE = "trouble"


class Expand(Protocol):
    """A template of the rule's, with what is known of the series; an error is text too."""

    def __call__(self, text: str, labels: Labels, value: float | None, at: datetime) -> str: ...


class Word(NamedTuple):
    """One thing to tell of a label set: it fires, or has ended; `flapping`: of its flapping."""

    firing: bool
    flapping: bool


def words(before: State | None, after: State, at: datetime) -> tuple[Word, ...]:
    """What to tell after an evaluation.

    While a state flaps, what was told last stands, and a second alert says that it flaps: one notice on entering, one on leaving. A state
    is durable in the transaction that tells of it, so the end is told once; what fires is told again each RESEND, as senders do.
    """
    was_flapping = before is not None and before.flapping
    fires = fires_for_others(after)
    due = after.sent_at is None or at - after.sent_at >= RESEND
    found = []
    if fires and (due or not after.told):
        found.append(Word(True, False))
    elif after.told and not fires:
        found.append(Word(False, False))
    if after.flapping and (due or not was_flapping):
        found.append(Word(True, True))
    elif was_flapping and not after.flapping:
        found.append(Word(False, True))
    return tuple(found)


def fires_for_others(state: State) -> bool:
    return state.told if state.flapping else state.is_active


def sent(state: State, at: datetime, value: float | None) -> State:
    """The state once that was told."""
    return replace(state, told=fires_for_others(state), sent_at=at, value=state.value if value is None else value)


def alerts_of(
    plan: Plan, labels: Labels, state: State, told: Iterable[Word], at: datetime, expand: Expand, error: str = ""
) -> list[IncomingAlert]:
    """The alerts that say so, with the labels of the rule around those of the state."""
    whole = {**dict(labels), **plan.common}
    annotations = {name: expand(text, labels, state.value, at) for name, text in plan.annotations.items()}
    if state.trouble:
        annotations[TROUBLE] = error[:500] if state.trouble == Trouble.ERROR and error else Trouble(state.trouble).label
    lives = LIVES * max(timedelta(seconds=plan.interval_s), RESEND)
    found = []
    for word in told:
        started = at if word.flapping else state.fired_at or at
        found.append(
            IncomingAlert(
                labels={**whole, FLAPPING: "true"} if word.flapping else whole,
                annotations=annotations,
                starts_at=min(started, at),
                ends_at=at + lives if word.firing else at,
                generator_url=generator_url(plan),
            )
        )
    return found


def generator_url(plan: Plan) -> str:
    """The page that shows the query of a rule, as a path; empty for kinds that ask none."""
    return "/query/?" + urlencode({"q": plan.queries[0]}) if plan.queries else ""
