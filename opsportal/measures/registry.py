"""Measures of this process, and what of them has not been flushed yet."""

import re
import threading
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal

Type = Literal["counter", "gauge", "histogram"]
Across = Literal["sum", "max"]

SEPARATOR = (
    "\x1f"  # between the parts of a field: name, labels as they are shown, for histograms the bucket's bound or `sum`
)
NAME = re.compile(r"opsportal_[a-z][a-z0-9_]*[a-z0-9]")
LABEL = re.compile(r"[a-z][a-z0-9_]*")
MOST_SERIES = 5_000  # of one measure in one process; what comes on top is counted together
OTHER = "(other)"
DURATIONS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Family:
    """A measure as all processes know it. `across`: how the gauges of several processes become one."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    across: Across = "sum"


@dataclass(slots=True)
class Registry:
    """`counts` are deltas since the last flush by field, `gauges` are present values."""

    families: dict[str, Family] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def declare(self, family: Family, suffix: str) -> None:
        """Raises ValueError for a name that is taken or not like the others."""
        if not NAME.fullmatch(family.name) or not family.name.endswith(suffix):
            raise ValueError(f"{family.name!r}: a {family.type} is called opsportal_…{suffix}, in lower case.")
        if bad := [label for label in family.labels if not LABEL.fullmatch(label) or label == "le"]:
            raise ValueError(f"{family.name}: {bad[0]!r} is not a good name of a label.")
        if self.families.setdefault(family.name, family) != family:
            raise ValueError(f"{family.name} is declared twice, differently.")

    def take_counts(self) -> dict[str, float]:
        """The deltas; they begin anew."""
        with self.lock:
            taken, self.counts = self.counts, {}
        return taken


registry = Registry()


class Measure:
    """What the three kinds share: the fields of label sets that were seen."""

    def __init__(self, family: Family, to: Registry) -> None:
        self.family = family
        self._registry = to
        self._lock = to.lock
        self._seen: dict[tuple[str, ...], str] = {}

    def _field(self, labels: tuple[str, ...]) -> str:
        """The field of a label set; past MOST_SERIES of them, that of `(other)`."""
        if len(labels) != len(self.family.labels):
            raise ValueError(f"{self.family.name} has the labels {self.family.labels}, not {len(labels)}.")
        if len(self._seen) >= MOST_SERIES:
            labels = (OTHER,) * len(labels)
        pairs = zip(self.family.labels, labels, strict=True)
        shown = ",".join(f'{name}="{escaped(value)}"' for name, value in pairs)
        return self._seen.setdefault(labels, f"{self.family.name}{SEPARATOR}{shown}")


class Counter(Measure):
    def add(self, amount: float = 1.0, *labels: str) -> None:
        """Count `amount`, 0 or more (0 makes the series known); anything else is passed over."""
        field = self._seen.get(labels) or self._field(labels)
        if not 0.0 <= amount < inf:
            return
        with self._lock:
            counts = self._registry.counts
            counts[field] = counts.get(field, 0.0) + amount


class Gauge(Measure):
    def set(self, value: float, *labels: str) -> None:
        self._registry.gauges[self._seen.get(labels) or self._field(labels)] = value

    def add(self, amount: float, *labels: str) -> None:
        field = self._seen.get(labels) or self._field(labels)
        with self._lock:
            gauges = self._registry.gauges
            gauges[field] = gauges.get(field, 0.0) + amount

    def forget(self, *labels: str) -> None:
        """What it told of is gone."""
        self._registry.gauges.pop(self._seen.pop(labels, ""), None)


class Histogram(Measure):
    def __init__(self, family: Family, to: Registry, bounds: Sequence[float]) -> None:
        super().__init__(family, to)
        self._bounds = tuple(bounds)
        self._texts = (*(f"{bound:.12g}" for bound in bounds), "+Inf")
        self._fields: dict[tuple[str, ...], tuple[str, ...]] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one `value` in its bucket; NaN is passed over."""
        fields = self._fields.get(labels) or self._fields_of(labels)
        if not -inf < value < inf:
            return
        bucket = fields[bisect_left(self._bounds, value)]
        with self._lock:
            counts = self._registry.counts
            counts[bucket] = counts.get(bucket, 0.0) + 1.0
            counts[fields[-1]] = counts.get(fields[-1], 0.0) + value

    def _fields_of(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """One field a bucket, and the sum's. Each is made known at once, so that a rate sees the first observation."""
        before = self._field(labels)
        fields = tuple(f"{before}{SEPARATOR}{text}" for text in (*self._texts, "sum"))
        if len(self._fields) < MOST_SERIES:
            self._fields[labels] = fields
        with self._lock:
            for one in fields:
                self._registry.counts.setdefault(one, 0.0)
        return fields


def counter(name: str, help: str, labels: Sequence[str] = (), *, to: Registry = registry) -> Counter:
    """`opsportal_…_total`. Without labels it is known, as 0, from the start."""
    family = Family(name, "counter", help, tuple(labels))
    to.declare(family, "_total")
    made = Counter(family, to)
    if not labels:
        made.add(0.0)
    return made


def gauge(
    name: str, help: str, labels: Sequence[str] = (), *, across: Across = "sum", to: Registry = registry
) -> Gauge:
    """A value of now. Of a process that ended it is gone within a few seconds."""
    family = Family(name, "gauge", help, tuple(labels), across)
    to.declare(family, "")
    return Gauge(family, to)


def histogram(
    name: str,
    help: str,
    labels: Sequence[str] = (),
    *,
    bounds: Sequence[float] = DURATIONS_S,
    to: Registry = registry,
) -> Histogram:
    """`bounds` are upper ones, ascending; +Inf comes by itself. A value is 0 or more where a rate of the sum is to make sense."""
    if list(bounds) != sorted(set(bounds)):
        raise ValueError(f"{name}: the bounds do not ascend.")
    family = Family(name, "histogram", help, tuple(labels))
    to.declare(family, "")
    return Histogram(family, to, bounds)


def escaped(value: str) -> str:
    """A label's value between its quotation marks, and without what separates the parts of a field."""
    return value.replace(SEPARATOR, " ").replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
