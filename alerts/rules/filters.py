"""Filters of the API's lists, in the vocabulary of `querysets`."""

from typing import Any

import django_filters as filters

from alerts.rules.choices import Category, Phase, RuleKind
from alerts.rules.models import AlertRule, RuleGroup, RuleState
from monitoring.events.choices import Severity


class RuleFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=RuleKind.choices)
    category = filters.MultipleChoiceFilter(choices=Category.choices)
    severity = filters.MultipleChoiceFilter(choices=Severity.choices)
    enabled = filters.BooleanFilter()
    owner = filters.CharFilter(max_length=80)
    group = filters.NumberFilter(field_name="group_id", help_text="Id of the group.")
    firing = filters.BooleanFilter(method="by_firing", help_text="true: with an alert that fires.")
    failing = filters.BooleanFilter(method="by_failing", help_text="true: whose last evaluation ended in an error.")
    search = filters.CharFilter(method="by_search", max_length=200, help_text="In name, slug and description.")

    class Meta:
        model = AlertRule
        fields: list[str] = []

    def by_firing(self, queryset: Any, name: str, value: bool) -> Any:
        firing = AlertRule.objects.firing()
        return queryset.filter(pk__in=firing) if value else queryset.exclude(pk__in=firing)

    def by_failing(self, queryset: Any, name: str, value: bool) -> Any:
        failing = AlertRule.objects.failing()
        return queryset.filter(pk__in=failing) if value else queryset.exclude(pk__in=failing)

    def by_search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class GroupFilter(filters.FilterSet):
    file = filters.CharFilter(max_length=200)
    enabled = filters.BooleanFilter()

    class Meta:
        model = RuleGroup
        fields: list[str] = []


class StateFilter(filters.FilterSet):
    rule = filters.CharFilter(field_name="rule__slug", max_length=200, help_text="Slug of the rule.")
    phase = filters.MultipleChoiceFilter(choices=Phase.choices)
    flapping = filters.BooleanFilter()

    class Meta:
        model = RuleState
        fields: list[str] = []
