"""The vocabulary of incidents and alerts, used by the admin, the API and the pages alike."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from alerts.incidents.choices import UNRESOLVED


class IncidentQuerySet(models.QuerySet[Any]):
    def unresolved(self) -> Self:
        """Open, acknowledged or snoozed."""
        return self.filter(state__in=UNRESOLVED)

    def search(self, text: str) -> Self:
        """In the titles; a number, with or without #, finds that incident too."""
        number = text.strip().removeprefix("#")
        found = Q(title__icontains=text)
        return self.filter(
            found | Q(pk=int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else found
        )

    def since(self, time: datetime) -> Self:
        return self.filter(opened_at__gte=time)

    def newest_first(self) -> Self:
        return self.order_by("-opened_at", "-id")


class AlertQuerySet(models.QuerySet[Any]):
    def firing(self) -> Self:
        return self.filter(is_firing=True)

    def with_label(self, name: str, value: str) -> Self:
        return self.filter(labels__contains={name: value})

    def newest_first(self) -> Self:
        return self.order_by("-starts_at", "-id")
