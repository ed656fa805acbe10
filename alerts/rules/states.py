"""The state of each label set of a rule, from one evaluation to the next. Pure.

`for` and `keep_firing_for` are Prometheus's (rules/alerting.go); hysteresis is Zabbix's: resolved only when the problem is false and
recovery is true; flapping is Nagios's, over the last 21 evaluations. `docs/alert-rules.md` states the rules in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from alerts.rules.choices import OnTrouble, Phase, Trouble

Labels = tuple[tuple[str, str], ...]

HISTORY_LENGTH = 21
FLAP_HIGH_PERCENT = 30.0
FLAP_LOW_PERCENT = 15.0
RESOLVED_FOR = timedelta(minutes=15)  # how long a resolved state is shown, as in Prometheus
NEVER = timedelta(days=36_500)
_NOTHING = timedelta()

_INACTIVE, _PENDING, _FIRING = Phase.INACTIVE.value, Phase.PENDING.value, Phase.FIRING.value
_RECOVERING, _RESOLVED = Phase.RECOVERING.value, Phase.RESOLVED.value
_NO_DATA, _EMPTY, _ERROR = Trouble.NO_DATA.value, Trouble.EMPTY.value, Trouble.ERROR.value
_QUIET = (_INACTIVE, _RESOLVED)
_ACTIVE = (_FIRING, _RECOVERING)


class Seen(NamedTuple):
    """What an evaluation saw of one label set. `recovered`: it is past the recovery threshold too."""

    problem: bool
    recovered: bool
    value: float


@dataclass(slots=True)
class Observation:
    """What one evaluation of a rule saw. `own`: the label set of what the rule says of itself (it returns nothing, it fails)."""

    seen: Mapping[Labels, Seen] = field(default_factory=dict)
    error: str = ""
    own: Labels = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says about time and trouble.

    `remembers`: a series that is not returned lacks data, otherwise it is no problem. `forget_after` and `forget_evaluations` (0: not
    counted) end that. `flaps`: changes are watched.
    """

    for_: timedelta = _NOTHING
    keep_firing_for: timedelta = _NOTHING
    remembers: bool = False
    on_no_data: OnTrouble = OnTrouble.OK
    on_error: OnTrouble = OnTrouble.KEEP
    when_empty: bool = False
    forget_after: timedelta = NEVER
    forget_evaluations: int = 0
    flaps: bool = True


class Moment(NamedTuple):
    """`number` counts the evaluations of the rule."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class State:
    """Of one label set; the fields of models.RuleState."""

    phase: str
    since: datetime
    active_at: datetime | None = None
    fired_at: datetime | None = None
    trouble: str = ""
    gone_at: datetime | None = None
    gone_evaluation: int = 0
    value: float | None = None
    history: str = ""
    evaluation: int = 0
    flapping: bool = False
    told: bool = False
    sent_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Fires, be it that it recovers."""
        return self.phase in _ACTIVE


Changes = dict[Labels, State | None]


def evaluated(before: Mapping[Labels, State], observation: Observation, terms: Terms, moment: Moment) -> Changes:
    """The states that differ after an evaluation; None for those that are forgotten."""
    if observation.error:
        return _after_error(before, observation, terms, moment)
    changes: Changes = {}
    seen = observation.seen
    for labels, one in seen.items():
        state = before.get(labels)
        if state is not None:
            after = _seen(state, one, terms, moment)
            if after is not state:
                changes[labels] = after
        elif one.problem or terms.remembers:
            changes[labels] = _seen(_new(moment), one, terms, moment)
    for labels, state in before.items():
        if labels not in seen:
            gone = _unseen(state, terms, moment, empty=not seen)
            if gone is not state:
                changes[labels] = gone
    if terms.when_empty and not seen and not before:
        changes[observation.own] = _in_trouble(_new(moment), _EMPTY, terms, moment)
    return changes


def _new(moment: Moment) -> State:
    return State(_INACTIVE, moment.at, evaluation=moment.number - 1)


def _seen(state: State, seen: Seen, terms: Terms, moment: Moment) -> State | None:
    after = _stepped(state, seen.problem, seen.recovered, terms, moment)
    if state.trouble or state.gone_at:
        after = replace(after, trouble="", gone_at=None, gone_evaluation=0)
    if not seen.problem and not terms.remembers and _is_over(after, terms, moment):
        return None
    return replace(after, value=seen.value) if after is not state else state


def _unseen(state: State, terms: Terms, moment: Moment, empty: bool) -> State | None:
    if state.trouble == _EMPTY and empty:
        return _in_trouble(state, _EMPTY, terms, moment)
    if not terms.remembers or state.trouble in (_EMPTY, _ERROR):
        return _no_problem(state, terms, moment)
    if state.gone_at is None:
        state = replace(state, gone_at=moment.at, gone_evaluation=moment.number)
    if _is_forgotten(state, terms, moment):
        return _no_problem(state, terms, moment)
    if terms.on_no_data == OnTrouble.ALERT:
        return _in_trouble(state, _NO_DATA, terms, moment)
    return state


