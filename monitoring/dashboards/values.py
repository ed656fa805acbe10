"""The values of a check for people: label, unit, words; and which of them get a chart. Pure but for the list of probes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitoring.checks.probes.base import Value
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.value_names import split_name
from opsportal import units
from opsportal.kinds import UnknownKindError

SUFFIX_UNITS = {
    "_bytes_per_second": "B/s",
    "_per_second": "/s",
    "_seconds": "s",
    "_bytes": "B",
    "_ratio": "ratio",
    "_days": "d",
}


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value of a check. `key` is as the probe named it (`disk_used_ratio{mount="/"}`), `name` without its labels."""

    key: str
    name: str
    label: str
    unit: str
    help: str
    number: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return units.humanise(self.number, self.unit)

    @property
    def label_text(self) -> str:
        return ", ".join(self.labels.values())


DURATION = ShownValue("", "", "Duration of the run", "s", "From the start of the run to its result.")
"""What every check has: the value of the empty name."""


def shown_values(kind: str, values: Mapping[str, float]) -> list[ShownValue]:
    """The last values of a check in the order of its kind's own list."""
    described = described_values(kind)
    order = {name: place for place, name in enumerate(described)}
    found = [shown_value(key, number, described) for key, number in values.items()]
    return sorted(found, key=lambda value: (order.get(value.name, len(order)), value.key))


def charts_of(kind: str, values: Mapping[str, float]) -> list[ShownValue]:
    """One chart per value name; series that differ by label share it. The duration of the run is always charted."""
    charts = {"": DURATION}
    for value in shown_values(kind, values):
        charts.setdefault(value.name, value)
    return list(charts.values())


def shown_value(key: str, number: float | None, described: Mapping[str, Value]) -> ShownValue:
    name, labels = split_name(key)
    value = described.get(name) or Value(name.replace("_", " ").capitalize(), unit_of(name))
    return ShownValue(key, name, value.label, value.unit, value.help, number, labels)


def described_values(kind: str) -> Mapping[str, Value]:
    try:
        return probe_class(kind).values
    except UnknownKindError:
        return {}


def unit_of(name: str) -> str:
    """The unit a name says by its ending, for values a kind does not describe (columns of `sql`)."""
    return next((unit for suffix, unit in SUFFIX_UNITS.items() if name.endswith(suffix)), "")
