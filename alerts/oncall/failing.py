"""What follows when messages failed for good, fallbacks included: the person's next rule at once, or else the next step at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from alerts.delivery.choices import OPEN, MessageKind, State
from alerts.delivery.models import Delivery
from alerts.oncall.choices import EscalationState, StepOutcome
from alerts.oncall.models import Escalation, EscalationEntry, Page
from alerts.oncall.starting import ESCALATIONS
from opsportal.sweeps import wake

KEY = re.compile(r"/e(?P<episode>\d+)/l(?P<lap>\d+)/s(?P<step>\d+)/(?:user:(?P<user>\d+)/)?")
STILL = (*OPEN, State.DELIVERED, State.BUNDLED)


@dataclass(frozen=True, slots=True)
class Origin:
    """The step that a delivery came from, read from its key. `step` from 0."""

    episode: int
    lap: int
    step: int
    user_id: int | None


def origin(key: str, subject: str) -> Origin | None:
    """None: no step of an escalation sent it."""
    found = KEY.match(key.removeprefix(subject)) if key.startswith(f"{subject}/e") else None
    if found is None:
        return None
    user_id = int(found["user"]) if found["user"] else None
    return Origin(int(found["episode"]), int(found["lap"]), int(found["step"]) - 1, user_id)


def deliveries_failed(failed: Iterable[Delivery], now: datetime) -> None:
    """Go on without waiting. The same failure told twice is one. Registered with delivery when the app is ready.

    Whoever calls holds the deliveries, while those who hold an escalation may want them: so it takes escalations that are free, and
    raises OperationalError where one is not, for the caller to try again.
    """
    for delivery in failed:
        if delivery.kind == MessageKind.FIRING and (came := origin(delivery.key, delivery.subject)):
            _go_on(delivery, came, now)


@transaction.atomic
def _go_on(delivery: Delivery, came: Origin, now: datetime) -> None:
    live = Escalation.objects.select_for_update(nowait=True).filter(
        subject=delivery.subject, episode=came.episode, state__in=[EscalationState.RUNNING, EscalationState.EXHAUSTED]
    )
    escalation = live.first()
    if escalation is None or _next_rule(escalation, came, now) or _still_hoped_for(escalation, came):
        return
    waiting = (escalation.lap, escalation.step) == (came.lap, came.step + 1)
    if not waiting or (escalation.next_step_at is not None and escalation.next_step_at <= now):
        return
    escalation.state, escalation.next_step_at = EscalationState.RUNNING, now
    escalation.save(update_fields=["state", "next_step_at"])
    EscalationEntry.objects.create(
        escalation=escalation,
        time=now,
        episode=came.episode,
        step=came.step,
        lap=came.lap,
        outcome=StepOutcome.FAILED,
        summary=f"Nothing that step {came.step + 1} sent could be delivered: it goes on at once."[:500],
    )
    wake(ESCALATIONS)


def _next_rule(escalation: Escalation, came: Origin, now: datetime) -> bool:
    """Whether the same person has a further rule, which is now due."""
    pages = Page.objects.filter(
        escalation=escalation, episode=came.episode, lap=came.lap, step=came.step, user=came.user_id
    )
    page = pages.filter(due_at__isnull=False).order_by("due_at").first()
    if page is None or page.due_at is None:
        return False
    if page.due_at > now:
        Page.objects.filter(pk=page.pk, due_at=page.due_at).update(due_at=now)
        wake(ESCALATIONS)
    return True


def _still_hoped_for(escalation: Escalation, came: Origin) -> bool:
    """Whether something else that the step sent was delivered, may be, or is still to be sent."""
    prefix = f"{escalation.subject}/e{came.episode}/l{came.lap}/s{came.step + 1}/"
    sent = Delivery.objects.filter(subject=escalation.subject, key__startswith=prefix, state__in=STILL)
    due = Page.objects.filter(escalation=escalation, lap=came.lap, step=came.step, episode=came.episode)
    return sent.exists() or due.filter(due_at__isnull=False).exists()
