import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.viewsets import ModelViewSet

from opsportal.api.permissions import ModelPermissions, requires
from security.access.models import ApiToken, User
from security.access.serializers import TokenSerializer


class Everything(ModelViewSet[ApiToken]):
    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    permission_classes = [ModelPermissions]


class Running(Everything):
    permission_classes = [requires("checks.run_check")]


def ask(view: type[ModelViewSet[ApiToken]], method: str, person: User | None) -> int:
    request = getattr(APIRequestFactory(), method)("/")
    if person:
        force_authenticate(request, person)
    response = view.as_view({"get": "list", "post": "create"})(request)
    assert isinstance(response, Response)
    return response.status_code


def test_looking_needs_the_view_permission(ada: User, mallory: User) -> None:
    assert (ask(Everything, "get", ada), ask(Everything, "get", mallory)) == (200, 403)


def test_nobody_looks_without_a_log_in(db: None) -> None:
    assert ask(Everything, "get", None) == 401


def test_adding_needs_the_add_permission(ada: User, vera: User) -> None:
    assert (ask(Everything, "post", ada), ask(Everything, "post", vera)) == (400, 403)


@pytest.mark.parametrize(("name", "status"), [("otto", 200), ("vera", 403)])
def test_an_action_needs_the_permission_it_names(request: pytest.FixtureRequest, name: str, status: int) -> None:
    assert ask(Running, "get", request.getfixturevalue(name)) == status
