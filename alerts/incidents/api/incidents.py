"""Incidents and alerts: what is wrong, everything that happened to it, and what people answer."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from alerts.incidents import actions
from alerts.incidents.filters import AlertFilter, IncidentFilter
from alerts.incidents.models import Alert, Incident
from alerts.incidents.queries import alerts_listed, incidents_listed, timeline
from alerts.incidents.serializers import incidents as told
from opsportal.api.cursors import TimePages
from opsportal.api.permissions import requires

MAY_RESPOND = [IsAuthenticated, requires("incidents.respond_incident")]


class IncidentPages(TimePages):
    ordering = ("-opened_at", "-id")


class AlertPages(TimePages):
    ordering = ("-starts_at", "-id")


def answer(request_serializer: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A verb of an incident: what it takes; it gives what came of it."""

    def wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
        described = extend_schema(request=request_serializer, responses={200: told.AnswerSerializer}, filters=False)
        acting = action(detail=True, methods=["post"], permission_classes=MAY_RESPOND, pagination_class=None)
        done: Callable[..., Any] = described(acting(method))
        return done

    return wrapped


class IncidentViewSet(ReadOnlyModelViewSet[Incident]):
    """What is wrong, the newest first."""

    queryset = incidents_listed()
    serializer_class = told.IncidentSerializer
    pagination_class = IncidentPages
    lookup_value_regex = r"\d+"
    filter_backends = [DjangoFilterBackend]
    filterset_class = IncidentFilter

    def _act(self, verb: Callable[..., actions.Answer], values: dict[str, Any] | None = None) -> Response:
        found = verb(
            incident=self.get_object(), by=actions.person_of(self.request), now=timezone.now(), **(values or {})
        )
        return self._told(found)

    def _told(self, found: actions.Answer) -> Response:
        shown = {"done": found.done, "words": found.words, "incident": incidents_listed().get(pk=found.incident.pk)}
        return Response(told.AnswerSerializer(shown).data)

    def _taken(self, serializer: Any) -> dict[str, Any]:
        taken = serializer(data=self.request.data)
        taken.is_valid(raise_exception=True)
        return dict(taken.validated_data)

    @extend_schema(responses={200: told.LineSerializer(many=True)}, filters=False)
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """Everything that happened, oldest first: alerts, people, escalations, each message with each attempt."""
        return Response(told.LineSerializer(timeline(self.get_object()), many=True).data)

    @answer(told.UntilSerializer)
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Somebody looks after it: nobody further is paged until `until`, or the policy's acknowledge timeout."""
        return self._act(actions.incident_acknowledge, self._taken(told.UntilSerializer))

    @answer(None)
    def unacknowledge(self, request: Request, pk: str) -> Response:
        """Nobody looks after it any more: people are paged again."""
        return self._act(actions.incident_unacknowledge)

    @answer(told.UntilSerializer)
    def snooze(self, request: Request, pk: str) -> Response:
        """Nobody is paged until `until`; without it until your next working hours."""
        return self._act(actions.incident_snooze, self._taken(told.UntilSerializer))

    @answer(None)
    def resolve(self, request: Request, pk: str) -> Response:
        """It is over. What fires even so after the reopen window opens it again."""
        return self._act(actions.incident_resolve)

    @answer(None)
    def reopen(self, request: Request, pk: str) -> Response:
        """It is not over: everybody is told anew."""
        return self._act(actions.incident_reopen)

    @answer(told.AssignSerializer)
    def assign(self, request: Request, pk: str) -> Response:
        """Say who sees to it."""
        return self._act(actions.incident_assign, self._taken(told.AssignSerializer))

    @answer(told.CommentSerializer)
    def comment(self, request: Request, pk: str) -> Response:
        """Put a line of your own on the timeline."""
        return self._act(actions.incident_comment, self._taken(told.CommentSerializer))

    @answer(told.SeveritySerializer)
    def severity(self, request: Request, pk: str) -> Response:
        """Say how severe it is, whatever its alerts say."""
        return self._act(actions.incident_severity_set, self._taken(told.SeveritySerializer))

    @answer(told.PostmortemSerializer)
    def postmortem(self, request: Request, pk: str) -> Response:
        """Store what was learnt; empty takes it away."""
        return self._act(actions.incident_postmortem_save, self._taken(told.PostmortemSerializer))

    @answer(told.MergeSerializer)
    def merge(self, request: Request, pk: str) -> Response:
        """Make other incidents part of this one."""
        others = self._taken(told.MergeSerializer)["incidents"]
        by = actions.person_of(request)
        return self._told(actions.incident_merge(incidents=others, into=self.get_object(), by=by, now=timezone.now()))

    @answer(told.SplitSerializer)
    def split(self, request: Request, pk: str) -> Response:
        """Take alerts out into an incident of their own, which is answered with."""
        return self._act(actions.incident_split, self._taken(told.SplitSerializer))


class AlertViewSet(ReadOnlyModelViewSet[Alert]):
    """Alerts as they came in, one an episode, the latest first."""

    queryset = alerts_listed()
    serializer_class = told.AlertSerializer
    pagination_class = AlertPages
    lookup_value_regex = r"\d+"
    filter_backends = [DjangoFilterBackend]
    filterset_class = AlertFilter
