"""Rules under `/api/v1/`: what is looked for, what is seen of it, and trying it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSet, ViewSetMixin

from alerts.rules import actions
from alerts.rules.file_api import RuleFiles
from alerts.rules.filters import GroupFilter, RuleFilter, StateFilter
from alerts.rules.kinds.described import described, kinds
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleState
from alerts.rules.queries import groups_listed, recordings_listed, rules_listed, states_listed
from alerts.rules.replay_api import RuleReplays
from alerts.rules.serializers import (
    RecordingRuleSerializer,
    RuleGroupSerializer,
    RuleKindSerializer,
    RuleSerializer,
    RuleStateSerializer,
    RuleSwitchedSerializer,
    RuleTrialSerializer,
    finite,
)
from alerts.rules.trial import Trial, rule_try
from monitoring.checks.api.services import BACKENDS, SLUG
from opsportal.api.permissions import requires
from opsportal.writing import person_of

MAY_SWITCH = [IsAuthenticated, requires("rules.run_alertrule")]
MAY_TRY = [IsAuthenticated, requires("rules.change_alertrule")]


class RuleViewSet(RuleFiles, RuleReplays, ModelViewSet[AlertRule]):
    """Alert rules. Addressed by slug."""

    queryset = rules_listed()
    serializer_class = RuleSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    filterset_class = RuleFilter
    ordering_fields = ["name", "slug", "kind", "severity", "category", "created_at", "updated_at"]
    throttle_scope: str | None = None

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = rules_listed().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = rules_listed().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: AlertRule) -> None:
        actions.rule_delete(rule=instance, now=timezone.now(), by=person_of(self.request))

    @extend_schema(request=None, responses={200: RuleSwitchedSerializer}, filters=False)
    @action(detail=True, methods=["post"], permission_classes=MAY_SWITCH)
    def enable(self, request: Request, slug: str) -> Response:
        """Switch the rule on; it is evaluated at once."""
        changed = actions.rules_enable(rules=[self.get_object()], now=timezone.now(), by=person_of(request))
        return Response({"changed": changed})

    @extend_schema(request=None, responses={200: RuleSwitchedSerializer}, filters=False)
    @action(detail=True, methods=["post"], permission_classes=MAY_SWITCH)
    def disable(self, request: Request, slug: str) -> Response:
        """Switch the rule off; what fires is told to have ended."""
        changed = actions.rules_disable(rules=[self.get_object()], now=timezone.now(), by=person_of(request))
        return Response({"changed": changed})

    @extend_schema(responses={200: RuleStateSerializer(many=True)})
    @action(detail=True, filter_backends=[])
    def states(self, request: Request, slug: str) -> Response:
        """What is known of the rule's label sets; those that are plainly inactive have no state."""
        states: Any = states_listed().filter(rule=self.get_object())
        page: Any = self.paginate_queryset(states)
        return self.get_paginated_response(RuleStateSerializer(page, many=True).data)

    @extend_schema(
        request=RuleSerializer, responses={200: RuleTrialSerializer}, filters=False, operation_id="rules_try_new"
    )
    @action(detail=False, methods=["post"], url_path="try", permission_classes=MAY_TRY, throttle_scope="costly")
    def try_new(self, request: Request) -> Response:
        """Evaluate a rule that is not stored, once and now, without effect."""
        serializer = RuleSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return Response(
            shown(rule_try(rule=None, now=timezone.now(), by=person_of(request), **serializer.validated_data))
        )

    @extend_schema(request=RuleSerializer, responses={200: RuleTrialSerializer}, filters=False)
    @action(detail=True, methods=["post"], url_path="try", permission_classes=MAY_TRY, throttle_scope="costly")
    def try_again(self, request: Request, slug: str) -> Response:
        """Evaluate the rule once and now, with the changes that are sent, from its present states on, without effect."""
        rule = self.get_object()
        serializer = RuleSerializer(rule, data=request.data, partial=True, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values = {"name": rule.name, "kind": str(rule.kind)} | serializer.validated_data
        return Response(shown(rule_try(rule=rule, now=timezone.now(), by=person_of(request), **values)))


def shown(trial: Trial) -> dict[str, Any]:
    series = [one | {"value": finite(one["value"])} for one in trial.series]
    return dict(
        RuleTrialSerializer(
            {"at": trial.at, "error": trial.error, "total": trial.total, "series": series, "alerts": trial.alerts}
        ).data
    )


class RuleKindViewSet(ViewSet):
    """What a rule can look at: settings of each kind."""

    permission_classes = [IsAuthenticated, requires("rules.view_alertrule")]
    lookup_value_regex = r"[a-z0-9_]+"
    lookup_field = "kind"

    @extend_schema(responses={200: RuleKindSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """All kinds. There are few: the list is not paged."""
        return Response([described(kind) for kind in kinds()])

    @extend_schema(
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)], responses={200: RuleKindSerializer}
    )
    def retrieve(self, request: Request, kind: str) -> Response:
        """One kind."""
        for found in kinds():
            if found.kind == kind:
                return Response(described(found))
        raise NotFound


class StateViewSet(ReadOnlyModelViewSet[RuleState]):
    """What is known of the label sets of all rules."""

    queryset = states_listed()
    serializer_class = RuleStateSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = StateFilter
    ordering_fields = ["since", "phase"]


class GroupViewSet(ModelViewSet[RuleGroup]):
    """Groups of rules that are evaluated one after the other."""

    queryset = groups_listed()
    serializer_class = RuleGroupSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = GroupFilter
    ordering_fields = ["name", "file", "interval_s"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = groups_listed().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = groups_listed().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: RuleGroup) -> None:
        actions.group_delete(group=instance, now=timezone.now(), by=person_of(self.request))


class RecordingViewSet(ModelViewSet[RecordingRule]):
    """Recording rules of groups."""

    queryset = recordings_listed()
    serializer_class = RecordingRuleSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_fields = ["group"]
    ordering_fields = ["record", "position"]

    def perform_destroy(self, instance: RecordingRule) -> None:
        actions.recording_delete(recording=instance, now=timezone.now(), by=person_of(self.request))


routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("rules", RuleViewSet),
    ("rule-groups", GroupViewSet),
    ("recording-rules", RecordingViewSet),
    ("rule-kinds", RuleKindViewSet),
    ("rule-states", StateViewSet),
]
