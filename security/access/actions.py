"""Writes about people: roles, accounts, API tokens."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from security.access import tokens
from security.access.models import ApiToken, User
from security.access.queries import permissions_by_name
from security.access.roles import ADMINISTRATOR, ROLES, permissions_of

USE_NOTED_EVERY = timedelta(minutes=1)
# Letters and digits that are not taken for one another: 31 of them, 20 in a password make 99 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def roles_seed(*, using: str = "default") -> None:
    """Make the group of every role and set its permissions to the table in `roles.py`, whatever was done by hand."""
    held = permissions_by_name(using)
    for name in ROLES:
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(held[permission] for permission in permissions_of(name, held))


@transaction.atomic
def user_create(*, username: str, password: str | None, roles: Iterable[str], email: str = "") -> User:
    """Make an account with `roles`. Without a password nobody can log in to it with one."""
    user = User.objects.create_user(username=username, password=password, email=email)
    user.groups.set(Group.objects.filter(name__in=list(roles)))
    user.refresh_from_db(fields=["is_staff"])
    return user


@transaction.atomic
def administrator_create(*, username: str) -> tuple[User, str]:
    """Make an Administrator who may do everything; the account and its generated password, which is kept nowhere."""
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
    user = user_create(username=username, password=password, roles=[ADMINISTRATOR])
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    return user, password


@transaction.atomic
def api_token_create(
    *, user: User, name: str, scopes: Iterable[str] = (), expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for `user`: the row, and the token itself, which is kept nowhere.

    Raises ValidationError naming `name` or `scopes`.
    """
    text = tokens.generate()
    token = ApiToken(
        user=user,
        name=name.strip(),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        prefix=text[: tokens.SHOWN],
        digest=tokens.digest(text),
    )
    if unknown := set(token.scopes) - permissions_by_name().keys():
        raise ValidationError(
            {"scopes": f"{min(unknown)!r} is not a permission; use names such as checks.push_report."}
        )
    token.full_clean()
    token.save()
    return token, text


def api_token_revoke(*, token: ApiToken, now: datetime) -> None:
    """End a token at once. Nothing changes when it has been revoked before."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
        token.revoked_at = now


def api_token_used(*, token: ApiToken, now: datetime) -> None:
    """Note the use of a token, at most once in USE_NOTED_EVERY."""
    due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at <= now - USE_NOTED_EVERY:
        ApiToken.objects.filter(due, pk=token.pk).update(last_used_at=now)
