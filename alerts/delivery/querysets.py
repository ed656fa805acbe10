"""The vocabulary of this room."""

from datetime import datetime
from typing import Any, Self

from django.db import models

from alerts.delivery.choices import OPEN


class DeliveryQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        """Not sent and not given up."""
        return self.filter(state__in=OPEN)

    def late(self, now: datetime) -> Self:
        """Due, and in nobody's hands."""
        return self.open().filter(next_attempt_at__lt=now).exclude(lease_until__gt=now)

    def about(self, subject: str) -> Self:
        return self.filter(subject=subject)
