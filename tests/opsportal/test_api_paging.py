import pytest
from django.test import Client

from security.access.actions import api_token_create
from security.access.models import User

TOKENS = "/api/v1/tokens/"


@pytest.fixture
def _three_tokens(ada: User) -> None:
    for name in ("first", "second", "third"):
        api_token_create(user=ada, name=name)


@pytest.mark.usefixtures("_three_tokens")
def test_a_list_comes_in_pages_of_the_size_asked_for(ada_client: Client) -> None:
    page = ada_client.get(f"{TOKENS}?page_size=2&page=2&ordering=name").json()
    assert page["count"] == 3
    assert [token["name"] for token in page["results"]] == ["third"]


@pytest.mark.parametrize("size", ["0", "501", "-1", "ten", "1e2", "", "٣"])
def test_a_page_size_that_cannot_be_names_itself(ada_client: Client, size: str) -> None:
    response = ada_client.get(TOKENS, {"page_size": size})
    assert response.status_code == 400
    assert response.json()["errors"] == {"page_size": ["Use a whole number from 1 to 500."]}


def test_a_page_past_the_end_is_not_there(ada_client: Client) -> None:
    assert ada_client.get(f"{TOKENS}?page=2").status_code == 404


@pytest.mark.usefixtures("_three_tokens")
def test_the_order_can_be_turned(ada_client: Client) -> None:
    page = ada_client.get(f"{TOKENS}?ordering=-name").json()
    assert [token["name"] for token in page["results"]] == ["third", "second", "first"]


def test_an_unknown_order_names_the_known_ones(ada_client: Client) -> None:
    body = ada_client.get(f"{TOKENS}?ordering=digest").json()
    assert body["errors"] == {"ordering": ["'digest' is not one of name, created_at, expires_at, last_used_at."]}
