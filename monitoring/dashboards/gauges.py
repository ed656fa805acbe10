"""The values of a machine as gauges, grouped by what they are about. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.checks.choices import Status
from monitoring.checks.status import crossed
from monitoring.dashboards.values import ShownValue, shown_values

# A value belongs to the first group one of whose words is in its name.
GROUPS = (
    ("Container", ("container",)),
    ("Processor", ("cpu", "load")),
    ("Memory", ("memory", "swap", "oom")),
    ("Disk", ("disk", "inodes", "filesystem")),
    ("Network", ("network",)),
    ("Pressure", ("pressure",)),
)
# What the list of machines shows: of each name the fullest.
HEADLINE = ("cpu_used_ratio", "memory_used_ratio", "swap_used_ratio", "disk_used_ratio")
OTHER = "Other"
WIDTH = 100  # of a gauge's drawing, in its own units


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value. `width` is None where it has no upper end, so that a number is all there is to show."""

    value: ShownValue
    status: Status
    width: float | None
    bounds: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    meters: list[Gauge]
    numbers: list[Gauge]


def groups(kind: str, values: Mapping[str, float], thresholds: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Every value of a check, in the groups of GROUPS; ratios are meters."""
    gauges = [gauge(value, thresholds) for value in shown_values(kind, values)]
    names = [name for name, _ in GROUPS] + [OTHER]
    found = []
    for name in names:
        mine = [one for one in gauges if group_of(one.value.name) == name]
        if mine:
            meters = [one for one in mine if one.width is not None]
            found.append(Group(name, meters, [one for one in mine if one.width is None]))
    return found


def gauge(value: ShownValue, thresholds: Sequence[Mapping[str, Any]]) -> Gauge:
    mine = [threshold for threshold in thresholds if threshold.get("value") in (value.name, value.key)]
    number = value.number or 0.0
    crossing = crossed(mine, {str(threshold["value"]): number for threshold in mine})
    width = min(1.0, max(0.0, number)) * WIDTH if value.unit == "ratio" else None
    return Gauge(
        value, crossing.status if crossing else Status.UP, width, " · ".join(_bounds(threshold) for threshold in mine)
    )


def group_of(name: str) -> str:
    return next((group for group, words in GROUPS if any(word in name for word in words)), OTHER)


def headline(meters: Sequence[Gauge]) -> list[Gauge]:
    """The meters worth a place in the list of machines."""
    found = []
    for name in HEADLINE:
        mine = [one for one in meters if one.value.name == name]
        found += sorted(mine, key=lambda one: one.width or 0)[-1:]
    return found


def _bounds(threshold: Mapping[str, Any]) -> str:
    parts = [f"{word} at {threshold[word]:g}" for word in ("degraded", "down") if threshold.get(word) is not None]
    return ", ".join(parts)
