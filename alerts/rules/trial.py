"""A rule, evaluated once and now without effect: what it would see and tell."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from alerts.incidents.intake import IncomingAlert
from alerts.rules.actions import rule_save
from alerts.rules.asking import Asker
from alerts.rules.evaluating import judged_of
from alerts.rules.event_matching import Happened
from alerts.rules.expanding import Expander
from alerts.rules.following import matched
from alerts.rules.judging import Outcome, observed, outcome
from alerts.rules.kinds.base import Asked, Judged
from alerts.rules.kinds.event import EventKind
from alerts.rules.loading import group_fields
from alerts.rules.models import AlertRule
from alerts.rules.plan import Plan, plan_of
from alerts.rules.states import Labels, Moment, State
from alerts.rules.storing import states_of
from alerts.rules.windows import Hit
from monitoring.metrics.moments import milliseconds
from monitoring.metrics.promql.errors import PromqlError
from opsportal.writing import Person

MOST_SERIES = 100
MOST_EVENTS = 5_000
EVENTS = """
SELECT id, time, kind, severity, subject, summary, payload::text FROM events_event WHERE time > %s AND time <= %s
ORDER BY time DESC, id DESC LIMIT %s
"""


@dataclass(slots=True)
class Trial:
    """`series`: what was seen, at most MOST_SERIES of `total`, problems first. `alerts`: what the incidents would be told."""

    at: datetime
    error: str = ""
    total: int = 0
    series: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[IncomingAlert] = field(default_factory=list)


def rule_try(*, rule: AlertRule | None, now: datetime, by: Person, **values: Any) -> Trial:
    """Validate a rule as `rule_save` does, and evaluate it as of now; nothing is stored. Raises ValidationError by field."""
    plan, states = tried_plan(rule=rule, now=now, by=by, **values)
    return evaluated_once(plan, states, now)


def tried_plan(
    *, rule: AlertRule | None, now: datetime, by: Person, **values: Any
) -> tuple[Plan, Mapping[Labels, State]]:
    """The plan of a rule with some values, validated as `rule_save` does, and its states; nothing is stored."""
    with transaction.atomic():
        tried = rule_save(rule=rule, now=now, by=by, **values)
        states = states_of([rule.pk]).get(rule.pk, {}) if rule else {}
        transaction.set_rollback(True)
    policy = tried.policy.slug if tried.policy else ""
    return plan_of(tried, tried.pk or 0, policy, group_fields(tried.group)), states


def evaluated_once(plan: Plan, states: Mapping[Labels, State], now: datetime) -> Trial:
    """One evaluation of a plan from `states` on."""
    expand = Expander(milliseconds(now))
    if plan.queries:
        asked = Asker().ask([plan], milliseconds(now))[plan.rule_id]
        judged = judged_of(
            plan, asked, {(): State("", now)}
        )  # as if there were states: those that are no problem are shown too
    else:
        judged = gathered(plan, now)
    seen = judged if isinstance(judged, PromqlError) else list(judged)
    number = max((state.evaluation for state in states.values()), default=0) + 1
    result = outcome(plan, seen, states, Moment(now, number), expand)
    return _trial(plan, seen, states, result, now, expand)


def gathered(plan: Plan, now: datetime) -> Judged:
    """What a kind without queries sees; event rules look at the timeline itself, at its newest MOST_EVENTS events."""
    kind = plan.kind
    if not isinstance(kind, EventKind):
        return kind.gather([Asked(plan.rule_id, kind, 0)], now)[plan.rule_id].judged
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [now - kind.window, now, MOST_EVENTS])
        rows = cursor.fetchall()
    return kind.reached(hits_of(plan, [happened(row) for row in rows], now), now)


def happened(row: tuple[Any, ...]) -> Happened:
    event_id, time, kind, severity, subject, summary, payload = row
    found = orjson.loads(payload)
    return Happened(event_id, time, kind, severity, subject, summary, found if isinstance(found, dict) else {})


def hits_of(plan: Plan, events: list[Happened], now: datetime) -> dict[Labels, list[Hit]]:
    """What an event rule counts of events, ascending in time."""
    counts, latest, _ = matched(events, [plan], now)
    found: dict[Labels, list[Hit]] = defaultdict(list)
    for key in sorted(counts, key=lambda one: latest[one]):
        found[key.labels].append(Hit(latest[key], key.value, counts[key], False))
    return found


def _trial(
    plan: Plan, seen: Any, states: Mapping[Labels, State], result: Outcome, now: datetime, expand: Expander
) -> Trial:
    observation = observed(plan, seen, True, now, expand)
    after = {**states, **{labels: state for labels, state in result.changes.items() if state is not None}}
    rows = [
        {
            "labels": dict(labels),
            "value": one.value,
            "problem": one.problem,
            "phase": after[labels].phase if labels in after else "inactive",
        }
        for labels, one in sorted(observation.seen.items(), key=lambda pair: (not pair[1].problem, pair[0]))
    ]
    return Trial(now, result.error, len(rows), rows[:MOST_SERIES], result.alerts[:MOST_SERIES])
