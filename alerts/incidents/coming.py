"""What happens next to an incident unless somebody does something: for its page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerts.delivery.choices import OPEN
from alerts.delivery.models import Delivery
from alerts.incidents.choices import IncidentState
from alerts.incidents.models import Incident
from alerts.oncall.choices import EscalationState, TargetKind
from alerts.oncall.escalation import Plan, StepPlan, TargetPlan
from alerts.oncall.models import Escalation, Page, Schedule
from alerts.oncall.people import name_of
from alerts.oncall.policy_words import target_words
from alerts.oncall.queries import on_call

MOST = 20


@dataclass(frozen=True, slots=True)
class Coming:
    """`at` None: at no certain time."""

    at: datetime | None
    words: str
    icon: str


def coming(incident: Incident) -> list[Coming]:
    """What is due, the next first; empty: nothing happens by itself."""
    found = [*_wake(incident), *_deliveries(incident), *_pages(incident), *_steps(incident)]
    return sorted(found, key=lambda one: (one.at is None, one.at or incident.opened_at))[:MOST]


def _wake(incident: Incident) -> Iterator[Coming]:
    words = {
        IncidentState.ACKNOWLEDGED: "The acknowledgement ends: if it is not resolved by then, people are paged again from the first step",
        IncidentState.SNOOZED: "The snooze ends: if it still fires, people are paged",
        IncidentState.RESOLVED: "Opened again, if alerts in it still fire by then",
    }
    if incident.wake_at and incident.state in words:
        yield Coming(incident.wake_at, words[IncidentState(incident.state)], "alarm")


def _deliveries(incident: Incident) -> Iterator[Coming]:
    waiting = Delivery.objects.filter(subject=incident.subject, state__in=OPEN).order_by("next_attempt_at")
    for one in waiting[:MOST]:
        tried = f", after {one.attempts_made} failed" if one.attempts_made else ""
        held = f" (held back: {one.held_by})" if one.held_by else ""
        kind = one.get_kind_display().lower()
        yield Coming(one.next_attempt_at, f"Message ({kind}) to {one.target_name}{tried}{held}", "send")


def _pages(incident: Incident) -> Iterator[Coming]:
    due = Page.objects.filter(escalation__subject=incident.subject, due_at__isnull=False)
    for one in due.select_related("user", "contact").order_by("due_at")[:MOST]:
        yield Coming(
            one.due_at, f"{name_of(one.user)} by {one.contact.name}, unless acknowledged", "notifications_active"
        )


def _steps(incident: Incident) -> Iterator[Coming]:
    running = Escalation.objects.filter(subject=incident.subject).exclude(state=EscalationState.OVER)
    for one in running.order_by("next_step_at", "id")[:MOST]:
        plan = Plan.of_json(one.plan)
        if one.state == EscalationState.HELD:
            yield Coming(None, f"{plan.policy}: held, nobody further is paged", "pause_circle")
        elif one.state == EscalationState.EXHAUSTED or one.next_step_at is None:
            yield Coming(None, f"{plan.policy}: everybody it names was told, nobody further is paged", "done_all")
        else:
            yield Coming(one.next_step_at, _step_words(plan, one.step, one.lap, one.next_step_at), "stairs")


def _step_words(plan: Plan, number: int, lap: int, at: datetime) -> str:
    if number < len(plan.steps):
        whom = " and ".join(_whom(target, at) for target in plan.steps[number].targets) or "nobody"
        return f"{plan.policy}, step {number + 1}: {_one_of(plan.steps[number])}{whom}, unless acknowledged"
    if lap < plan.repeat:
        return f"{plan.policy}: all steps once more, unless acknowledged"
    return f"{plan.policy}: all steps are done, nobody further is paged"


def _one_of(step: StepPlan) -> str:
    return "one of " if step.round_robin and len(step.targets) > 1 else ""


def _whom(target: TargetPlan, at: datetime) -> str:
    """Of a schedule, who is on call then."""
    if target.kind != TargetKind.SCHEDULE or target.id is None:
        return target_words(target)
    schedule = Schedule.objects.filter(pk=target.id).first()
    people = ", ".join(name_of(user) for user in on_call(schedule, at)) if schedule else ""
    return f"{people or 'nobody'} (on call in {target.name})"
