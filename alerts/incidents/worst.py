"""Which of several alerts is the worst. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from monitoring.events.choices import Severity

RANK = {severity: rank for rank, severity in enumerate(Severity.values)}  # the worst first


class Graded(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def severity(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...


One = TypeVar("One", bound=Graded)


def worst_of(alerts: Iterable[One]) -> One:
    """The most severe one, of several the one that started first."""
    return min(alerts, key=lambda one: (RANK[one.severity], one.starts_at, one.id))
