"""Teams, schedules and overrides."""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSetMixin

from alerts.oncall import actions
from alerts.oncall.coverage import coverage
from alerts.oncall.filters import OverrideFilter
from alerts.oncall.models import LayerMember, Override, Schedule, Team
from alerts.oncall.queries import final_schedule, now_and_next, people_of
from alerts.oncall.serializers.schedules import (
    AtSerializer,
    CoverageSerializer,
    OnCallScheduleSerializer,
    OnCallSerializer,
    OverrideSerializer,
    SpanSerializer,
    StretchSerializer,
    SwapSerializer,
    TeamSerializer,
)
from monitoring.checks.api.services import BACKENDS, SLUG
from opsportal.api.permissions import requires
from opsportal.writing import person_of
from security.access.models import User

MEMBERS = Prefetch("layers__members", queryset=LayerMember.objects.select_related("user").order_by("position"))
READ: dict[str, Any] = {"pagination_class": None, "ordering_fields": []}


class TeamViewSet(ModelViewSet[Team]):
    """People who answer for something together. Addressed by slug."""

    queryset = Team.objects.prefetch_related(Prefetch("members", User.objects.order_by("username"))).order_by("name")
    serializer_class = TeamSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    ordering_fields = ["name", "slug"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: Team) -> None:
        actions.team_delete(team=instance, by=person_of(self.request))


class ScheduleViewSet(ModelViewSet[Schedule]):
    """Who is on call when. Addressed by slug."""

    queryset = Schedule.objects.prefetch_related("layers", MEMBERS).order_by("name")
    serializer_class = OnCallScheduleSerializer
    lookup_field = "slug"
    lookup_value_regex = SLUG
    filter_backends = BACKENDS
    ordering_fields = ["name", "slug", "created_at", "updated_at"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    def perform_destroy(self, instance: Schedule) -> None:
        actions.schedule_delete(schedule=instance, by=person_of(self.request))

    @extend_schema(parameters=[AtSerializer], responses={200: OnCallSerializer})
    @action(detail=True, url_path="on-call", **READ)
    def on_call(self, request: Request, slug: str) -> Response:
        """Who is on call at a time, until when, and who comes next."""
        asked = AtSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        at = asked.validated_data.get("at") or timezone.now()
        return Response(OnCallSerializer(now_and_next([self.get_object()], at)[0]).data)

    @extend_schema(parameters=[SpanSerializer], responses={200: StretchSerializer(many=True)})
    @action(detail=True, **READ)
    def timeline(self, request: Request, slug: str) -> Response:
        """The final schedule of a span: stretches that follow one another, gaps included."""
        span = SpanSerializer(data=request.query_params).span(timezone.now())
        stretches = final_schedule(self.get_object(), *span)
        names = {pk: user.get_username() for pk, user in people_of(stretches).items()}
        found = [
            {"start": one.start, "end": one.end, "people": [names[pk] for pk in one.people if pk in names]}
            for one in stretches
        ]
        return Response(StretchSerializer(found, many=True).data)

    @extend_schema(parameters=[SpanSerializer], responses={200: CoverageSerializer})
    @action(detail=True, **READ)
    def coverage(self, request: Request, slug: str) -> Response:
        """Hours, shifts, nights and weekends of each person in a span, and where nobody is."""
        span = SpanSerializer(data=request.query_params).span(timezone.now())
        schedule = self.get_object()
        stretches = final_schedule(schedule, *span)
        names = {pk: user.get_username() for pk, user in people_of(stretches).items()}
        report = coverage(stretches, ZoneInfo(schedule.time_zone), *span)
        people = [asdict(load) | {"user": names.get(load.person, "")} for load in report.people]
        gaps = [{"start": gap.start, "end": gap.end} for gap in report.gaps]
        return Response(CoverageSerializer(asdict(report) | {"people": people, "gaps": gaps}).data)

    @extend_schema(responses={200: OverrideSerializer(many=True)})
    @action(detail=True, ordering_fields=[])
    def overrides(self, request: Request, slug: str) -> Response:
        """Its overrides, by start."""
        page = self.paginate_queryset(overrides_listed().filter(schedule=self.get_object()).order_by("starts_at", "id"))
        return self.get_paginated_response(OverrideSerializer(page, many=True).data)

    @extend_schema(request=SwapSerializer, responses={200: OverrideSerializer(many=True)})
    @action(
        detail=True, methods=["post"], permission_classes=[IsAuthenticated, requires("oncall.add_override")], **READ
    )
    def swap(self, request: Request, slug: str) -> Response:
        """Exchange two people's shifts: the two overrides that do it."""
        asked = SwapSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = actions.shifts_swap(schedule=self.get_object(), **asked.values(), by=person_of(request))
        return Response(OverrideSerializer(made, many=True).data)


class OverrideViewSet(ModelViewSet[Override]):
    """Times for which somebody else is on call."""

    queryset = Override.objects.select_related("schedule", "user", "replaces", "created_by").order_by(
        "-starts_at", "id"
    )
    serializer_class = OverrideSerializer
    lookup_value_regex = r"\d+"
    filter_backends = BACKENDS
    filterset_class = OverrideFilter
    ordering_fields = ["starts_at", "ends_at"]

    def perform_destroy(self, instance: Override) -> None:
        actions.override_delete(override=instance, by=person_of(self.request))


def overrides_listed() -> Any:
    return OverrideViewSet.queryset.all()


routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("teams", TeamViewSet),
    ("schedules", ScheduleViewSet),
    ("overrides", OverrideViewSet),
]
