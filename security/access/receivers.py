"""What follows when Django's own account tables change, whichever door changed them."""

from typing import Any

from django.apps import AppConfig, apps

from security.access.models import User
from security.access.roles import STAFF_ROLES


def seed_roles(sender: AppConfig, using: str, **_: Any) -> None:
    """After the last app's permissions are made. Migrations and a flush of the tables both end here."""
    from security.access.actions import roles_seed

    if sender is _last_app_with_models():
        roles_seed(using=using)


def follow_roles(
    sender: type[Any], instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """The admin opens for who holds a staff role, and closes when the last one is taken away."""
    if action not in ("post_add", "post_remove", "post_clear"):
        return
    people = User.objects.filter(pk__in=pk_set or ()) if reverse else User.objects.filter(pk=instance.pk)
    for person in people.prefetch_related("groups"):
        staff = person.is_superuser or any(group.name in STAFF_ROLES for group in person.groups.all())
        if staff != person.is_staff:
            person.is_staff = staff
            person.save(update_fields=["is_staff"])


def _last_app_with_models() -> AppConfig:
    return [config for config in apps.get_app_configs() if config.models_module is not None][-1]
