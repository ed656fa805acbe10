from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from security.access import actions
from security.access.models import User

ME = "/api/v1/me/"


def ask(authorization: str, path: str = ME) -> tuple[int, dict[str, object]]:
    response = Client().get(path, headers={"Authorization": authorization})
    return response.status_code, response.json()


def test_a_token_speaks_for_its_person(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="laptop")
    status, body = ask(f"Bearer {text}")
    assert (status, body["username"]) == (200, "vera")


def test_without_a_log_in_the_answer_says_how(client: Client, db: None) -> None:
    response = client.get(ME)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="opsportal"')
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["", "ops_short", "ops_" + "A" * 43, "ops_" + "é" * 43, "x" * 5000])
def test_a_token_nobody_made_is_refused(db: None, text: str) -> None:
    assert ask(f"Bearer {text}")[0] == 401


def test_a_revoked_token_is_refused_at_once(vera: User) -> None:
    token, text = actions.api_token_create(user=vera, name="laptop")
    actions.api_token_revoke(token=token, now=timezone.now())
    assert ask(f"Bearer {text}")[0] == 401


def test_an_expired_token_is_refused(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="old", expires_at=timezone.now() - timedelta(seconds=1))
    assert ask(f"Bearer {text}")[0] == 401


def test_the_token_of_a_closed_account_is_refused(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="laptop")
    User.objects.filter(pk=vera.pk).update(is_active=False)
    assert ask(f"Bearer {text}")[0] == 401


def test_a_scope_limits_what_the_person_may_do(ada: User) -> None:
    _, text = actions.api_token_create(user=ada, name="agent", scopes=["checks.push_report"])
    assert ask(f"Bearer {text}")[1]["permissions"] == ["checks.push_report"]
    assert ask(f"Bearer {text}", "/api/v1/services/")[0] == 403


def test_a_scope_gives_nothing_the_person_does_not_have(vera: User) -> None:
    _, text = actions.api_token_create(user=vera, name="agent", scopes=["checks.delete_service"])
    assert ask(f"Bearer {text}")[1]["permissions"] == []
