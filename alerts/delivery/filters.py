"""Filters of the API's lists."""

from typing import Any

import django_filters as filters

from alerts.delivery.choices import CircuitState, MessageKind, State
from alerts.delivery.kinds.registry import kind_choices
from alerts.delivery.models import Channel, Circuit, ContactMethod, Delivery


class ChannelFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=kind_choices)
    enabled = filters.BooleanFilter()

    class Meta:
        model = Channel
        fields: list[str] = []


class ContactMethodFilter(filters.FilterSet):
    user = filters.CharFilter(field_name="user__username", max_length=150, help_text="User name.")
    channel = filters.CharFilter(field_name="channel__slug", max_length=120, help_text="Slug of the channel.")

    class Meta:
        model = ContactMethod
        fields: list[str] = []


class DeliveryFilter(filters.FilterSet):
    subject = filters.CharFilter(max_length=120, help_text="What it is about, such as incident:42.")
    user = filters.CharFilter(field_name="user__username", max_length=150, help_text="User name.")
    channel = filters.CharFilter(field_name="channel__slug", max_length=120, help_text="Slug of the channel.")
    state = filters.MultipleChoiceFilter(choices=State.choices)
    kind = filters.MultipleChoiceFilter(choices=MessageKind.choices)
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    late = filters.BooleanFilter(method="by_late", help_text="true: due, and in nobody's hands.")

    class Meta:
        model = Delivery
        fields: list[str] = []

    def by_late(self, queryset: Any, name: str, value: bool) -> Any:
        from django.utils import timezone

        late = Delivery.objects.late(timezone.now())
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)


class CircuitFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=CircuitState.choices)
    channel = filters.CharFilter(field_name="channel__slug", max_length=120, help_text="Slug of the channel.")

    class Meta:
        model = Circuit
        fields: list[str] = []
