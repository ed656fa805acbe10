"""Which silences keep an alert quiet. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.incidents.matching import Matchers, matches_all

State = Literal["pending", "active", "expired"]


@dataclass(frozen=True, slots=True)
class SilenceView:
    """A silence as far as it decides; `id` is its UUID as text."""

    id: str
    matchers: Matchers
    starts_at: datetime
    ends_at: datetime


def state(starts_at: datetime, ends_at: datetime, now: datetime) -> State:
    """Active from its start to its end, both included, as in Alertmanager."""
    if now < starts_at:
        return "pending"
    return "expired" if now > ends_at else "active"


def silenced_by(silences: Iterable[SilenceView], labels: Mapping[str, str], now: datetime) -> list[str]:
    """The ids of the active silences that match all of their matchers, sorted."""
    return sorted(
        one.id for one in silences if one.starts_at <= now <= one.ends_at and matches_all(one.matchers, labels)
    )
