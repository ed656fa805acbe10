"""The first estate: the portal watches its own parts and the machine it runs on."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from monitoring.checks.actions import check_save, database_target_save, service_save
from monitoring.checks.models import CheckSchedule, DatabaseTarget, Service
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.seed_watcher import own_dsn
from monitoring.checks.threshold_rules import default_rows
from opsportal.stack.paths import local_url

OWNER = "Operations"
TARGET = "opsportal"
# The web process and the worker may still be starting when the engine begins.
STARTING_S = 15
# A portal that just started has asked its cache for little, and missed most of it.
VALKEY_THRESHOLDS_LEFT_OUT = {"hit_ratio"}
BACKLOG = """
SELECT count(*) FILTER (WHERE next_check_at < now() - interval '10 seconds') AS late_checks, count(*) AS scheduled_checks
FROM checks_checkschedule WHERE next_check_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class SeedCheck:
    kind: str
    name: str
    settings: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeedService:
    name: str
    slug: str
    description: str
    checks: tuple[SeedCheck, ...]
    first_run_s: int = 0
    depends_on: tuple[str, ...] = ()
    criticality: str = "high"


def seed() -> list[str]:
    """Make the services that are not there yet, by slug, with their checks; the names of those that were made."""
    if not DatabaseTarget.objects.filter(slug=TARGET).exists():
        database_target_save(name="Opsportal's own database", slug=TARGET, dsn=own_dsn())
    return [service.name for service in estate() if _made(service)]


def _made(wanted: SeedService) -> bool:
    if Service.objects.filter(slug=wanted.slug).exists():
        return False
    service = service_save(
        name=wanted.name,
        slug=wanted.slug,
        description=wanted.description,
        owner=OWNER,
        criticality=wanted.criticality,
        labels={"part-of": "opsportal"},
        depends_on=Service.objects.filter(slug__in=wanted.depends_on),
    )
    first_run_at = timezone.now() + timedelta(seconds=wanted.first_run_s)
    for check in wanted.checks:
        made = check_save(service=service, kind=check.kind, name=check.name, settings=check.settings, **check.options)
        CheckSchedule.objects.filter(check_ref=made).update(next_check_at=first_run_at)
    return True


def _sees_statistics() -> bool:
    """Whether the portal's own role may read what other sessions do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_monitor', 'USAGE')")
        return bool(cursor.fetchone()[0])


def _valkey_thresholds() -> list[dict[str, Any]]:
    rows = default_rows(probe_class("redis"))
    return [row for row in rows if row["value"] not in VALKEY_THRESHOLDS_LEFT_OUT]


def estate() -> list[SeedService]:
    """What is seeded, dependencies first."""
    return [
        SeedService(
            "This machine",
            "this-machine",
            "The machine that the portal's engine runs on.",
            (SeedCheck("system", "Machine", {}),),
        ),
        SeedService(
            "Portal PostgreSQL",
            "portal-postgresql",
            "Where the portal keeps everything.",
            (SeedCheck("postgresql", "Server", {"database": TARGET, "statistics": _sees_statistics()}),),
        ),
        SeedService(
            "Portal Valkey",
            "portal-valkey",
            "Carries the portal's live updates, its cache and its Celery queue.",
            (SeedCheck("redis", "Server", {"url": settings.REDIS_URL}, {"thresholds": _valkey_thresholds()}),),
        ),
        _web(),
        _background_work(),
    ]


def _web() -> SeedService:
    base_url = local_url(settings.BIND, settings.PORT)
    return SeedService(
        "Portal web",
        "portal-web",
        "Pages, API and live updates of the portal.",
        (
            SeedCheck("http", "Ready", {"url": f"{base_url}/readyz"}),
            SeedCheck("http", "Log-in page", {"url": f"{base_url}/login/", "body_contains": "csrfmiddlewaretoken"}),
        ),
        first_run_s=STARTING_S,
        depends_on=("portal-postgresql", "portal-valkey"),
        criticality="critical",
    )


def _background_work() -> SeedService:
    return SeedService(
        "Portal background work",
        "portal-work",
        "The Celery worker, beat, and the engine that runs the checks.",
        (
            SeedCheck(
                "celery",
                "Worker and beat",
                {
                    "broker_url": settings.CELERY_BROKER_URL,
                    "queues": [settings.CELERY_TASK_DEFAULT_QUEUE],
                    "beat_key": settings.BEAT_TICK_KEY,
                    "beat_tolerance_s": 30,
                },
                {"timeout_s": 15},
            ),
            *_backlog(),
        ),
        first_run_s=STARTING_S,
        depends_on=("portal-postgresql", "portal-valkey"),
    )


def _backlog() -> tuple[SeedCheck, ...]:
    """Needs a user that may read the schedule and no more; the portal makes one on its embedded server only."""
    if not settings.EMBEDDED_DATABASE:
        return ()
    options = {
        "interval_s": 60,
        "impact": "degrades",
        "thresholds": [{"value": "late_checks", "comparator": "gt", "degraded": 20, "down": 500}],
    }
    return (SeedCheck("sql", "Late checks", {"database": TARGET, "query": BACKLOG.strip()}, options),)
