import base64

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from security.access import actions
from security.access.authentication import BasicTokenAuthentication
from security.access.models import User
from tests.people import PASSWORD


def request(**headers: str) -> Request:
    return Request(RequestFactory().get("/prometheus/api/v1/query", headers=headers))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def who(authorization: str) -> str | None:
    found = BasicTokenAuthentication().authenticate(request(authorization=authorization))
    return found[0].username if found else None


@pytest.mark.parametrize("user", ["", "vera", "grafana", "Zoë"])
def test_the_token_is_the_password_of_any_user(vera: User, user: str) -> None:
    _, text = actions.api_token_create(user=vera, name="grafana")
    assert who(basic(user, text)) == "vera"


def test_a_bearer_is_taken_too(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="grafana")
    assert who(f"Bearer {text}") == "vera"


def test_the_token_is_limited_to_its_scopes(ada: User) -> None:
    _, text = actions.api_token_create(user=ada, name="prometheus", scopes=["metrics.view_series"])
    found = BasicTokenAuthentication().authenticate(request(authorization=basic("x", text)))
    assert found is not None
    assert (found[0].has_perm("metrics.view_series"), found[0].has_perm("checks.delete_service")) == (True, False)


def test_the_password_of_a_person_is_no_way_in(vera: User) -> None:
    with pytest.raises(AuthenticationFailed):
        who(basic("vera", PASSWORD))


@pytest.mark.parametrize("rest", ["", "é", "!!!", "YQ", "//8=", base64.b64encode(b"no colon").decode(), "A" * 5000])
def test_credentials_that_cannot_be_read_are_refused(db: None, rest: str) -> None:
    with pytest.raises(AuthenticationFailed):
        who(f"Basic {rest}")


def test_another_scheme_is_left_to_others(db: None) -> None:
    assert who("Digest username=vera") is None


def test_a_stranger_is_told_both_ways() -> None:
    header = BasicTokenAuthentication().authenticate_header(request())
    assert header == 'Bearer realm="opsportal", Basic realm="opsportal", charset="UTF-8"'


def test_a_script_of_a_page_makes_no_browser_ask_for_a_password() -> None:
    assert BasicTokenAuthentication().authenticate_header(request(sec_fetch_mode="cors")) == 'Bearer realm="opsportal"'
