"""The vocabulary of the timeline."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q


class EventQuerySet(models.QuerySet[Any]):
    def between(self, start: datetime | None, end: datetime | None) -> Self:
        events = self if start is None else self.filter(time__gte=start)
        return events if end is None else events.filter(time__lt=end)

    def of_subject(self, subject: str) -> Self:
        """The subject itself and everything below it: `service:shop` finds `service:shop`; `check:shop/` finds its checks."""
        return (
            self.filter(subject__startswith=subject) if subject.endswith(("/", ":")) else self.filter(subject=subject)
        )

    def of_kind(self, kind: str) -> Self:
        """`check` finds `check.status` too."""
        return self.filter(Q(kind=kind) | Q(kind__startswith=f"{kind}."))

    def search(self, text: str) -> Self:
        return self.filter(Q(summary__icontains=text) | Q(subject__icontains=text))
