"""The joined reads of configuration that the admin, the API and the commands share."""

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse

from monitoring.checks.models import Check, MaintenanceWindow, Service


def services_listed() -> QuerySet[Service]:
    """Services with their state, dependencies and number of checks: three statements, however many services."""
    services: QuerySet[Service] = (
        Service.objects.select_related("state__affected_by")
        .prefetch_related("depends_on")
        .annotate(check_count=Count("checks", distinct=True))
        .order_by("name")
    )
    return services


def checks_listed() -> QuerySet[Check]:
    """Checks with their service and state: one statement."""
    rows = ("service", "state", "schedule", "heartbeat_key")
    return Check.objects.select_related(*rows).order_by("service__name", "name", "id")


def windows_listed() -> QuerySet[MaintenanceWindow]:
    return MaintenanceWindow.objects.select_related("service", "created_by").order_by("-starts_at", "-id")


def ping_url(check: Check) -> str | None:
    """Where the job of a heartbeat check reports; None for other kinds. Whoever knows it can report."""
    key = getattr(check, "heartbeat_key", None)
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('checks:ping', args=[key.key])}" if key else None
