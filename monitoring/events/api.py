"""The timeline under `/api/v1/events/`."""

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.viewsets import ReadOnlyModelViewSet, ViewSetMixin

from monitoring.events.filters import EventFilter
from monitoring.events.models import Event
from monitoring.events.serializers import EventSerializer
from opsportal.api.cursors import TimePages


class EventViewSet(ReadOnlyModelViewSet[Event]):
    """What happened, the newest first."""

    queryset = Event.objects.order_by("-time", "-id")
    serializer_class = EventSerializer
    pagination_class = TimePages
    lookup_value_regex = r"\d+"
    filter_backends = [DjangoFilterBackend]
    filterset_class = EventFilter


routes: list[tuple[str, type[ViewSetMixin]]] = [("events", EventViewSet)]
