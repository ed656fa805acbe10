"""What the API's addresses of escalations stand for in the tests of all addresses."""

from datetime import datetime
from typing import Any

from alerts.delivery.models import Channel, ContactMethod
from alerts.oncall.models import Escalation, EscalationEntry, EscalationPolicy, PersonalRule, QuietHours
from alerts.oncall.planning import plan_json
from security.access.models import User

BODIES: dict[str, dict[str, Any]] = {
    "escalation-policies": {"steps": [{"targets": [{"kind": "user", "slug": "ada"}], "wait_s": 60}]},
    "personal-rules": {"user": "ada", "urgency": "high", "delay_s": 60},
    "quiet-hours": {"user": "ada", "time_zone": "UTC", "start": "22:00", "end": "06:00"},
}


def escalation_paths(owner: User, now: datetime) -> dict[str, dict[str, Any]]:
    """A policy at work that told somebody, a rule of `owner` and their quiet hours."""
    mail = Channel.objects.create(name="Post", slug="post", kind="email")
    contact = ContactMethod.objects.create(user=owner, channel=mail, name="Post", address="ada@example.org")
    policy = EscalationPolicy.objects.create(name="Nights", slug="nights")
    policy.steps.create(position=0, targets=[{"kind": "user", "slug": owner.username, "id": owner.pk, "name": "Ada"}])
    running = Escalation.objects.create(
        subject="incident:1",
        policy=policy,
        plan=plan_json(policy),
        message={},
        severity="info",
        urgency="high",
        started_at=now,
        resumed_at=now,
    )
    EscalationEntry.objects.create(
        escalation=running, time=now, episode=0, step=0, lap=0, outcome="told", summary="Step 1 told ada."
    )
    rule = PersonalRule.objects.create(user=owner, contact=contact)
    QuietHours.objects.create(user=owner, start="22:00", end="06:00")
    return {
        "escalation-policies": {"slug": "nights"},
        "escalations": {"id": running.pk},
        "personal-rules": {"id": rule.pk},
        "quiet-hours": {"username": owner.username},
    }
