"""The API of this room: who I am, and my tokens."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ViewSetMixin

from security.access import actions
from security.access.models import ApiToken, User
from security.access.serializers import MeSerializer, NewTokenSerializer, TokenSerializer


class Me(RetrieveAPIView[User]):
    """Who asks."""

    serializer_class = MeSerializer
    permission_classes = [IsAuthenticated]

    def get_object(self) -> Any:
        return self.request.user


class Tokens(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[ApiToken],
):
    """Your own API tokens. Deleting one revokes it; it stays in the list."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    permission_classes = [IsAuthenticated]
    search_fields = ["name", "prefix"]
    ordering_fields = ["name", "created_at", "expires_at", "last_used_at"]

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=self.request.user.pk)

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._refuse_limited(request)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        chosen = {name: serializer.validated_data.get(name) for name in ("name", "expires_at")}
        scopes = serializer.validated_data.get("scopes", [])
        token, text = actions.api_token_create(user=self._person(request), scopes=scopes, **chosen)
        token.token = text  # type: ignore[attr-defined] # told once, never stored
        return Response(NewTokenSerializer(token).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        self._refuse_limited(self.request)
        actions.api_token_revoke(token=instance, now=timezone.now())

    def _person(self, request: Request) -> User:
        assert isinstance(request.user, User)  # noqa: S101 - IsAuthenticated saw to it
        return request.user

    def _refuse_limited(self, request: Request) -> None:
        """A token with scopes could otherwise make itself one without."""
        if self._person(request).limited_to is not None:
            raise PermissionDenied("A token with scopes cannot make or revoke tokens.")


routes: list[tuple[str, type[ViewSetMixin]]] = [("tokens", Tokens)]
