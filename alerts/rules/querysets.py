"""The vocabulary of rules: used by the admin, the API and the pages alike."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from alerts.rules.choices import Phase

ACTIVE = (Phase.FIRING, Phase.RECOVERING)


class RuleQuerySet(models.QuerySet[Any]):
    def firing(self) -> Self:
        """With an alert that fires."""
        return self.filter(states__phase__in=ACTIVE).distinct()

    def failing(self) -> Self:
        """Whose last evaluation, or that of their group, ended in an error."""
        return self.filter(
            (Q(schedule__isnull=False) & ~Q(schedule__last_error=""))
            | (Q(group__schedule__isnull=False) & ~Q(group__schedule__last_error=""))
        )

    def search(self, text: str) -> Self:
        return self.filter(Q(name__icontains=text) | Q(slug__icontains=text) | Q(description__icontains=text))
