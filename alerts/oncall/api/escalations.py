"""Escalation policies, what runs by them, and how people are told."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSetMixin

from alerts.oncall import actions
from alerts.oncall.filters import EscalationFilter, PersonalRuleFilter
from alerts.oncall.models import Escalation, EscalationPolicy, PersonalRule, QuietHours
from alerts.oncall.serializers.escalations import (
    MANAGE,
    EscalationDetailSerializer,
    EscalationPolicySerializer,
    EscalationSerializer,
    PersonalRuleSerializer,
    QuietHoursSerializer,
)
from monitoring.checks.api.services import BACKENDS, SLUG
from opsportal.api.permissions import requires
from opsportal.writing import person_of

OWN: list[type[BasePermission]] = [IsAuthenticated, requires("oncall.view_personalrule")]
USER_NAME = r"[\w.@+-]+"


class EscalationPolicyViewSet(ModelViewSet[EscalationPolicy]):
    """Whom to tell, step after step, until somebody acknowledges. Addressed by slug."""

    queryset = EscalationPolicy.objects.prefetch_related("steps").order_by("name")
    serializer_class = EscalationPolicySerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    ordering_fields = ["name", "slug"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: EscalationPolicy) -> None:
        actions.policy_delete(policy=instance, by=person_of(self.request))


class EscalationViewSet(ReadOnlyModelViewSet[Escalation]):
    """Policies at work, the latest first; one by its id comes with what each step did."""

    queryset = Escalation.objects.select_related("policy").order_by("-started_at", "-id")
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = EscalationFilter
    ordering_fields = ["started_at", "next_step_at"]

    def get_queryset(self) -> QuerySet[Escalation]:
        return self.queryset.prefetch_related("entries") if self.action == "retrieve" else self.queryset.all()

    def get_serializer_class(self) -> type[EscalationSerializer]:
        return EscalationDetailSerializer if self.action == "retrieve" else EscalationSerializer


class PersonalRuleViewSet(ModelViewSet[PersonalRule]):
    """By which contact method a person is told, after how long. Everybody their own; all with `oncall.change_personalrule`."""

    queryset = PersonalRule.objects.none()
    serializer_class = PersonalRuleSerializer
    permission_classes = OWN
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = PersonalRuleFilter
    ordering_fields = ["urgency", "delay_s"]

    def get_queryset(self) -> QuerySet[PersonalRule]:
        rules = PersonalRule.objects.select_related("user").order_by("user", "urgency", "delay_s", "id")
        return rules if self.request.user.has_perm(MANAGE) else rules.filter(user=self.request.user.pk)

    def perform_destroy(self, instance: PersonalRule) -> None:
        actions.personal_rule_delete(rule=instance, by=person_of(self.request))


class QuietHoursViewSet(ModelViewSet[QuietHours]):
    """When a person is told only what is urgent. Addressed by user name. Everybody their own; all with `oncall.change_personalrule`."""

    queryset = QuietHours.objects.none()
    serializer_class = QuietHoursSerializer
    permission_classes = OWN
    lookup_field = "user__username"
    lookup_url_kwarg = "username"
    lookup_value_regex = USER_NAME
    filter_backends = BACKENDS
    ordering_fields = ["start", "end"]

    def get_queryset(self) -> QuerySet[QuietHours]:
        hours = QuietHours.objects.select_related("user").order_by("user__username")
        return hours if self.request.user.has_perm(MANAGE) else hours.filter(user=self.request.user.pk)

    def perform_destroy(self, instance: QuietHours) -> None:
        actions.quiet_hours_delete(user=instance.user, by=person_of(self.request))


routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("escalation-policies", EscalationPolicyViewSet),
    ("escalations", EscalationViewSet),
    ("personal-rules", PersonalRuleViewSet),
    ("quiet-hours", QuietHoursViewSet),
]
