"""The vocabulary of this room, used by the admin, the API and the pages alike."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from monitoring.checks.choices import FAILING


class ServiceQuerySet(models.QuerySet[Any]):
    def failing(self) -> Self:
        return self.filter(state__status__in=FAILING)

    def with_label(self, key: str, value: str) -> Self:
        return self.filter(labels__contains={key: value})

    def worst_first(self) -> Self:
        return self.order_by("state__rank", "name")

    def search(self, text: str) -> Self:
        return self.filter(
            Q(name__icontains=text)
            | Q(slug__icontains=text)
            | Q(description__icontains=text)
            | Q(owner__icontains=text)
        )


class CheckQuerySet(models.QuerySet[Any]):
    def runnable(self, now: datetime) -> Self:
        return self.filter(Q(paused_until__isnull=True) | Q(paused_until__lte=now), enabled=True)

    def failing(self) -> Self:
        return self.filter(state__status__in=FAILING)


class MaintenanceWindowQuerySet(models.QuerySet[Any]):
    def active(self, now: datetime) -> Self:
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class StatusRollupQuerySet(models.QuerySet[Any]):
    def of_services(self) -> Self:
        return self.filter(check_id__isnull=True)
