"""What a layer has to be: errors by field, with the fix. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
MOST_LAYERS = 20
MOST_MEMBERS = 100
MOST_RESTRICTIONS = 50
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
WEEKDAYS = range(7)


def layer_errors(layer: Mapping[str, Any]) -> dict[str, str]:
    """By field of a layer: members, starts_at, ends_at, restrictions.0.start …"""
    errors = {}
    members = layer.get("members") or ()
    if not members:
        errors["members"] = "Name at least one person."
    elif len(members) > MOST_MEMBERS:
        errors["members"] = f"A rotation has at most {MOST_MEMBERS} places."
    starts_at, ends_at = layer.get("starts_at"), layer.get("ends_at")
    if isinstance(starts_at, datetime) and not EARLIEST <= starts_at < LATEST:
        errors["starts_at"] = f"Give a time from {EARLIEST:%Y} to {LATEST:%Y}."
    if isinstance(starts_at, datetime) and isinstance(ends_at, datetime) and ends_at <= starts_at:
        errors["ends_at"] = "The end must come after the start; empty: it goes on."
    return errors | restriction_errors(layer.get("restrictions"))


def restriction_errors(restrictions: Any) -> dict[str, str]:
    """By place: `restrictions`, or `restrictions.0.start`."""
    if restrictions is None:
        return {}
    if not isinstance(restrictions, Sequence) or isinstance(restrictions, str):
        return {"restrictions": 'Give a list of {"weekday", "start", "end"}; an empty one: always.'}
    if len(restrictions) > MOST_RESTRICTIONS:
        return {"restrictions": f"At most {MOST_RESTRICTIONS} restrictions in one layer."}
    errors = {}
    for number, one in enumerate(restrictions):
        for name, words in _faults(one):
            errors[f"restrictions.{number}{name}"] = words
    return errors


def _faults(one: Any) -> list[tuple[str, str]]:
    if not isinstance(one, Mapping) or set(one) - {"weekday", "start", "end"}:
        return [("", 'Give {"weekday": 0 to 6 or null, "start": "22:00", "end": "06:00"}.')]
    faults = []
    weekday = one.get("weekday")
    if weekday is not None and (isinstance(weekday, bool) or weekday not in WEEKDAYS):
        faults.append((".weekday", "Give 0 (Monday) to 6 (Sunday), or null for every day."))
    for name in ("start", "end"):
        if not isinstance(one.get(name), str) or not CLOCK.fullmatch(one[name]):
            faults.append((f".{name}", "Give a time of day such as 09:00, up to 23:59; 00:00 as the end is midnight."))
    return faults


def tidy(restrictions: Any) -> list[dict[str, Any]]:
    """Valid restrictions as they are stored."""
    return [{"weekday": one.get("weekday"), "start": one["start"], "end": one["end"]} for one in restrictions or ()]
