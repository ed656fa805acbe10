"""A made-up estate in the database: a small one to look at, or thousands of services to measure with. Needs Django set up."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from monitoring.checks.choices import Status
from monitoring.checks.latency import LATENCY_BUCKETS_S
from monitoring.checks.models import Check, CheckSchedule, CheckState, Service, ServiceState, StatusRollup

SLOT_S = 900
SLOTS = 90
OWNERS = ("Payments", "Storefront", "Platform", "Data", "Search", "Identity", "Mobile", "Security")
ENVIRONMENTS = ("prod", "prod", "staging")


@transaction.atomic
def fill(services: int, checks_each: int, now: datetime) -> None:
    """That many services with checks, states and a day of roll-ups; about one in fifteen has trouble."""
    made = Service.objects.bulk_create(
        Service(
            name=f"Service {number:04}",
            slug=f"service-{number:04}",
            description="Takes orders and answers for them.",
            owner=OWNERS[number % len(OWNERS)],
            labels={"env": ENVIRONMENTS[number % 3], "tier": str(number % 4)},
            runbook_url=f"https://runbooks.example.org/service-{number:04}",
        )
        for number in range(services)
    )
    ServiceState.objects.bulk_create(service_state(service, number, now) for number, service in enumerate(made))
    checks = Check.objects.bulk_create(
        (
            Check(service=service, name=f"Door {number}", slug=f"door-{number}", kind="tcp", settings={})
            for service in made
            for number in range(checks_each)
        ),
        batch_size=5_000,
    )
    CheckSchedule.objects.bulk_create((CheckSchedule(check_ref=check) for check in checks), batch_size=5_000)
    CheckState.objects.bulk_create(
        (CheckState(check_ref=check, status=Status.UP, since=now, last_checked_at=now) for check in checks),
        batch_size=5_000,
    )
    rows = (row for number, service in enumerate(made) for row in rollups(service.pk, number, now))
    StatusRollup.objects.bulk_create(rows, batch_size=10_000)


def service_state(service: Service, number: int, now: datetime) -> ServiceState:
    status = status_of(number)
    reason = "" if status == Status.UP else f"connection refused by 10.0.{number % 250}.17:8443 after 2 of 2 tries"
    since = now - timedelta(minutes=7 + number % 90)
    return ServiceState(service=service, status=status, rank=status.rank, since=since, reason=reason)


def status_of(number: int) -> Status:
    if number % 40 == 0:
        return Status.DOWN
    if number % 33 == 0:
        return Status.DEGRADED
    return Status.STALE if number % 101 == 0 else Status.UP


def rollups(service_id: int, number: int, now: datetime) -> Iterator[StatusRollup]:
    """A day of quarter hours: a latency that waves, an outage now and then."""
    newest = datetime.fromtimestamp(now.timestamp() // SLOT_S * SLOT_S, tz=now.tzinfo)
    for slot in range(SLOTS):
        down_s = SLOT_S / 3 if (slot * 7 + number) % 97 < 2 else 0.0
        mean_s = 0.05 * (1.6 + math.sin(slot / 9 + number)) + (number % 5) * 0.01
        spent = {"up_s": SLOT_S - down_s, "down_s": down_s}
        yield rollup(service_id, newest - timedelta(seconds=slot * SLOT_S), mean_s, spent)


def rollup(service_id: int, start: datetime, mean_s: float, spent: dict[str, float]) -> StatusRollup:
    """One slot of thirty runs around `mean_s`; without latency where nothing answered."""
    answered = spent.get("up_s", 0.0) + spent.get("degraded_s", 0.0) > 0
    bucket = next(place for place, bound in enumerate(LATENCY_BUCKETS_S) if bound >= mean_s)
    return StatusRollup(
        tier_s=SLOT_S,
        start=start,
        service_id=service_id,
        runs=30 if answered else 0,
        latency_sum_s=mean_s * 30 if answered else 0,
        latency_max_s=mean_s * 3 if answered else 0,
        latency={str(bucket - 1): 10, str(bucket): 17, str(bucket + 3): 3} if answered else {},
        **spent,
    )
