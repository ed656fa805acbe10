"""Reads of escalations: what is late, and what incidents must know."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from alerts.oncall.choices import EscalationState
from alerts.oncall.models import Escalation

LATE_AFTER_S = 5.0
ACKNOWLEDGE_TIMEOUT_S = 1800  # of what no policy is at work on
MOST_COUNTED = 10_000
# Each reads the partial index of what is due, from its earliest entry up to the time asked for, and counts no further than it must.
LATE = """
WITH steps AS (
    SELECT next_step_at AS at FROM oncall_escalation WHERE next_step_at < %(before)s ORDER BY 1 LIMIT %(most)s
), pages AS (
    SELECT due_at AS at FROM oncall_page WHERE due_at < %(before)s ORDER BY 1 LIMIT %(most)s
), deliveries AS (
    SELECT next_attempt_at AS at FROM delivery_delivery WHERE next_attempt_at < %(before)s AND state IN ('pending', 'sending')
        AND (lease_until IS NULL OR lease_until <= %(now)s) ORDER BY 1 LIMIT %(most)s
)
SELECT (SELECT count(*) FROM steps), (SELECT count(*) FROM pages), (SELECT count(*) FROM deliveries),
    (SELECT min(at) FROM (TABLE steps UNION ALL TABLE pages UNION ALL TABLE deliveries) late)
"""


@dataclass(frozen=True, slots=True)
class LateWork:
    """How many are due and were not done, each counted to MOST_COUNTED. `oldest_s`: how late the latest is; 0 if none."""

    steps: int
    pages: int
    deliveries: int
    oldest_s: float

    @property
    def total(self) -> int:
        return self.steps + self.pages + self.deliveries


def late_work(now: datetime, late_after_s: float = LATE_AFTER_S) -> LateWork:
    """What should have been done more than `late_after_s` ago and was not."""
    before = now - timedelta(seconds=late_after_s)
    with connection.cursor() as cursor:
        cursor.execute(LATE, {"now": now, "before": before, "most": MOST_COUNTED})
        steps, pages, deliveries, earliest = cursor.fetchone()
    return LateWork(steps, pages, deliveries, (now - earliest).total_seconds() if earliest else 0.0)


def acknowledge_timeout_s(subject: str) -> int:
    """After how long an acknowledgement ends, in seconds; 0: never. The shortest of the policies at work on the subject, as they were
    when they started."""
    live = Escalation.objects.filter(subject=subject).exclude(state=EscalationState.OVER)
    found = list(live.values_list("plan__acknowledge_timeout_s", flat=True))
    if not found:
        return ACKNOWLEDGE_TIMEOUT_S
    return min((int(seconds) for seconds in found if seconds), default=0)
