"""How far steps of escalations are from their time when 10,000 of them are due at once, with a person and a contact each.

`python -m benchmarks.alerts.escalations`: durable PostgreSQL, one sweep. The error of a step is from when it was due to the commit that
puts its message into the outbox.
"""

import os
import time
from typing import Any

from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers

COUNT = int(os.environ.get("BENCH_ESCALATIONS", "10000"))
PEOPLE = 200
HISTORY = int(os.environ.get("BENCH_ESCALATION_HISTORY", "1000000"))


def main() -> None:
    report = Report()
    with private_servers(durable=True):
        policies = fill()
        steps(report, policies)
        audit(report)
    report.finish()


def fill() -> list[Any]:
    """People with a contact each, and a policy for each person."""
    from django.utils import timezone

    from alerts.delivery.models import Channel, ContactMethod
    from alerts.oncall.models import EscalationPolicy, PolicyStep
    from security.access.models import User

    mail = Channel.objects.create(name="Mail", slug="mail", kind="email")
    now = timezone.now()
    people = User.objects.bulk_create([User(username=f"person-{number}") for number in range(PEOPLE)])
    ContactMethod.objects.bulk_create(
        ContactMethod(user=one, channel=mail, name="Mail", address=f"{one.username}@example.org", verified_at=now)
        for one in people
    )
    policies = []
    for one in people:
        policy = EscalationPolicy.objects.create(name=one.username, slug=one.username)
        target = {"kind": "user", "slug": one.username, "id": one.pk, "name": one.username}
        PolicyStep.objects.create(policy=policy, position=0, targets=[target], wait_s=3600)
        policies.append(policy)
    return policies


def steps(report: Report, policies: list[Any]) -> None:
    """All due at one moment; each batch's commit is noted with how many it did."""
    from django.db import connection
    from django.utils import timezone

    from alerts.delivery.messages import AlertView, Message
    from alerts.oncall.starting import Beginning, begin
    from alerts.oncall.stepping import steps_do
    from alerts.oncall.sweeping import BATCH

    alerts = tuple(AlertView("firing", {"alertname": "Down", "instance": f"host-{n}"}) for n in range(3))
    stored = Message(kind="firing", title="Shop is down", text="x" * 300, subject="", alerts=alerts).as_json()
    each = COUNT // len(policies)
    for place, policy in enumerate(policies):
        subjects = [f"incident:{place * each + number}" for number in range(each)]
        begin(
            policy,
            [Beginning(one, {**stored, "subject": one}, "critical", "high", "shop") for one in subjects],
            timezone.now(),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    due = timezone.now()
    began, errors = time.monotonic(), []
    while done := steps_do(due, BATCH):
        errors += [time.monotonic() - began] * done
    span = time.monotonic() - began
    report.at_least("escalations stepped at once", len(errors), "", COUNT)
    report.plain("steps with their messages", len(errors) / span, "/s")
    report.at_most("error of a step p50", percentile(errors, 50), "s", 2)
    report.at_most("error of a step p99", percentile(errors, 99), "s", 2)


def audit(report: Report) -> None:
    """What is late, asked beside a history of a million escalations and deliveries."""
    from django.db import connection
    from django.utils import timezone

    from alerts.oncall.queries import late_work

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        cursor.execute(
            """INSERT INTO oncall_escalation (subject, plan, message, severity, urgency, fair_key, state, step, lap, lap_told,
                lap_empty, episode, first_episode, started_at, resumed_at, next_step_at)
            SELECT 'incident:old' || n, '{}', '{}', 'warning', 'high', '', CASE WHEN n %% 2 = 0 THEN 'over' ELSE 'running' END, 1, 0,
                true, false, 0, 0, now(), now(), CASE WHEN n %% 2 = 0 THEN NULL ELSE now() + interval '1 hour' END
            FROM generate_series(1, %s) AS n""",
            [HISTORY],
        )
        cursor.execute("VACUUM ANALYZE oncall_escalation")
        cursor.execute("VACUUM ANALYZE delivery_delivery")
    spans = []
    for _ in range(20):
        began = time.monotonic()
        late = late_work(timezone.now())
        spans.append((time.monotonic() - began) * 1000)
    report.plain("deliveries waiting", late.deliveries, "")
    report.at_most(f"audit of late work beside {HISTORY:,} escalations, p95", percentile(spans, 95), "ms", 50)


if __name__ == "__main__":
    main()
