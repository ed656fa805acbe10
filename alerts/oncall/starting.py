"""Rows of escalations that begin: one for each subject and policy that has none under way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from alerts.oncall.choices import EscalationState
from alerts.oncall.models import Escalation, EscalationPolicy
from alerts.oncall.planning import plan_json
from opsportal.sweeps import wake

ESCALATIONS = "oncall_escalations"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('escalation ' || one, 0)) FROM unnest(%s::text[]) AS one"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is escalated. `message` as messages.Message writes it as JSON, or its text."""

    subject: str
    message: Any
    severity: str
    urgency: str
    fair_key: str


def lock_subject(subject: str) -> list[Escalation]:
    """Keep others from starting, resuming or ending anything about a subject until the transaction ends; what is under way."""
    return lock_subjects([subject])


def lock_subjects(subjects: Sequence[str]) -> list[Escalation]:
    """As `lock_subject`, of several at once, always in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(set(subjects))])
    live = Escalation.objects.filter(subject__in=subjects).exclude(state=EscalationState.OVER)
    return list(live.select_for_update().order_by("pk"))


def next_episodes(subjects: Iterable[str]) -> dict[str, int]:
    """The number that the next episode of each subject has; 0 for a new one."""
    found = Escalation.objects.filter(subject__in=set(subjects)).values_list("subject").annotate(Max("episode"))
    return defaultdict(int, {subject: last + 1 for subject, last in found})


def begin(policy: EscalationPolicy, beginnings: Sequence[Beginning], now: datetime) -> None:
    """Start the policy on every subject, due at once. The caller holds the subjects' locks, or rows of theirs.

    A subject on which the policy is at work already is left as it is.
    """
    plan, episodes = plan_json(policy), next_episodes(one.subject for one in beginnings)
    rows = [
        Escalation(
            subject=one.subject,
            policy=policy,
            plan=plan,
            message=one.message,
            severity=one.severity,
            urgency=one.urgency,
            fair_key=one.fair_key[:120],
            episode=episodes[one.subject],
            first_episode=episodes[one.subject],
            next_step_at=now,
            started_at=now,
            resumed_at=now,
        )
        for one in beginnings
    ]
    Escalation.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        wake(ESCALATIONS)
