"""A busy estate for the pages: incidents in every state, silences, messages that went well and badly, a channel in trouble."""

from datetime import datetime, timedelta

from alerts.delivery.models import Attempt, Circuit, Delivery
from alerts.incidents import actions
from alerts.incidents.intake import IncomingAlert
from alerts.incidents.models import Incident, Route
from alerts.oncall.models import Schedule
from security.access.models import User
from tests.alerts.incidents.world import World, channel_made, paging_root, receiver_made, route_made
from tests.alerts.oncall.estate import layer, schedule

LONG = "The queue of orders that wait for payment has grown for a quarter of an hour without anybody taking from it"


def busy(ada: User, otto: User, now: datetime) -> list[Incident]:
    """Everything as of `now`; the incidents, the oldest first."""
    ada.first_name, ada.last_name = "Ada", "Lovelace"
    ada.save()
    world = World(now=now - timedelta(minutes=52))
    paging_root(ada, group_wait_s=0)
    root = Route.objects.get(parent=None)
    hook = channel_made("Operations")
    route_made(root, 'team="ops"', receiver=receiver_made("Operations", hook), goes_on=True, group_wait_s=0)
    on_call(ada, otto, now)
    fire(world, "DiskFull", 1, severity="warning", service="orders-db", instance="db-1.example.org", team="ops")
    fire(world, "QueueGrows", 3, severity="critical", service="checkout", summary=LONG)
    fire(world, "CertificateEnds", 1, severity="notice", service="sign-in")
    fire(world, "HighLatency", 2, severity="error", service="storefront", team="ops")
    fire(world, "BackupLate", 1, severity="warning", service="nightly-export")
    fire(world, "a" * 110, 1, severity="info", service="b" * 60)
    world.later_paging(900, step_s=300)
    found = list(Incident.objects.order_by("pk"))
    answered(world, found, ada, otto)
    told(hook.pk, world.now)
    world.later_paging(300, step_s=150)
    return list(Incident.objects.order_by("pk"))


def on_call(ada: User, otto: User, now: datetime) -> Schedule:
    return schedule(layer(ada, otto, starts_at=now - timedelta(days=30)), name="Primary")


def fire(world: World, name: str, count: int, summary: str = "", **labels: str) -> None:
    notes = {"summary": summary or f"{name} on {labels['service']}", "value": "93.4"}
    world.send(
        *(
            IncomingAlert(
                {"alertname": name, "instance": f"host-{number}", **labels},
                notes,
                starts_at=world.now,
                ends_at=world.now + timedelta(days=2),
                generator_url="/query/?q=up" if number == 0 else "",
            )
            for number in range(count)
        )
    )
    world.later_paging(300, step_s=150)


def answered(world: World, found: list[Incident], ada: User, otto: User) -> None:
    now = world.now
    actions.incident_acknowledge(incident=found[1], by=otto, now=now)
    actions.incident_comment(
        incident=found[1], text="The worker is being restarted.\nSee the runbook.", by=otto, now=now
    )
    actions.incident_assign(incident=found[1], to=ada, by=otto, now=now)
    actions.incident_snooze(incident=found[2], by=ada, now=now)
    actions.incident_resolve(incident=found[4], by=ada, now=now)
    actions.incident_postmortem_save(incident=found[4], text="The disk of the backup host was full.", by=ada, now=now)
    for matchers, start, end, why in (
        (['service="storefront"', 'severity=~"warning|error"'], None, 2, "The new cache is being filled"),
        (['instance="db-1.example.org"'], 5, 9, "Planned: a bigger disk"),
    ):
        actions.silence_save(
            matchers=matchers, starts_at=now + timedelta(hours=start) if start else None, ends_at=now + timedelta(hours=end),
            comment=why, by=ada, now=now,
        )  # fmt: skip


def told(channel: int, now: datetime) -> None:
    """What was sent: most of it well, one of it not, with the channel's circuit open."""
    for place, one in enumerate(Delivery.objects.order_by("pk")):
        failed = place % 4 == 3
        outcomes = ["retry", "permanent"] if failed else ["delivered"]
        for number, outcome in enumerate(outcomes, start=1):
            Attempt.objects.create(
                delivery=one, number=number, started_at=one.created_at + timedelta(seconds=number), duration_s=0.21,
                outcome=outcome, status_code=503 if failed else 200, answer="no healthy upstream" if failed else "ok",
            )  # fmt: skip
        one.state = "failed" if failed else "delivered"
        one.last_error = "503: no healthy upstream" if failed else ""
        one.attempts_made, one.finished_at = len(outcomes), one.created_at + timedelta(seconds=2)
        one.save()
    Circuit.objects.create(
        endpoint="webhook example.org", channel_id=channel, state="open", failures=6, failing_since=now - timedelta(minutes=7),
        opened_at=now, next_probe_at=now + timedelta(minutes=40), openings=1, last_error="503: no healthy upstream",
    )  # fmt: skip
