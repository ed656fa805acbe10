from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from security.access import actions, tokens
from security.access.models import ApiToken, User


def test_an_administrator_may_do_everything_and_gets_a_password_of_99_bits(db: None) -> None:
    user, password = actions.administrator_create(username="root")
    assert user.check_password(password)
    assert len(password.replace("-", "")) == 20
    assert user.is_superuser
    assert user.groups.filter(name="Administrator").exists()


def test_a_token_is_stored_as_its_digest_only(vera: User) -> None:
    token, text = actions.api_token_create(user=vera, name="laptop")
    stored = " ".join(str(value) for value in ApiToken.objects.values().get(pk=token.pk).values())
    assert tokens.is_token(text)
    assert text not in stored
    assert token.digest == tokens.digest(text)
    assert text.startswith(token.prefix)


@pytest.mark.parametrize(
    ("field", "values"),
    [("scopes", {"name": "agent", "scopes": ["checks.fly"]}), ("name", {"name": "  "}), ("name", {"name": "x" * 81})],
)
def test_a_token_that_cannot_be_names_its_field(vera: User, field: str, values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        actions.api_token_create(user=vera, **values)  # type: ignore[arg-type]
    assert list(caught.value.message_dict) == [field]


def test_the_use_of_a_token_is_noted_once_a_minute(vera: User) -> None:
    token, _ = actions.api_token_create(user=vera, name="laptop")
    with time_machine.travel("2026-01-31T12:00:00Z", tick=False) as clock:
        for _ in range(4):
            actions.api_token_used(token=ApiToken.objects.get(pk=token.pk), now=timezone.now())
            clock.shift(25)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at.isoformat() == "2026-01-31T12:01:15+00:00"


def test_revoking_again_keeps_the_first_time(vera: User) -> None:
    token, _ = actions.api_token_create(user=vera, name="laptop")
    first = timezone.now()
    actions.api_token_revoke(token=token, now=first)
    actions.api_token_revoke(token=token, now=first + timedelta(hours=1))
    token.refresh_from_db()
    assert token.revoked_at == first
