"""Whether there is anything at all: `absent`, `absent_over_time`, `scalar`. Pure."""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.promql.functions.labels import NAME
from monitoring.metrics.promql.storage import Labels, Matcher
from monitoring.metrics.promql.vectors import Bools, Scalar, Vector, Windows


def absent(vector: Vector, matchers: Sequence[Matcher]) -> Vector:
    """1 at steps without any series, with the labels that the matchers settle."""
    return ones_at(~np.any(vector.present, axis=0), matchers)


def absent_over_time(windows: Windows, matchers: Sequence[Matcher]) -> Vector:
    """1 at steps without any sample in any window, with the labels that the matchers settle."""
    return ones_at(~np.any(windows.ends > windows.starts, axis=0), matchers)


def ones_at(steps: Bools, matchers: Sequence[Matcher]) -> Vector:
    return Vector([settled_labels(matchers)], np.ones((1, len(steps))), steps[None, :])


def settled_labels(matchers: Sequence[Matcher]) -> Labels:
    """Labels that are asked for by `=`, and once only."""
    settled: dict[str, str] = {}
    unsettled = {NAME}
    for name, op, value in matchers:
        if op == "=" and name not in settled:
            if value:
                settled[name] = value
        else:
            unsettled.add(name)
    return tuple(sorted(pair for pair in settled.items() if pair[0] not in unsettled))


def scalar(vector: Vector) -> Scalar:
    """The one value of each step; NaN where there is none or more than one."""
    if not len(vector.labels):
        return Scalar(np.full(vector.values.shape[1], np.nan))
    counts = vector.present.sum(axis=0)
    rows = vector.present.argmax(axis=0)
    return Scalar(np.where(counts == 1, vector.values[rows, np.arange(len(rows))], np.nan))
