"""A made-up estate that is worth looking at: the screenshots are taken of it. Needs Django set up."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.text import slugify

from benchmarks.estate import SLOT_S, rollup
from monitoring.checks.choices import Cause, Criticality, Status
from monitoring.checks.models import (
    Check,
    CheckSchedule,
    CheckState,
    MaintenanceWindow,
    Service,
    ServiceState,
    StatusChange,
    StatusRollup,
)
from monitoring.checks.probes.registry import probe_class
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from monitoring.metrics import store

UP, DEGRADED, DOWN = Status.UP, Status.DEGRADED, Status.DOWN


class Plan(NamedTuple):
    """One service of the estate: its check's kind, how it is, for how many minutes, and the words of its check."""

    name: str
    owner: str
    kind: str
    status: Status
    minutes: float
    words: str
    cause: str = ""
    needs: tuple[str, ...] = ()


PLANS = (
    Plan("Checkout API", "Payments", "http", DOWN, 12.4, "Connection refused by 10.0.4.17:8443", "refused",
         ("Orders database", "Session cache")),
    Plan("Checkout web", "Storefront", "http", DEGRADED, 11.8, "200 OK in 2.31 s; http_total_seconds is 2.31, above 1.5", "threshold",
         ("Checkout API",)),
    Plan("Nightly export", "Data", "heartbeat", Status.STALE, 143, "Last heard of 5 h 23 min ago, expected every hour", "late"),
    Plan("Search index", "Search", "meilisearch", Status.UNKNOWN, 37, "The key is refused (403): misconfigured, not down", "auth"),
    Plan("Crawler", "Search", "firecrawl", Status.MAINTENANCE, 25, "Planned: move to the new queue"),
    Plan("Orders database", "Platform", "postgresql", UP, 60 * 24 * 9, "Answers in 3 ms, 42 of 97 connections used"),
    Plan("Session cache", "Platform", "redis", UP, 60 * 24 * 21, "PONG in 0.4 ms, 312 MiB of 1 GiB used"),
    Plan("Storefront", "Storefront", "http", UP, 60 * 31, "200 OK in 184 ms, certificate good for 61 days",
         needs=("Session cache", "Search index")),
    Plan("Sign-in", "Identity", "http", UP, 60 * 24 * 3, "200 OK in 96 ms, certificate good for 61 days", needs=("Orders database",)),
    Plan("Mail relay", "Platform", "tcp", UP, 60 * 24 * 44, "Connected to 10.0.2.25:587 in 2 ms"),
    Plan("Public DNS", "Platform", "dns", UP, 60 * 24 * 60, "3 of 3 answers as expected in 11 ms"),
    Plan("Background work", "Platform", "celery", UP, 60 * 7, "4 workers, 12 messages wait, the oldest for 3 s", needs=("Session cache",)),
    Plan("web-1", "Platform", "system", UP, 60 * 24 * 12, "CPU 23 %, memory 61 %, fullest disk 54 %"),
    Plan("db-1", "Platform", "system", DEGRADED, 52, "disk_used_ratio{mount=\"/srv\"} is 0.913, above 0.85", "threshold"),
)  # fmt: skip

VALUES: dict[str, dict[str, float]] = {
    "http": {"total_seconds": 0.184, "connect_seconds": 0.011, "tls_seconds": 0.028, "first_byte_seconds": 0.142, "body_bytes": 48_213},
    "tcp": {"connect_seconds": 0.002},
    "redis": {"ping_seconds": 0.0004, "memory_used_bytes": 327_155_712},
    "postgresql": {"connect_seconds": 0.003, "connections_used": 42, "database_bytes": 48_318_382_080},
    "system": {
        "cpu_used_ratio": 0.23, "load_5m_per_core": 0.41, "memory_used_ratio": 0.61, "memory_available_bytes": 6.4e9,
        "swap_used_ratio": 0.04, 'disk_used_ratio{mount="/"}': 0.54, 'disk_used_ratio{mount="/srv"}': 0.913,
        'inodes_used_ratio{mount="/"}': 0.12, 'network_receive_bytes_per_second{device="eth0"}': 1.9e6,
        'network_send_bytes_per_second{device="eth0"}': 6.2e5, 'pressure_some_ratio{resource="cpu"}': 0.03,
        'pressure_some_ratio{resource="io"}': 0.07, 'pressure_some_ratio{resource="memory"}': 0.0,
        "open_files_ratio": 0.02, "uptime_seconds": 1_900_000,
    },
}  # fmt: skip
EVIDENCE = {
    "request": {"method": "GET", "url": "https://checkout.example.org/healthz", "timeout_s": 5},
    "attempts": [{"address": "10.0.4.17:8443", "error": "connection refused", "after_s": 0.004}],
}


@transaction.atomic
def fill(now: datetime) -> None:
    """The estate as it might be on a Tuesday morning."""
    made = {plan.name: _service(plan, number, now) for number, plan in enumerate(PLANS)}
    for plan in PLANS:
        made[plan.name].depends_on.set([made[name] for name in plan.needs])
    ServiceState.objects.filter(service=made["Checkout web"]).update(affected_by=made["Checkout API"])


