"""Escalations that are due, taken by one sweep: their rows stay locked until its transaction ends, and others pass them by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from alerts.oncall.choices import EscalationState
from alerts.oncall.escalation import Place, Plan, plan_of_text

FIELDS = """e.id, e.subject, e.policy_id, e.plan::text, e.message::text, e.message->>'thread', e.severity, e.urgency, e.fair_key,
    e.step, e.lap, e.lap_told, e.lap_empty, e.episode, e.first_episode, e.resumed_at"""
CLAIM = f"""
SELECT {FIELDS} FROM oncall_escalation e WHERE e.next_step_at <= %s AND e.state = 'running'
ORDER BY e.next_step_at LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - own names
# Something of this subject that was told, is being told, or will be, since the present episode began. LIMIT, here and below, has each
# subject looked up by its index: in a storm the statistics know nothing yet of the rows that are made.
REACHED = """
SELECT w.id FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS w(id, subject, since)
WHERE COALESCE(
    (SELECT true FROM delivery_delivery d WHERE d.subject = w.subject AND d.created_at >= w.since AND d.kind = 'firing'
        AND starts_with(d.key, w.subject || '/e') AND d.state IN ('pending', 'sending', 'delivered', 'bundled') LIMIT 1),
    (SELECT true FROM oncall_page p WHERE p.escalation_id = w.id AND p.due_at IS NOT NULL LIMIT 1),
    false
)
"""
JUST_TOLD = """
SELECT w.id, t.channel_id, t.contact_id FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS w(id, subject, since)
CROSS JOIN LATERAL (
    SELECT d.channel_id, d.contact_id FROM delivery_delivery d
    WHERE d.subject = w.subject AND d.created_at >= w.since AND d.kind = 'firing'
        AND d.state IN ('pending', 'sending', 'delivered', 'bundled') AND starts_with(d.key, w.subject || '/e')
    LIMIT 1000
) t
"""
MOVE = """
UPDATE oncall_escalation e SET step = w.step, lap = w.lap, lap_told = w.told, lap_empty = w.empty, state = w.state, next_step_at = w.next_at
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::bool[], %s::bool[], %s::text[], %s::timestamptz[])
    AS w(id, step, lap, told, empty, state, next_at)
WHERE e.id = w.id
"""


@dataclass(slots=True)
class Claimed:
    """An escalation in hand. `place`, `next_at` and `state` are moved on, and stored by `move`."""

    id: int
    subject: str
    policy_id: int | None
    plan: Plan
    message: str
    thread: str
    severity: str
    urgency: str
    fair_key: str
    place: Place
    episode: int
    first_episode: int
    resumed_at: datetime
    next_at: datetime | None = None
    state: str = EscalationState.RUNNING

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> "Claimed":
        """As FIELDS has them."""
        pk, subject, policy_id, plan, message, thread, severity, urgency, fair_key, *place, episode, first, since = row
        step, lap, told, empty = place
        return cls(
            id=pk,
            subject=subject,
            policy_id=policy_id,
            plan=plan_of_text(plan),
            message=message,
            thread=thread or "",
            severity=severity,
            urgency=urgency,
            fair_key=fair_key,
            place=Place(step, lap, told, empty),
            episode=episode,
            first_episode=first,
            resumed_at=since,
        )

    @property
    def prefix(self) -> str:
        """Of the keys of everything that the present lap sends."""
        return f"{self.subject}/e{self.episode}/l{self.place.lap}"


def claim_due(now: datetime, limit: int) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, limit])
        return [Claimed.of_row(row) for row in cursor.fetchall()]


def reached(claimed: list[Claimed]) -> set[int]:
    """Ids of those of which somebody was told, or may still be."""
    if not claimed:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(REACHED, _columns([(one.id, one.subject, one.resumed_at) for one in claimed]))
        return {row[0] for row in cursor.fetchall()}


def just_told(claimed: list[Claimed], since: datetime) -> set[tuple[str, int, int | None]]:
    """(subject, channel, contact) of what was told since a moment, but of the present episode only."""
    subjects = {one.id: one.subject for one in claimed}
    with connection.cursor() as cursor:
        asked = [(one.id, one.subject, max(one.resumed_at, since)) for one in claimed]
        cursor.execute(JUST_TOLD, _columns(asked))
        return {(subjects[pk], channel, contact) for pk, channel, contact in cursor.fetchall()}


def move(claimed: list[Claimed]) -> None:
    """Store where they stand now."""
    rows = [
        (one.id, one.place.step, one.place.lap, one.place.told, one.place.empty, str(one.state), one.next_at)
        for one in claimed
    ]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, _columns(rows))


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(values) for values in zip(*rows, strict=True)]
