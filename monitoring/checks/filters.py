"""Filters of the API's lists, in the vocabulary of `querysets`."""

from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.utils import timezone

from monitoring.checks.choices import Criticality, Status
from monitoring.checks.models import Check, MaintenanceWindow, Service, StatusChange
from monitoring.checks.probes.registry import kind_choices


class ServiceFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(field_name="state__status", choices=Status.choices)
    criticality = filters.MultipleChoiceFilter(choices=Criticality.choices)
    owner = filters.CharFilter(max_length=80)
    failing = filters.BooleanFilter(method="by_failing", help_text="true: down, degraded or stale.")
    label = filters.CharFilter(method="by_label", max_length=300, help_text="name=value")
    search = filters.CharFilter(method="by_search", max_length=200, help_text="In name, slug, description and owner.")

    class Meta:
        model = Service
        fields: list[str] = []

    def by_failing(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.failing() if value else queryset.exclude(pk__in=Service.objects.failing())

    def by_label(self, queryset: Any, name: str, value: str) -> Any:
        key, equals, text = value.partition("=")
        if not equals:
            raise ValidationError({"label": "Write name=value, such as env=prod."})
        return queryset.with_label(key, text)

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class CheckFilter(filters.FilterSet):
    service = filters.CharFilter(field_name="service__slug", max_length=120, help_text="Slug of the service.")
    kind = filters.MultipleChoiceFilter(choices=kind_choices)
    status = filters.MultipleChoiceFilter(field_name="state__status", choices=Status.choices)
    owner = filters.CharFilter(field_name="service__owner", max_length=80)
    criticality = filters.MultipleChoiceFilter(field_name="service__criticality", choices=Criticality.choices)
    enabled = filters.BooleanFilter()
    failing = filters.BooleanFilter(method="by_failing", help_text="true: down, degraded or stale.")
    search = filters.CharFilter(method="by_search", max_length=200, help_text="In the names of check and service.")

    class Meta:
        model = Check
        fields: list[str] = []

    def by_failing(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.failing() if value else queryset.exclude(pk__in=Check.objects.failing())

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(name__icontains=value) | queryset.filter(service__name__icontains=value)


class MaintenanceWindowFilter(filters.FilterSet):
    service = filters.CharFilter(field_name="service__slug", max_length=120, help_text="Slug of the service.")
    active = filters.BooleanFilter(method="by_active", help_text="true: in force now.")

    class Meta:
        model = MaintenanceWindow
        fields: list[str] = []

    def by_active(self, queryset: Any, name: str, value: bool) -> Any:
        active = MaintenanceWindow.objects.active(timezone.now())
        return queryset.filter(pk__in=active) if value else queryset.exclude(pk__in=active)


class StatusChangeFilter(filters.FilterSet):
    service = filters.CharFilter(method="by_service", max_length=120, help_text="Slug of the service.")
    check_id = filters.NumberFilter(min_value=1, max_value=2**63 - 1)
    of = filters.ChoiceFilter(
        method="by_level", choices=[("service", "services"), ("check", "checks")], help_text="Whose changes."
    )
    after = filters.MultipleChoiceFilter(choices=Status.choices, help_text="The status it changed to.")
    hard = filters.BooleanFilter()
    since = filters.IsoDateTimeFilter(field_name="time", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="time", lookup_expr="lt")

    class Meta:
        model = StatusChange
        fields: list[str] = []

    def by_service(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(service_id__in=Service.objects.filter(slug=value).values("pk"))

    def by_level(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(check_id__isnull=value == "service")
