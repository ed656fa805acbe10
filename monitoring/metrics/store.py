"""The narrow contract of the metrics room: `write(samples)` and `read(selector, start, end, step)`.

Nothing outside this module and `copying` knows how samples are kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One measured value. `labels` are sorted by name; `time` is aware; units follow the metric's name (`_seconds`, `_bytes`)."""

    name: str
    labels: Labels
    time: datetime
    value: float


class Selector(NamedTuple):
    """Series by metric name (exact) and labels that must be there."""

    name: str
    labels: Mapping[str, str]


@dataclass(slots=True)
class SeriesData:
    """One series: (time, value) points in time order; with a step, the mean of each step, at its start."""

    name: str
    labels: dict[str, str]
    points: list[tuple[datetime, float]]


def labels_of(pairs: Mapping[str, str]) -> Labels:
    return tuple(sorted(pairs.items()))


def write(samples: Iterable[Sample]) -> int:
    """Store samples durably; how many. One COPY per call; joins the caller's transaction, if there is one."""
    raise NotImplementedError


def read(selector: Selector, start: datetime, end: datetime, step: timedelta | None = None) -> list[SeriesData]:
    """Samples of every matching series in [start, end)."""
    raise NotImplementedError
