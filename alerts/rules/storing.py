"""States and schedules in bulk: a batch is one transaction, with what the incidents are told of it.

What is durable together need not be told twice: if the transaction is rolled back, neither the states nor the alerts are there.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import DataError, IntegrityError, connection, transaction

from alerts.incidents.intake import IncomingAlert, alerts_receive_many
from alerts.rules.claiming import Claim
from alerts.rules.labels import identity
from alerts.rules.states import Changes, Labels, State

log = logging.getLogger(__name__)

LOAD = """
SELECT rule_id, labels::text, phase, since, active_at, fired_at, trouble, gone_at, gone_evaluation, value, history, evaluation,
    flapping, told, sent_at
FROM rules_rulestate WHERE rule_id = ANY(%s)
"""
# Rows are locked in one order everywhere, so that nobody waits for each other.
FINISH = """
WITH held AS MATERIALIZED (SELECT id FROM rules_ruleschedule WHERE id = ANY(%s) ORDER BY id FOR UPDATE)
UPDATE rules_ruleschedule s
SET next_at = CASE WHEN s.next_at = r.due THEN r.next ELSE s.next_at END, lease = NULL, lease_until = NULL, last_at = r.at,
    evaluations = s.evaluations + 1, missed = s.missed + r.missed, last_error = r.error, hits_upto = r.hits_upto,
    last_duration_s = r.duration_s
FROM json_to_recordset(%s::json) AS r(id bigint, lease bigint, due timestamptz, next timestamptz, at timestamptz, missed bigint,
    error text, hits_upto bigint, duration_s float8), held
WHERE s.id = r.id AND s.id = held.id AND s.lease = r.lease
RETURNING s.id
"""
SAVE = """
INSERT INTO rules_rulestate (rule_id, identity, labels, phase, since, active_at, fired_at, trouble, gone_at, gone_evaluation, value,
    history, evaluation, flapping, told, sent_at)
SELECT * FROM json_to_recordset(%s::json) AS r(rule_id bigint, identity text, labels jsonb, phase text, since timestamptz,
    active_at timestamptz, fired_at timestamptz, trouble text, gone_at timestamptz, gone_evaluation bigint, value float8, history text,
    evaluation bigint, flapping boolean, told boolean, sent_at timestamptz)
ON CONFLICT (rule_id, identity) DO UPDATE SET phase = excluded.phase, since = excluded.since, active_at = excluded.active_at,
    fired_at = excluded.fired_at, trouble = excluded.trouble, gone_at = excluded.gone_at, gone_evaluation = excluded.gone_evaluation,
    value = excluded.value, history = excluded.history, evaluation = excluded.evaluation, flapping = excluded.flapping,
    told = excluded.told, sent_at = excluded.sent_at
"""
FORGET = """
DELETE FROM rules_rulestate s USING unnest(%s::bigint[], %s::text[]) AS r(rule_id, identity)
WHERE s.rule_id = r.rule_id AND s.identity = r.identity
"""

States = dict[int, dict[Labels, State]]


@dataclass(slots=True)
class Done:
    """What an evaluation of a claimed unit came to. `changes`: by the id of the rule; `alerts`: by the name of their source."""

    claim: Claim
    at: datetime
    next_at: datetime
    missed: int
    changes: dict[int, Changes] = field(default_factory=dict)
    alerts: list[tuple[str, Sequence[IncomingAlert]]] = field(default_factory=list)
    error: str = ""
    hits_upto: int = 0
    duration_s: float = 0.0
    rules: int = 1
    failed: int = 0


def states_of(rule_ids: Sequence[int]) -> States:
    """All states of rules; rules without any are left out."""
    found: States = {}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, [list(rule_ids)])
        for rule_id, labels, *rest in cursor.fetchall():
            found.setdefault(rule_id, {})[_labels(labels)] = State(*rest)
    return found


def _labels(text: str) -> Labels:
    pairs: dict[str, str] = orjson.loads(text)
    return tuple(sorted(pairs.items()))


def store(done: Sequence[Done], now: datetime) -> list[Done]:
    """Write a batch; those whose lease still stood. The others have been taken over or edited, and nothing of them is written.

    What PostgreSQL refuses to hold is no reason to lose the rest: then each unit is written by itself, and the faulty one says so.
    """
    try:
        return _store(done, now)
    except (DataError, IntegrityError) as error:
        if len(done) == 1:
            log.exception("rule of schedule %s: its states cannot be stored", done[0].claim.schedule_id)
            words = f"its states cannot be stored ({type(error).__name__}); the log of the alerter says more"
            return _store([replace(done[0], changes={}, alerts=[], error=words)], now)
    return [kept for one in done for kept in store([one], now)]


def _store(done: Sequence[Done], now: datetime) -> list[Done]:
    with transaction.atomic(), connection.cursor() as cursor:
        ids = [one.claim.schedule_id for one in done]
        cursor.execute(FINISH, [ids, orjson.dumps([_schedule_row(one) for one in done]).decode()])
        kept_ids = {schedule_id for (schedule_id,) in cursor.fetchall()}
        kept = [one for one in done if one.claim.schedule_id in kept_ids]
        states_write({rule_id: changes for one in kept for rule_id, changes in one.changes.items()})
        alerts_receive_many([batch for one in kept for batch in one.alerts], now=now)
    return kept


def states_write(changes: Mapping[int, Changes]) -> None:
    """Store changed states, and forget those that are None, in the caller's transaction."""
    saved: list[dict[str, Any]] = []
    rule_ids: list[int] = []
    identities: list[str] = []
    for rule_id, labels, state in _flat(changes):
        if state is None:
            rule_ids.append(rule_id)
            identities.append(identity(labels))
        else:
            saved.append(_state_row(rule_id, labels, state))
    with connection.cursor() as cursor:
        if saved:
            cursor.execute(SAVE, [_json(saved)])
        if rule_ids:
            cursor.execute(FORGET, [rule_ids, identities])


def _flat(changes: Mapping[int, Changes]) -> Iterable[tuple[int, Labels, State | None]]:
    for rule_id, of_rule in changes.items():
        for labels, state in of_rule.items():
            yield rule_id, labels, state


def _state_row(rule_id: int, labels: Labels, state: State) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "identity": identity(labels),
        "labels": dict(labels),
        "phase": state.phase,
        "since": state.since,
        "active_at": state.active_at,
        "fired_at": state.fired_at,
        "trouble": state.trouble,
        "gone_at": state.gone_at,
        "gone_evaluation": state.gone_evaluation,
        "value": _finite(state.value),
        "history": state.history,
        "evaluation": state.evaluation,
        "flapping": state.flapping,
        "told": state.told,
        "sent_at": state.sent_at,
    }


def _finite(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity; PostgreSQL reads them from text."""
    if value is None or value - value == 0.0:
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _schedule_row(one: Done) -> dict[str, Any]:
    return {
        "id": one.claim.schedule_id,
        "lease": one.claim.lease,
        "due": one.claim.due_at,
        "next": one.next_at,
        "at": one.at,
        "missed": one.missed,
        "error": one.error[:2000].replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        "hits_upto": one.hits_upto,
        "duration_s": one.duration_s,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    """jsonb holds no U+0000; a label may."""
    return orjson.dumps(rows).decode().replace("\\u0000", "\\ufffd")
