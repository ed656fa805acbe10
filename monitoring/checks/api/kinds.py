"""The kinds of checks there are."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from monitoring.checks.kinds import described, kinds
from monitoring.checks.serializers.checks import KindSerializer
from opsportal.api.permissions import requires


class KindViewSet(ViewSet):
    """What a check can ask: settings, measured values with units, default thresholds."""

    permission_classes = [IsAuthenticated, requires("checks.view_check")]
    lookup_value_regex = r"[a-z0-9_]+"
    lookup_field = "kind"

    @extend_schema(responses={200: KindSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """All kinds. There are few: the list is not paged."""
        return Response([described(kind) for kind in kinds()])

    @extend_schema(parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)], responses={200: KindSerializer})
    def retrieve(self, request: Request, kind: str) -> Response:
        """One kind."""
        for found in kinds():
            if found.name == kind:
                return Response(described(found))
        raise NotFound
