"""What follows when Django's own account tables change, whichever door changed them."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet

from opsportal import live
from security.access.actions import roles_seed
from security.access.models import User
from security.access.roles import STAFF_ROLES

DONE = ("post_add", "post_remove", "post_clear")
UNTELLING_FIELDS = frozenset({"last_login", "first_name", "last_name", "email"})


def seed_roles(sender: AppConfig, using: str, **_: Any) -> None:
    """After the last app's permissions are made. Migrations and a flush of the tables both end here."""
    if sender is [config for config in apps.get_app_configs() if config.models_module is not None][-1]:
        roles_seed(using=using)


def roles_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    """A user's groups changed: the admin opens with a staff role and closes without one; open pages are looked at again.

    Clearing a group's members from the group's side is told before it happens, for afterwards nobody knows who they were.
    """
    if reverse and action == "pre_clear":
        instance.cleared = list(instance.user_set.values_list("pk", flat=True))
    if action not in DONE:
        return
    keys = (pk_set or instance.__dict__.pop("cleared", ())) if reverse else {instance.pk}
    people = User.objects.filter(pk__in=keys)
    _follow_staff(people)
    _recheck(people)


def permissions_changed(instance: Any, action: str, reverse: bool, **_: Any) -> None:
    """A user's own permissions changed."""
    if action in DONE and not reverse:
        _recheck([instance])


def group_permissions_changed(instance: Any, action: str, reverse: bool, **_: Any) -> None:
    if action in DONE and not reverse:
        _recheck(User.objects.filter(groups=instance))


def group_deleted(instance: Group, **_: Any) -> None:
    """Before it is gone, while its members are known. What they lose shows once the deletion is committed."""
    _recheck(User.objects.filter(groups=instance))


def user_saved(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Closed, made a superuser or given a new password. A log-in, which saves its time, is no such change."""
    if not created and not (update_fields and update_fields <= UNTELLING_FIELDS):
        _recheck([instance])


def logged_out(sender: type[User], user: User | None, **_: Any) -> None:
    """Pages that are still open in another tab lose their live updates."""
    if user is not None:
        _recheck([user])


def user_deleted(instance: User, **_: Any) -> None:
    _recheck([instance])


def _follow_staff(people: QuerySet[User]) -> None:
    for person in people.prefetch_related("groups"):
        staff = person.is_superuser or any(group.name in STAFF_ROLES for group in person.groups.all())
        if staff != person.is_staff:
            person.is_staff = staff
            person.save(update_fields=["is_staff"])


def _recheck(people: Iterable[User]) -> None:
    for person in people:
        transaction.on_commit(partial(live.recheck_user, person.pk))
