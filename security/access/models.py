"""People: who may log in, and the tokens with which their programs do."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from security.access.querysets import ApiTokenQuerySet


class User(AbstractUser):
    """A person who may log in."""

    # Set while a token with scopes speaks for the person: the permissions it is limited to.
    limited_to: frozenset[str] | None = None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        if self.limited_to is not None and perm not in self.limited_to:
            return False
        return super().has_perm(perm, obj)


class ApiToken(models.Model):
    """A program's way in as `user`. Only a digest of the token is stored, so it can be shown once, when it is made."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, help_text="What it is for, such as the machine that uses it.")
    prefix = models.CharField(max_length=12, editable=False, help_text="How the token begins, to tell tokens apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        help_text="Permissions it is limited to, such as checks.push_report; empty: all that its person may do.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="To the minute.")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def state(self, now: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"
