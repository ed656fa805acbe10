"""A small on-call estate for tests: people, and schedules that they take turns in."""

from datetime import UTC, datetime
from typing import Any

from alerts.oncall.actions import schedule_save
from alerts.oncall.models import Schedule
from security.access.models import User

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def layer(*members: User, **values: Any) -> dict[str, Any]:
    """A weekly rotation from MONDAY on, unless `values` say otherwise."""
    return {"name": "Primary", "rotation": "weekly", "starts_at": MONDAY, "members": list(members)} | values


def schedule(*layers: dict[str, Any], name: str = "Web", time_zone: str = "UTC") -> Schedule:
    return schedule_save(name=name, time_zone=time_zone, layers=layers)
