"""What this room looks for, again and again: steps and pages that are due, and what schedules have to say."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Min

from alerts.oncall.choices import EscalationState
from alerts.oncall.forgetting import EVERY, forget
from alerts.oncall.models import Escalation, Page
from alerts.oncall.paging import pages_do
from alerts.oncall.schedule_sweeping import SCHEDULE_SWEEPS
from alerts.oncall.starting import ESCALATIONS
from alerts.oncall.stepping import steps_do
from opsportal.sweeps import Sweep

BATCH = 500
BATCHES = 4  # in one look, so that a look is bounded


def steps_look(now: datetime) -> datetime | None:
    return _look(steps_do, next_step, now)


def pages_look(now: datetime) -> datetime | None:
    return _look(pages_do, next_page, now)


def _look(
    do: Callable[[datetime, int], int], next_due: Callable[[], datetime | None], now: datetime
) -> datetime | None:
    for _ in range(BATCHES):
        if do(now, BATCH) < BATCH:
            return next_due()
    return now


def next_step() -> datetime | None:
    """When the next step of any escalation is due."""
    running = Escalation.objects.filter(state=EscalationState.RUNNING, next_step_at__isnull=False)
    at: datetime | None = running.aggregate(at=Min("next_step_at"))["at"]
    return at


def next_page() -> datetime | None:
    """When the next page of anybody is due."""
    at: datetime | None = Page.objects.filter(due_at__isnull=False).aggregate(at=Min("due_at"))["at"]
    return at


ESCALATION_SWEEPS = (
    Sweep("escalation steps", steps_look, wake=(ESCALATIONS,), pause_s=1.0),
    Sweep("pages", pages_look, wake=(ESCALATIONS,), pause_s=1.0),
)
FORGETTING = Sweep("escalations forgetting", forget, pause_s=EVERY.total_seconds())
SWEEPS: tuple[Sweep, ...] = (*ESCALATION_SWEEPS, *SCHEDULE_SWEEPS, FORGETTING)
