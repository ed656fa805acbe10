from datetime import timedelta

from django.test import Client
from django.utils import timezone

from security.access import actions, tokens
from security.access.models import ApiToken, User

TOKENS = "/api/v1/tokens/"


def make(client: Client, **values: object) -> tuple[int, dict[str, object]]:
    response = client.post(TOKENS, {"name": "laptop"} | values, content_type="application/json")
    return response.status_code, response.json()


def test_a_token_is_told_when_it_is_made_and_never_again(vera_client: Client) -> None:
    status, body = make(vera_client)
    assert status == 201
    assert tokens.is_token(str(body["token"]))
    assert str(body["token"]) not in vera_client.get(TOKENS).content.decode()


def test_people_see_their_own_tokens_only(vera_client: Client, otto: User) -> None:
    other, _ = actions.api_token_create(user=otto, name="otto's")
    assert vera_client.get(TOKENS).json()["count"] == 0
    assert vera_client.get(f"{TOKENS}{other.pk}/").status_code == 404
    assert vera_client.delete(f"{TOKENS}{other.pk}/").status_code == 404


def test_deleting_a_token_revokes_it(vera_client: Client) -> None:
    _, body = make(vera_client)
    assert vera_client.delete(f"{TOKENS}{body['id']}/").status_code == 204
    assert vera_client.get(f"{TOKENS}{body['id']}/").json()["state"] == "revoked"


def test_an_unknown_scope_is_a_fault_of_scopes(vera_client: Client) -> None:
    status, body = make(vera_client, scopes=["checks.fly"])
    assert status == 400
    assert body["errors"] == {"scopes": ["'checks.fly' is not a permission; use names such as checks.push_report."]}


def test_a_past_end_is_refused(vera_client: Client) -> None:
    status, body = make(vera_client, expires_at=(timezone.now() - timedelta(days=1)).isoformat())
    assert (status, body["errors"]) == (400, {"expires_at": ["This time is past."]})


def test_a_token_with_scopes_makes_no_other(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="agent", scopes=["checks.view_service"])
    client = Client(headers={"Authorization": f"Bearer {text}"})
    assert make(client)[0] == 403
    assert ApiToken.objects.count() == 1


def test_me_tells_roles_and_permissions(otto_client: Client) -> None:
    body = otto_client.get("/api/v1/me/").json()
    assert (body["username"], body["roles"]) == ("otto", ["Operator"])
    assert "checks.run_check" in body["permissions"]
