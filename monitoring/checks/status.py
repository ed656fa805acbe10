"""The thinking about status: what a verdict means after thresholds, when a change is confirmed, what follows for a service.

Pure: no database, no clock of its own. `docs/concepts.md` states these rules in words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from monitoring.checks.choices import Comparator, Impact, Status

HISTORY_LENGTH = 21
FLAP_HIGH_PERCENT = 30.0
FLAP_LOW_PERCENT = 15.0
STALE_AFTER_INTERVALS = 3

# A verdict's letter in the history, and how bad it is.
LETTERS = {Status.UP: "u", Status.DEGRADED: "g", Status.UNKNOWN: "n", Status.DOWN: "d"}
SEVERITY = {Status.UP: 0, Status.DEGRADED: 1, Status.UNKNOWN: 2, Status.DOWN: 3}
BY_SEVERITY = {severity: status for status, severity in SEVERITY.items()}
SEVERITY_OF_LETTER = {letter: SEVERITY[status] for status, letter in LETTERS.items()}

# What decides a service, the worst first; pending and paused checks say nothing unless there are no others.
SERVICE_ORDER = (Status.DOWN, Status.DEGRADED, Status.STALE, Status.UNKNOWN, Status.MAINTENANCE, Status.UP)


@dataclass(frozen=True, slots=True)
class Rules:
    """How many runs in a row confirm a change."""

    failures_before_down: int = 2
    successes_before_up: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held of a check between runs. `confirmed` is what its runs say; `status` is what is shown."""

    confirmed: Status = Status.PENDING
    status: Status = Status.PENDING
    since: datetime | None = None
    hard: bool = True
    history: str = ""
    flap_percent: float = 0.0
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What overrides the confirmed status: a pause, then maintenance, then staleness."""

    paused: bool = False
    maintenance: bool = False
    stale: bool = False


NO_CIRCUMSTANCES = Circumstances()

_HOLDS = {
    Comparator.ABOVE: float.__gt__,
    Comparator.AT_LEAST: float.__ge__,
    Comparator.BELOW: float.__lt__,
    Comparator.AT_MOST: float.__le__,
}


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value that reached a bound."""

    status: Status
    name: str
    value: float
    comparator: Comparator
    bound: float


def crossed(thresholds: Sequence[Mapping[str, Any]], values: Mapping[str, float]) -> Crossing | None:
    """The worst that `values` reach by `thresholds`, the first of equals.

    A threshold on `disk_used_ratio` looks at every labelled `disk_used_ratio{...}` too.
    """
    worst: Crossing | None = None
    for threshold in thresholds:
        comparator = Comparator(threshold["comparator"])
        for name, value in _values_of(threshold["value"], values):
            for status in (Status.DOWN, Status.DEGRADED):
                bound = threshold.get(status.value)
                if bound is not None and _HOLDS[comparator](float(value), float(bound)):
                    if worst is None or SEVERITY[status] > SEVERITY[worst.status]:
                        worst = Crossing(status, name, float(value), comparator, float(bound))
                    break
    return worst


def _values_of(name: str, values: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    if name in values:
        return [(name, values[name])]
    prefix = name + "{"
    return [(key, value) for key, value in values.items() if key.startswith(prefix)]


def worsened(verdict: Status, thresholds: Sequence[Mapping[str, Any]], values: Mapping[str, float]) -> Crossing | None:
    """The crossing that makes `verdict` worse, if one does. Without an answer (down, unknown) there is nothing to grade."""
    if not thresholds or verdict in (Status.DOWN, Status.UNKNOWN):
        return None
    crossing = crossed(thresholds, values)
    return crossing if crossing and SEVERITY[crossing.status] > SEVERITY[verdict] else None


def advanced(
    before: Standing, verdict: Status, rules: Rules, now: datetime, around: Circumstances = NO_CIRCUMSTANCES
) -> Standing:
    """The standing after a run that ended in `verdict` (up, degraded, down or unknown)."""
    history = (before.history + LETTERS[verdict])[-HISTORY_LENGTH:]
    confirmed = _confirmed(before.confirmed, verdict, history, rules)
    percent = flap_percent(history)
    ran = replace(
        before,
        confirmed=confirmed,
        hard=confirmed == verdict,
        history=history,
        flap_percent=percent,
        flapping=percent > FLAP_HIGH_PERCENT or (before.flapping and percent > FLAP_LOW_PERCENT),
    )
    return shown(ran, around, now)


def _confirmed(confirmed: Status, verdict: Status, history: str, rules: Rules) -> Status:
    """A worse level needs `failures_before_down` runs in a row at it or beyond, a better level `successes_before_up` runs; of the levels
    that qualify, the one nearest to the verdict is taken. A check that is pending counts as up: its first good run makes it so."""
    if confirmed == verdict or (confirmed == Status.PENDING and verdict == Status.UP):
        return verdict
    now, last = SEVERITY.get(confirmed, SEVERITY[Status.UP]), SEVERITY[verdict]
    worse = last > now
    needed = rules.failures_before_down if worse else rules.successes_before_up
    for level in range(last, now, -1 if worse else 1):
        if _run_length(history, level, worse) >= needed:
            return BY_SEVERITY[level]
    return confirmed


def _run_length(history: str, level: int, worse: bool) -> int:
    length = 0
    for letter in reversed(history):
        severity = SEVERITY_OF_LETTER[letter]
        if severity < level if worse else severity > level:
            break
        length += 1
    return length


def flap_percent(history: str) -> float:
    """Changes between up and not up, in percent of the changes that HISTORY_LENGTH runs could have had."""
    changes = sum((one == "u") != (other == "u") for one, other in pairwise(history))
    return 100.0 * changes / (HISTORY_LENGTH - 1)


def shown(standing: Standing, around: Circumstances, at: datetime) -> Standing:
    """The standing with the status that the circumstances leave to be shown; `since` moves when that status changes."""
    status = standing.confirmed
    if around.paused:
        status = Status.PAUSED
    elif around.maintenance:
        status = Status.MAINTENANCE
    elif around.stale and standing.confirmed != Status.PENDING:
        status = Status.STALE
    if status == standing.status:
        return standing
    return replace(standing, status=status, since=at)


def service_status(checks: Iterable[tuple[Status, Impact]], maintenance: bool = False) -> Status:
    """A service's status from the statuses and impacts of its checks.

    The worst of its checks counts, in the order of SERVICE_ORDER. A check that `degrades` makes the service degraded at worst; one that
    `informs` never counts. With no check that counts: paused if any is paused, else pending.
    """
    if maintenance:
        return Status.MAINTENANCE
    seen = {
        Status.DEGRADED if status == Status.DOWN and impact == Impact.DEGRADES else status
        for status, impact in checks
        if impact != Impact.INFORMS
    }
    for status in SERVICE_ORDER:
        if status in seen:
            return status
    return Status.PAUSED if Status.PAUSED in seen else Status.PENDING


def stale_after_s(interval_s: float, timeout_s: float) -> float:
    """Seconds after its last report at which a check is stale: three intervals, and the time that a run may take."""
    return STALE_AFTER_INTERVALS * interval_s + timeout_s
