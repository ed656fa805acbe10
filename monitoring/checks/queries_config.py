"""The joined reads of configuration that the admin, the API and the commands share."""

from django.db.models import Count, QuerySet

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
    return Check.objects.select_related("service", "state", "schedule").order_by("service__name", "name", "id")


def windows_listed() -> QuerySet[MaintenanceWindow]:
    return MaintenanceWindow.objects.select_related("service", "created_by").order_by("-starts_at", "-id")