def _service(plan: Plan, number: int, now: datetime) -> Service:
    slug = slugify(plan.name)
    service: Service = Service.objects.create(
        name=plan.name,
        slug=slug,
        owner=plan.owner,
        description=f"Watched for {plan.owner}.",
        criticality=Criticality.CRITICAL if plan.owner == "Payments" else Criticality.NORMAL,
        labels={"env": "prod", "team": plan.owner.lower()},
        runbook_url=f"https://runbooks.example.org/{slug}" if plan.status != Status.UP or number % 3 else "",
    )
    since = now - timedelta(minutes=plan.minutes)
    reason = "" if plan.status == Status.UP else plan.words
    ServiceState.objects.create(service=service, status=plan.status, rank=plan.status.rank, since=since, reason=reason)
    check = _check(service, plan, since, now)
    if plan.status == Status.MAINTENANCE:
        MaintenanceWindow.objects.create(
            service=service, starts_at=since, ends_at=now + timedelta(hours=1), reason=plan.words
        )
    _history(service, check, plan, number, now)
    if plan.status != Status.UP or plan.minutes < 60 * 24:
        _change(service, check, plan, since)
    return service


def _check(service: Service, plan: Plan, since: datetime, now: datetime) -> Check:
    name = probe_class(plan.kind).kind.upper() if plan.kind in ("http", "tcp", "dns") else plan.kind.capitalize()
    check: Check = Check.objects.create(service=service, name=name, slug=plan.kind, kind=plan.kind, interval_s=30)
    if plan.kind == "system":
        check.thresholds = [{"value": "disk_used_ratio", "comparator": "gt", "degraded": 0.85, "down": 0.95}]
        check.save(update_fields=["thresholds"])
    CheckSchedule.objects.create(check_ref=check, next_check_at=now + timedelta(seconds=21))
    confirmed = plan.status if plan.status in (Status.UP, Status.DEGRADED, Status.DOWN, Status.UNKNOWN) else Status.UP
    CheckState.objects.create(
        check_ref=check,
        status=plan.status,
        confirmed=confirmed,
        since=since,
        last_checked_at=now - timedelta(seconds=9),
        last_verdict=confirmed,
        last_cause=plan.cause,
        last_summary=plan.words,
        last_values=_values(plan),
        last_duration_s=0.19,
    )
    return check


def _values(plan: Plan) -> dict[str, float]:
    values = dict(VALUES.get(plan.kind, {}))
    if plan.name == "web-1":
        values['disk_used_ratio{mount="/srv"}'] = 0.31
    return {} if plan.status == Status.DOWN else values


def _change(service: Service, check: Check, plan: Plan, since: datetime) -> None:
    before = Status.UP if plan.status != Status.UP else Status.DOWN
    for check_id in (check.pk, None):
        StatusChange.objects.create(
            time=since,
            service_id=service.pk,
            check_id=check_id,
            before=before,
            after=plan.status,
            cause=plan.cause or Cause.NONE,
            summary=plan.words,
            evidence=EVIDENCE if check_id else {},
        )
    severity = {Status.DOWN: Severity.ERROR, Status.UP: Severity.NOTICE}.get(plan.status, Severity.WARNING)
    event_emit(
        kind="service.status",
        severity=severity,
        subject=f"service:{service.slug}",
        summary=f"{service.name} is {plan.status.label.lower()}: {plan.words}",
        time=since,
    )


def _history(service: Service, check: Check, plan: Plan, number: int, now: datetime) -> None:
    """A day of roll-ups, and six hours of points for the charts."""
    random.seed(number)
    StatusRollup.objects.bulk_create(_rollups(service, plan, number, now))
    labels = store.labels_of({"service": service.slug, "check": check.slug})
    samples = []
    for name, last in (_values(plan) or VALUES.get(plan.kind, {})).items():
        metric, series_labels = _named(plan.kind, name, service, check)
        samples += [
            store.Sample(metric, series_labels, time, value) for time, value in _points(last, number, plan, now)
        ]
    duration = _points(0.19, number, plan, now)
    samples += [store.Sample("check_duration_seconds", labels, time, value) for time, value in duration]
    store.write(samples)


def _named(kind: str, name: str, service: Service, check: Check) -> tuple[str, store.Labels]:
    from monitoring.checks.value_names import split_name

    bare, own = split_name(name)
    return f"{kind}_{bare}", store.labels_of({"service": service.slug, "check": check.slug} | own)


def _points(last: float, number: int, plan: Plan, now: datetime) -> Iterator[tuple[datetime, float]]:
    silent = plan.minutes * 60 if plan.status == Status.DOWN else 0
    for age_s in range(6 * 3600, 0, -60):
        if age_s > silent:
            wave = 1 + 0.18 * math.sin(age_s / 1900 + number) + random.uniform(-0.06, 0.06)
            yield now - timedelta(seconds=age_s), last * min(wave, 1 / last if 0 < last < 1 else wave)


def _rollups(service: Service, plan: Plan, number: int, now: datetime) -> Iterator[StatusRollup]:
    newest = datetime.fromtimestamp(now.timestamp() // SLOT_S * SLOT_S, tz=now.tzinfo)
    column = {"down": "down_s", "degraded": "degraded_s", "stale": "unknown_s", "unknown": "unknown_s"}
    for slot in range(90):
        troubled = plan.status != Status.UP and slot * 15 <= plan.minutes
        kind = column.get(plan.status, "excluded_s") if troubled else "up_s"
        if (slot, number) in {(31, 0), (32, 0), (58, 7), (70, 8)}:
            kind = "down_s"
        mean_s = 0.004 * (4 + number * 3 % 17) * (1.5 + math.sin(slot / 8 + number) * 0.5 + random.uniform(0, 0.4))
        yield rollup(service.pk, newest - timedelta(seconds=slot * SLOT_S), mean_s, {kind: float(SLOT_S)})


def accounts(password: str) -> dict[str, Any]:
    """Ada, who may do everything, and Vera, who may look."""
    from security.access.actions import user_create
    from security.access.roles import ADMINISTRATOR, VIEWER

    return {
        name: user_create(username=name, password=password, roles=[role], email=f"{name}@example.org")
        for name, role in (("ada", ADMINISTRATOR), ("vera", VIEWER))
    }
