"""The order in which an instant query gives its series: `sort` and its kin. A range query has its own order. Pure."""

import re

import numpy as np

from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Ints, Vector

DIGITS = re.compile(r"(\d+)")


def by_value(vector: Vector, *, descending: bool) -> Vector:
    """Series by their value at the only step; equal ones as they were, then NaN backwards, as Prometheus's sorting leaves them."""
    if vector.values.shape[1] != 1:
        return vector
    values = vector.values[:, 0]
    values = np.where(vector.present[:, 0], -values if descending else values, np.nan)
    order = np.argsort(values, kind="stable")
    numbers = len(order) - int(np.isnan(values).sum())
    return in_order(vector, np.concatenate((order[:numbers], order[numbers:][::-1])))


def by_labels(vector: Vector, names: list[str], *, descending: bool) -> Vector:
    """Series by the values of these labels, then by all, digits taken as numbers."""
    if vector.values.shape[1] != 1:
        return vector

    def key(row: int) -> tuple[list[list[tuple[int, int, str]]], Labels]:
        values = dict(vector.labels[row])
        return [natural(values.get(name, "")) for name in names], vector.labels[row]

    order = sorted(range(len(vector.labels)), key=key, reverse=descending)
    return in_order(vector, np.array(order, np.int64))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that puts 9 before 10."""
    parts = DIGITS.split(text)
    return [(0, int(part), part) if number % 2 else (1, 0, part) for number, part in enumerate(parts) if part]


def in_order(vector: Vector, order: Ints) -> Vector:
    return Vector([vector.labels[row] for row in order], vector.values[order], vector.present[order])
