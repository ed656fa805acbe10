"""Reads about people."""

from django.contrib.auth.models import Permission


def permissions_by_name(using: str = "default") -> dict[str, Permission]:
    """Every permission there is, by its full name ("checks.run_check")."""
    return {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
