"""What the escalations of people are told of incidents. Everything happens in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.delivery.choices import Urgency
from alerts.delivery.messages import Message
from alerts.incidents.models import Incident
from alerts.oncall import escalations
from alerts.oncall.models import Escalation, EscalationPolicy
from alerts.oncall.queries import acknowledge_timeout_s
from alerts.oncall.starting import Beginning
from monitoring.events.choices import Severity

URGENT = frozenset({Severity.CRITICAL, Severity.ERROR})


def urgency_of(severity: str) -> Urgency:
    return Urgency.HIGH if severity in URGENT else Urgency.NORMAL


def page(incident: Incident, policy: EscalationPolicy, message: Message, now: datetime) -> None:
    """Have the policy page people; where it does so already, nothing changes."""
    escalations.escalation_start(
        subject=incident.subject,
        policy=policy,
        message=message,
        severity=incident.severity,
        urgency=urgency_of(incident.severity),
        fair_key=incident.service,
        now=now,
    )


def page_many(policy: EscalationPolicy, pages: Sequence[tuple[Incident, Message]], now: datetime) -> None:
    """As `page`, for many incidents at once."""
    beginnings = [
        Beginning(
            incident.subject,
            replace(message, subject=incident.subject).as_json(),
            incident.severity,
            urgency_of(incident.severity),
            incident.service,
        )
        for incident, message in pages
    ]
    escalations.escalations_start(policy, beginnings, now=now)


def page_again(incident: Incident, message: Message, now: datetime) -> None:
    """Have every policy page that ever did for this incident."""
    policies = EscalationPolicy.objects.filter(
        pk__in=Escalation.objects.filter(subject=incident.subject, policy__isnull=False).values("policy")
    )
    for policy in policies.order_by("pk"):
        page(incident, policy, message, now)


def update(incident: Incident, message: Message, now: datetime) -> None:
    """What is told from now on."""
    escalations.escalation_update(subject=incident.subject, message=message, severity=incident.severity, now=now)


def hold(incident: Incident, reason: str, now: datetime) -> None:
    """Nobody further is paged until `resume`."""
    escalations.escalation_hold(subject=incident.subject, now=now, reason=reason)


def resume(incident: Incident, reason: str, now: datetime) -> None:
    """Page again, from the first step."""
    escalations.escalation_resume(subject=incident.subject, now=now, reason=reason)


def end(incident: Incident, message: Message, now: datetime) -> None:
    """Page nobody any more, and tell the end to whoever was paged."""
    escalations.escalation_end(subject=incident.subject, message=message, now=now)


def acknowledged_for_s(incident: Incident) -> int:
    """How long an acknowledgement lasts, by the policies at work; 0: until it is taken back."""
    return acknowledge_timeout_s(incident.subject)
