"""Replays of rules through the API: `POST /api/v1/rules/replay/` and `/api/v1/rules/<slug>/replay/`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.rules.models import AlertRule
from alerts.rules.replay import DAYS, MOST_DAYS, RuleReplay, rule_replay
from alerts.rules.serializers import RuleSerializer, TextsField
from opsportal.api.permissions import requires
from opsportal.writing import person_of

MAY_REPLAY = [IsAuthenticated, requires("rules.change_alertrule")]
OVER = OpenApiParameter("days", int, description=f"How far back, from 1 to {MOST_DAYS}; {DAYS} unless said.")


class DaysSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(default=DAYS, min_value=1, max_value=MOST_DAYS)


class RuleFiringSerializer(serializers.Serializer[Any]):
    labels = TextsField()
    began = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True, help_text="Null: it still fires at the end.")


class RuleReplaySerializer(serializers.Serializer[Any]):
    """When a rule would have fired. Nothing of it is stored."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    step_s = serializers.FloatField(help_text="Between two evaluations; 0: at each event.")
    steps = serializers.IntegerField(help_text="Evaluations.")
    pages = serializers.IntegerField(help_text="How often an alert would have been told to fire.")
    pages_a_week = serializers.FloatField()
    flaps = serializers.IntegerField(help_text="How often an alert would have begun to flap.")
    firing_s = serializers.FloatField(help_text="For how long alerts would have fired, all together.")
    failed = serializers.IntegerField(help_text="Evaluations that would have ended in an error.")
    error = serializers.CharField(allow_blank=True, help_text="The first of them.")
    firings = RuleFiringSerializer(many=True, help_text="At most 1,000.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="Such as which tier of the store answered, and what may be missing."
    )


class RuleReplays:
    """The two actions, for the viewset of rules."""

    @extend_schema(
        request=RuleSerializer,
        responses={200: RuleReplaySerializer},
        parameters=[OVER],
        filters=False,
        operation_id="rules_replay_new",
    )
    @action(detail=False, methods=["post"], url_path="replay", permission_classes=MAY_REPLAY, throttle_scope="costly")
    def replay_new(self: Any, request: Request) -> Response:
        """When a rule that is not stored would have fired in the past, and how many pages a week that is."""
        serializer = RuleSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return _answered(request, None, serializer.validated_data)

    @extend_schema(request=RuleSerializer, responses={200: RuleReplaySerializer}, parameters=[OVER], filters=False)
    @action(detail=True, methods=["post"], url_path="replay", permission_classes=MAY_REPLAY, throttle_scope="costly")
    def replay_again(self: Any, request: Request, slug: str) -> Response:
        """When the rule, with the changes that are sent, would have fired in the past."""
        rule = self.get_object()
        serializer = RuleSerializer(rule, data=request.data, partial=True, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values = {"name": rule.name, "kind": str(rule.kind)} | serializer.validated_data
        return _answered(request, rule, values)


def _answered(request: Request, rule: AlertRule | None, values: dict[str, Any]) -> Response:
    asked = DaysSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    found = rule_replay(
        rule=rule, days=asked.validated_data["days"], now=timezone.now(), by=person_of(request), **values
    )
    return Response(shown(found))


def shown(answer: RuleReplay) -> dict[str, Any]:
    found = answer.found
    whole = {
        "start": answer.start,
        "end": answer.end,
        "step_s": answer.step_s,
        "steps": found.steps,
        "pages": found.pages,
        "pages_a_week": round(found.pages_a_week, 2),
        "flaps": found.flaps,
        "firing_s": found.firing_s,
        "failed": found.errors,
        "error": found.error,
        "firings": [{"labels": dict(one.labels), "began": one.began, "ended": one.ended} for one in found.firings],
        "notes": answer.notes,
    }
    return dict(RuleReplaySerializer(whole).data)
