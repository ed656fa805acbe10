"""Writes about people: roles, accounts."""

import secrets
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from security.access.models import User
from security.access.roles import ADMINISTRATOR, ROLES, permissions_of


@transaction.atomic
def roles_seed(*, using: str = "default") -> None:
    """Make the group of every role and set its permissions to the table in `roles.py`, undoing what was done by hand."""
    held = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
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
def administrator_create(*, username: str = "admin") -> tuple[User, str]:
    """Make an Administrator who may do everything; the account and its generated password, which is kept nowhere."""
    password = secrets.token_urlsafe(15)
    user = user_create(username=username, password=password, roles=[ADMINISTRATOR])
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    return user, password


def first_administrator_ensure(*, username: str = "admin") -> tuple[str, str] | None:
    """Make the first Administrator of an empty portal: (username, password). None when there is any account already."""
    with transaction.atomic():
        if User.objects.exists():
            return None
        user, password = administrator_create(username=username)
    return user.username, password