def _is_forgotten(state: State, terms: Terms, moment: Moment) -> bool:
    """Whether its series has been away for so long, this evaluation counted, that it is no longer waited for."""
    if state.gone_at is None:
        return False
    away = moment.number - state.gone_evaluation + 1
    return moment.at - state.gone_at >= terms.forget_after or 0 < terms.forget_evaluations < away


def _in_trouble(state: State, trouble: str, terms: Terms, moment: Moment) -> State:
    after = _stepped(state, True, False, terms, moment)
    return after if after.trouble == trouble else replace(after, trouble=trouble, value=None)


def _no_problem(state: State, terms: Terms, moment: Moment) -> State | None:
    after = _stepped(state, False, True, terms, moment)
    return None if _is_over(after, terms, moment) else after


def _after_error(before: Mapping[Labels, State], observation: Observation, terms: Terms, moment: Moment) -> Changes:
    changes: Changes = {}
    own = observation.own
    if terms.on_error == OnTrouble.OK:
        for labels, state in before.items():
            after = _no_problem(state, terms, moment)
            if after is not state:
                changes[labels] = after
    elif terms.on_error == OnTrouble.ALERT:
        state = before.get(own) or _new(moment)
        after = _in_trouble(state, _ERROR, terms, moment)
        if after is not state:
            changes[own] = after
    return changes


def _stepped(state: State, problem: bool, recovered: bool, terms: Terms, moment: Moment) -> State:
    """One evaluation: the phase, then what it means for flapping. The same object when nothing changed."""
    after = _after_true(state, terms, moment.at) if problem else _after_false(state, recovered, terms, moment.at)
    return _watched(state, after, moment) if terms.flaps else after


def _after_true(state: State, terms: Terms, at: datetime) -> State:
    phase, active_at = state.phase, state.active_at
    if phase == _FIRING:
        return state
    if phase == _RECOVERING:
        return replace(state, phase=_FIRING, since=at)
    if phase in _QUIET or active_at is None:
        active_at = at
    if at - active_at >= terms.for_:
        return replace(state, phase=_FIRING, since=at, active_at=active_at, fired_at=at)
    if phase == _PENDING:
        return state
    return replace(state, phase=_PENDING, since=at, active_at=active_at, fired_at=None)


def _after_false(state: State, recovered: bool, terms: Terms, at: datetime) -> State:
    phase = state.phase
    if phase in _QUIET:
        return state
    if phase == _PENDING:
        return replace(state, phase=_INACTIVE, since=at, active_at=None)
    since = at if phase == _FIRING else state.since  # when it was first seen to be no problem
    if recovered and at - since >= terms.keep_firing_for:
        return replace(state, phase=_RESOLVED, since=at)
    return state if phase == _RECOVERING else replace(state, phase=_RECOVERING, since=at)


def _watched(before: State, after: State, moment: Moment) -> State:
    """The flapping overlay: how often the alert began or ceased to fire, in percent of the 20 changes that 21 evaluations can have."""
    bit = "1" if after.phase in _ACTIVE else "0"
    last = before.history[-1] if before.history else "0"
    if bit == last and not before.flapping:
        return after
    history = (history_at(before, moment.number - 1) + bit)[-HISTORY_LENGTH:]
    percent = flap_percent(history)
    flapping = percent > FLAP_HIGH_PERCENT or (before.flapping and percent > FLAP_LOW_PERCENT)
    if bit == last and flapping:
        return after
    return replace(after, history=history, evaluation=moment.number, flapping=flapping)


def history_at(state: State, number: int) -> str:
    """Bits of the evaluations up to `number`: those after the last change were like it; before the first, it did not fire."""
    same = min(max(number - state.evaluation, 0), HISTORY_LENGTH)
    last = state.history[-1] if state.history else "0"
    return (state.history + last * same)[-HISTORY_LENGTH:].rjust(HISTORY_LENGTH, "0")


def flap_percent(history: str) -> float:
    """Changes in percent of those that HISTORY_LENGTH evaluations could have had."""
    return 100.0 * sum(one != other for one, other in pairwise(history)) / (HISTORY_LENGTH - 1)


def _is_over(state: State, terms: Terms, moment: Moment) -> bool:
    """Whether nothing of it matters any more: it is quiet, is not waited for, is owed no word, and its past no longer counts."""
    if state.phase not in _QUIET or state.told or state.flapping:
        return False
    if terms.remembers and not state.trouble and not _is_forgotten(state, terms, moment):
        return False
    if state.phase == _RESOLVED and moment.at - state.since < RESOLVED_FOR:
        return False
    return not terms.flaps or "1" not in history_at(state, moment.number)
