import pytest
from django.test import Client, RequestFactory

from opsportal import errors
from security.access.models import User


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing"])
def test_an_unknown_address_of_the_api_is_a_problem(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["type"] == "urn:opsportal:problem:not-found"


def test_an_unknown_page_says_so_in_a_page(vera_client: Client) -> None:
    response = vera_client.get("/nothing/")
    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


@pytest.mark.parametrize("address", ["/feed/?text=%00", "/services/%00/", "/api/v1/tokens/?search=%00"])
def test_a_nul_in_an_address_is_the_callers_fault(vera_client: Client, address: str) -> None:
    assert vera_client.get(address).status_code == 400


def test_a_form_without_its_key_is_refused_with_a_way_on(vera: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login/", {"username": "vera", "password": "x"})
    assert response.status_code == 403
    assert "load the page again" in response.content.decode()


def test_a_crash_has_a_number_in_page_and_log(caplog: pytest.LogCaptureFixture) -> None:
    response = errors.server_error(RequestFactory().get("/services/shop/"))
    number = caplog.messages[-1].split()[1]
    assert response.status_code == 500
    assert number in response.content.decode()


def test_a_crash_of_the_api_is_a_problem() -> None:
    response = errors.server_error(RequestFactory().get("/api/v1/services/"))
    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")


def test_a_wrong_host_is_a_plain_page_without_session(client: Client) -> None:
    response = client.get("/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "Not understood" in response.content.decode()
