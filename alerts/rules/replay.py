"""A rule over the days behind us, without effect: when it would have fired, and how often somebody would have been told.

A rule that asks PromQL is answered by one range query at its interval, or coarser where that would be too many steps; a rule on events by
the timeline. The status of checks is not kept as a rule would see it: such rules are not replayed.
"""

import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection

from alerts.rules.kinds.event import EventKind
from alerts.rules.models import AlertRule
from alerts.rules.plan import Plan
from alerts.rules.replaying import Replay, Step, columns, replayed
from alerts.rules.states import Labels
from alerts.rules.trial import EVENTS, happened, hits_of, tried_plan
from alerts.rules.windows import Hit
from monitoring.metrics import querying
from monitoring.metrics.moments import milliseconds
from monitoring.metrics.promql.errors import PromqlError
from opsportal.writing import Person

DAYS = 30
MOST_DAYS = 366
MOST_STEPS = 11_000
MOST_EVENTS = 20_000
QUERY_S = 15.0
WORK_S = 10.0
INSTANT = timedelta(milliseconds=1)

One = TypeVar("One")


@dataclass(slots=True)
class RuleReplay:
    """`step_s`: between two evaluations; 0 of events, which are looked at when they happen. `notes`: what else there is to know, such as
    which tier of the store answered."""

    start: datetime
    end: datetime
    step_s: float
    found: Replay
    notes: list[str] = field(default_factory=list)


def rule_replay(*, rule: AlertRule | None, days: float, now: datetime, by: Person, **values: Any) -> RuleReplay:
    """Replay a rule with some values, validated as `rule_save` does. Raises ValidationError by field."""
    if not 0 < days <= MOST_DAYS:
        raise ValidationError({"days": [f"Give more than 0 and at most {MOST_DAYS} days."]})
    plan, _ = tried_plan(rule=rule, now=now, by=by, **values)
    start = now - timedelta(days=days)
    if isinstance(plan.kind, EventKind):
        return _over_events(plan, plan.kind, start, now)
    if not plan.queries:
        raise ValidationError({"kind": ["Rules on the status of checks cannot be replayed."]})
    return _over_samples(plan, start, now)


def _over_samples(plan: Plan, start: datetime, end: datetime) -> RuleReplay:
    length_s = (end - start).total_seconds()
    step_s = max(plan.interval_s, float(math.ceil(length_s / MOST_STEPS)))
    answer = RuleReplay(start, end, step_s, Replay())
    if step_s > plan.interval_s:
        answer.notes.append(
            f"Evaluated every {step_s:g} s, not every {plan.interval_s:g} s: shorter breaches may be missing."
        )
    step_ms = round(step_s * 1000)
    try:
        results = [
            querying.query_range(text, milliseconds(start), milliseconds(end), step_ms, timeout_s=QUERY_S)
            for text in plan.queries
        ]
    except PromqlError as error:
        raise ValidationError({"expression": [error.message]}) from None
    answer.notes += list(dict.fromkeys(word for one in results for word in (*one.notes.warnings, *one.notes.infos)))
    if not any("roll-up" in word for word in answer.notes):
        answer.notes.append("Raw samples answered.")
    steps: Iterator[Step] = (
        (start + place * timedelta(milliseconds=step_ms), column) for place, column in enumerate(columns(results))
    )
    answer.found = replayed(plan, _in_time(steps, answer.notes))
    return answer


def _over_events(plan: Plan, kind: EventKind, start: datetime, end: datetime) -> RuleReplay:
    answer = RuleReplay(start, end, 0.0, Replay())
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [start - kind.window, end, MOST_EVENTS])
        rows = cursor.fetchall()
    if len(rows) == MOST_EVENTS:
        answer.start = max(start, rows[-1][1])
        answer.notes.append(f"Only the newest {MOST_EVENTS:,} events were looked at.")
    hits = hits_of(plan, [happened(row) for row in rows], end)
    times = sorted({hit.at for of_labels in hits.values() for hit in of_labels})
    moments = sorted({answer.start, end, *times, *(at + kind.window + INSTANT for at in times)})
    inside = [at for at in moments if answer.start <= at <= end]
    steps: Iterator[Step] = ((at, list(kind.reached(_window(hits, kind, at), at))) for at in inside)
    answer.found = replayed(plan, _in_time(steps, answer.notes))
    _over_whole(answer)
    return answer


def _window(hits: dict[Labels, list[Hit]], kind: EventKind, at: datetime) -> dict[Labels, Sequence[Hit]]:
    """The hits that the window up to `at` may hold."""
    found: dict[Labels, Sequence[Hit]] = {}
    for labels, of_labels in hits.items():
        first = bisect_left(of_labels, at - kind.window, key=lambda hit: hit.at)
        last = bisect_right(of_labels, at, key=lambda hit: hit.at)
        if last > first:
            found[labels] = of_labels[first:last]
    return found


def _over_whole(answer: RuleReplay) -> None:
    """Pages a week are of the time that was looked at."""
    length = answer.end - answer.start
    answer.found.pages_a_week = answer.found.pages * (timedelta(days=7) / length) if length else 0.0


def _in_time(steps: Iterable[One], notes: list[str]) -> Iterator[One]:
    deadline = time.monotonic() + WORK_S
    for number, one in enumerate(steps):
        if number % 50 == 0 and time.monotonic() > deadline:
            notes.append(f"Stopped after {WORK_S:g} s: the rest of the time is missing.")
            return
        yield one
