import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from security.access import tokens
from security.access.models import ApiToken, User


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_a_token_is_made_and_printed_alone(vera: User) -> None:
    assert tokens.is_token(run("create", "vera", "laptop"))


def test_a_token_is_made_with_scopes_and_an_end(vera: User) -> None:
    made = json.loads(run("create", "vera", "agent", "--scope", "checks.push_report", "--days", "30", "--json"))
    assert made["scopes"] == ["checks.push_report"]
    assert made["expires_at"]
    assert tokens.is_token(made["token"])


def test_the_list_tells_states_and_no_secrets(vera: User) -> None:
    text = run("create", "vera", "laptop")
    listed = run("list")
    assert "active" in listed
    assert "vera" in listed
    assert text not in listed


def test_a_token_is_revoked_by_its_prefix(vera: User) -> None:
    text = run("create", "vera", "laptop")
    assert run("revoke", text[: tokens.SHOWN]).endswith("is revoked.")
    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create", "nobody", "laptop"], "There is no account 'nobody'."),
        (["create", "vera", "agent", "--scope", "checks.fly"], "scopes: 'checks.fly' is not a permission"),
        (["create", "vera", "agent", "--days", "0"], "--days: use a whole number"),
        (["revoke", "ops_unknown"], "There is no token 'ops_unknown'"),
        (["revoke", "99999999999999999999"], "There is no token"),
    ],
)
def test_what_cannot_be_done_is_said(vera: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        run(*arguments)
