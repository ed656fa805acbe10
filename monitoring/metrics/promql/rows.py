"""Vectors as rows: labels taken off, equal label sets brought together, steps repeated. Pure."""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.promql.errors import SAME_LABELSET, execution
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector

_NAME = "__name__"


def without_name(labels: Labels) -> Labels:
    """Labels without the metric's name."""
    if labels and labels[0][0] == _NAME:
        return labels[1:]
    return tuple([pair for pair in labels if pair[0] != _NAME])


def unnamed(vector: Vector) -> Vector:
    """The same without the metrics' names; equal label sets may come of it."""
    return Vector([without_name(labels) for labels in vector.labels], vector.values, vector.present)


def empty(steps: int) -> Vector:
    """No series."""
    return Vector([], np.empty((0, steps)), np.empty((0, steps), dtype=np.bool_))


def take(vector: Vector, rows: Ints | Sequence[int]) -> Vector:
    """Some rows of a vector."""
    return Vector([vector.labels[row] for row in rows], vector.values[rows], vector.present[rows])


def compact(vector: Vector) -> Vector:
    """Without the rows that have no sample at any step."""
    some = vector.present.any(axis=1)
    if some.all():
        return vector
    return take(vector, np.flatnonzero(some))


def repeated(vector: Vector, steps: int) -> Vector:
    """A vector of one step, at every step (read-only views)."""
    shape = (len(vector.labels), steps)
    return Vector(vector.labels, np.broadcast_to(vector.values, shape), np.broadcast_to(vector.present, shape))


def concatenated(vectors: Sequence[Vector]) -> Vector:
    """The rows of all, in order."""
    if len(vectors) == 1:
        return vectors[0]
    labels = [labels for vector in vectors for labels in vector.labels]
    values: Floats = np.concatenate([vector.values for vector in vectors])
    present: Bools = np.concatenate([vector.present for vector in vectors])
    return Vector(labels, values, present)


def distinct(vector: Vector, ever: bool = False) -> Vector:
    """Rows of equal labels become one, if no step has both; else Prometheus's error. `ever`: any such rows are an error."""
    count = len(vector.labels)
    if count < 2 or len(set(vector.labels)) == count:
        return vector
    vector = compact(vector)
    groups, firsts = grouped(vector.labels)
    if len(firsts) == len(vector.labels):
        return vector
    if ever:
        raise execution(SAME_LABELSET)
    steps = vector.values.shape[1]
    values, present = np.zeros((len(firsts), steps)), np.zeros((len(firsts), steps), dtype=np.bool_)
    for row, group in enumerate(groups):
        here = vector.present[row]
        if (present[group] & here).any():
            raise execution(SAME_LABELSET)
        values[group] = np.where(here, vector.values[row], values[group])
        present[group] |= here
    return Vector([vector.labels[first] for first in firsts], values, present)


def grouped(keys: Sequence[object]) -> tuple[Ints, list[int]]:
    """The group of each key, numbered by first appearance, and the place of each group's first key."""
    numbers: dict[object, int] = {}
    firsts: list[int] = []
    groups = np.empty(len(keys), dtype=np.int64)
    for place, key in enumerate(keys):
        number = numbers.setdefault(key, len(firsts))
        if number == len(firsts):
            firsts.append(place)
        groups[place] = number
    return groups, firsts


def by_labels(vector: Vector) -> Vector:
    """Rows in the order of their labels."""
    order = sorted(range(len(vector.labels)), key=vector.labels.__getitem__)
    return vector if order == list(range(len(order))) else take(vector, order)
