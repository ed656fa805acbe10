"""Filters of the API's lists."""

import django_filters as filters

from alerts.delivery.choices import Urgency
from alerts.oncall.choices import EscalationState
from alerts.oncall.models import Escalation, Override, PersonalRule


class EscalationFilter(filters.FilterSet):
    subject = filters.CharFilter(max_length=120, help_text="What it is about, such as incident:42.")
    policy = filters.CharFilter(field_name="policy__slug", max_length=120, help_text="Slug of the policy.")
    state = filters.MultipleChoiceFilter(choices=EscalationState.choices)

    class Meta:
        model = Escalation
        fields: list[str] = []


class PersonalRuleFilter(filters.FilterSet):
    user = filters.CharFilter(field_name="user__username", max_length=150, help_text="User name.")
    urgency = filters.ChoiceFilter(choices=Urgency.choices)

    class Meta:
        model = PersonalRule
        fields: list[str] = []


class OverrideFilter(filters.FilterSet):
    schedule = filters.CharFilter(field_name="schedule__slug", max_length=120, help_text="Slug of the schedule.")
    user = filters.CharFilter(field_name="user__username", max_length=150, help_text="Who is put on call: user name.")
    ends_after = filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gt", help_text="Not over at this time.")
    starts_before = filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Override
        fields: list[str] = []
