"""Claims: which rules and groups this process evaluates now. Time is the column `next_at`; a lease keeps others away."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

# Longer than a batch may take, from its claim to its commit.
LEASE = timedelta(seconds=60)
MOST_STATES = 50_000

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id, next_at, rule_id, group_id FROM rules_ruleschedule
    WHERE next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE rules_ruleschedule s SET lease = %(token)s, lease_until = %(until)s
FROM due LEFT JOIN rules_alertrule r ON r.id = due.rule_id LEFT JOIN rules_rulegroup g ON g.id = due.group_id
    LEFT JOIN oncall_escalationpolicy p ON p.id = r.policy_id
WHERE s.id = due.id
RETURNING s.id, s.rule_id, s.group_id, due.next_at, s.evaluations, s.hits_upto, COALESCE(r.revision, g.revision),
    COALESCE(r.interval_s, g.interval_s), COALESCE(g.file || ';' || g.name, ''), COALESCE(p.slug, ''), s.lease
"""
RELEASE = "UPDATE rules_ruleschedule SET lease = NULL, lease_until = NULL WHERE id = ANY(%s) AND lease = ANY(%s)"
WEIGHT = "SELECT rule_id, count(*) FROM rules_rulestate WHERE rule_id = ANY(%s) GROUP BY rule_id"
NEXT = """
SELECT min(next_at) FROM rules_ruleschedule WHERE next_at IS NOT NULL AND (lease_until IS NULL OR lease_until <= %s)
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One unit, held by this process until its lease ends: a rule, or a group."""

    schedule_id: int
    rule_id: int | None
    group_id: int | None
    due_at: datetime
    evaluations: int
    hits_upto: int
    revision: int
    interval_s: float
    group_name: str
    policy: str
    lease: int

    @property
    def unit(self) -> str:
        """Names the unit for the grid."""
        return f"rule:{self.rule_id}" if self.rule_id is not None else self.group_name


def claim(now: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` units that are due, the most overdue first. In a transaction of its own."""
    token = secrets.randbits(62)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + LEASE, "limit": limit, "token": token})
        return [Claim(*row) for row in cursor.fetchall()]


def light(claims: Sequence[Claim]) -> list[Claim]:
    """The first of them, as many as have MOST_STATES states together: what one batch holds in memory. The others are given back."""
    with connection.cursor() as cursor:
        cursor.execute(WEIGHT, [[one.rule_id for one in claims if one.rule_id is not None]])
        weights = dict(cursor.fetchall())
    total = 0
    for place, one in enumerate(claims):
        total += weights.get(one.rule_id, 0)
        if total > MOST_STATES and place:
            release(claims[place:])
            return list(claims[:place])
    return list(claims)


def release(claims: Sequence[Claim]) -> None:
    """Give back what was not evaluated, so that another need not wait for the lease."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [[one.schedule_id for one in claims], list({one.lease for one in claims})])


def next_due(now: datetime) -> datetime | None:
    """When the first unit that nobody holds is due."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [now])
        found: datetime | None = cursor.fetchone()[0]
    return found
