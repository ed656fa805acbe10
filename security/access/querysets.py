"""The vocabulary of tokens."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q


class ApiTokenQuerySet(models.QuerySet[Any]):
    def usable(self, now: datetime) -> Self:
        """Neither revoked nor expired, of somebody who may log in."""
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(alive, revoked_at__isnull=True, user__is_active=True)
