"""Filters of the API's lists, in the vocabulary of `querysets`."""

from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.incidents.choices import UNRESOLVED, IncidentState
from alerts.incidents.models import Alert, Incident, Silence
from alerts.incidents.queries import silences_listed
from monitoring.events.choices import Severity
from security.access.models import User


class IncidentFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=IncidentState.choices, distinct=False)
    unresolved = filters.BooleanFilter(method="by_unresolved", help_text="true: open, acknowledged or snoozed.")
    severity = filters.MultipleChoiceFilter(choices=Severity.choices, distinct=False)
    service = filters.CharFilter(max_length=120, help_text="Slug of the service.")
    assignee = filters.CharFilter(method="by_assignee", max_length=150, help_text="User name.")
    mine = filters.BooleanFilter(method="by_mine", help_text="true: assigned to you, or acknowledged by you.")
    since = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")
    search = filters.CharFilter(method="by_search", max_length=200, help_text="In titles; or the number.")

    class Meta:
        model = Incident
        fields: list[str] = []

    def by_unresolved(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(state__in=UNRESOLVED) if value else queryset.exclude(state__in=UNRESOLVED)

    def by_assignee(self, queryset: Any, name: str, value: str) -> Any:
        """By the account's number: the index knows no names."""
        pk = User.objects.filter(username=value).values_list("pk", flat=True).first()
        return queryset.none() if pk is None else queryset.filter(assigned_to=pk)

    def by_mine(self, queryset: Any, name: str, value: bool) -> Any:
        if not value or self.request is None:
            return queryset
        pk = self.request.user.pk
        return queryset.filter(assigned_to=pk) | queryset.filter(acknowledged_by=pk)

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class AlertFilter(filters.FilterSet):
    firing = filters.BooleanFilter(field_name="is_firing")
    severity = filters.MultipleChoiceFilter(choices=Severity.choices, distinct=False)
    service = filters.CharFilter(max_length=120, help_text="Slug of the service.")
    label = filters.CharFilter(method="by_label", max_length=500, help_text="name=value")
    incident = filters.NumberFilter(field_name="incidents__incident", min_value=1, max_value=2**63 - 1)
    since = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Alert
        fields: list[str] = []

    def by_label(self, queryset: Any, name: str, value: str) -> Any:
        key, equals, text = value.partition("=")
        if not equals:
            raise ValidationError({"label": "Write name=value, such as env=prod."})
        return queryset.with_label(key, text)


class SilenceFilter(filters.FilterSet):
    state = filters.ChoiceFilter(
        method="by_state", choices=[("pending", "pending"), ("active", "active"), ("expired", "expired")]
    )
    created_by = filters.CharFilter(max_length=150)

    class Meta:
        model = Silence
        fields: list[str] = []

    def by_state(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(pk__in=silences_listed(timezone.now(), value).order_by().values("pk"))
