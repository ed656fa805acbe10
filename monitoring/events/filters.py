"""Filters of the timeline, in the vocabulary of `querysets`."""

from typing import Any

import django_filters as filters

from monitoring.events.choices import Severity
from monitoring.events.models import Event


class EventFilter(filters.FilterSet):
    kind = filters.CharFilter(method="by_kind", max_length=60, help_text="check finds check.status too.")
    severity = filters.MultipleChoiceFilter(choices=Severity.choices)
    subject = filters.CharFilter(
        method="by_subject", max_length=250, help_text="service:shop, or all below it: check:shop/"
    )
    since = filters.IsoDateTimeFilter(field_name="time", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="time", lookup_expr="lt")
    search = filters.CharFilter(method="by_search", max_length=200, help_text="In summary and subject.")

    class Meta:
        model = Event
        fields: list[str] = []

    def by_kind(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.of_kind(value)

    def by_subject(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.of_subject(value)

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)
