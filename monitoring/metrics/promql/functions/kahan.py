"""Sums that carry their rounding errors along, as Neumaier improved Kahan's (Zeitschrift für Angewandte Mathematik und
Mechanik 54, 1974), in the order of the samples: the last bit is to be what Prometheus's is. Pure."""

from collections.abc import Iterable

import numpy as np

from monitoring.metrics.promql.vectors import Floats

MOST_CELLS = 1 << 17  # at once


def add_one(term: float, total: float, rest: float) -> tuple[float, float]:
    """The sum with a term more, and the rounding errors so far."""
    new = total + term
    if abs(total) >= abs(term):
        return new, rest + ((total - new) + term)
    return new, rest + ((term - new) + total)


def add(term: Floats, total: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """The same for many sums at once; what rounding loses is found without asking which is greater (Knuth's TwoSum)."""
    new = total + term
    added = new - total
    return new, rest + ((total - (new - added)) + (term - added))


def total(cells: Floats) -> Floats:
    """Sums along the first axis (L, m) → (m); an infinite sum stays as it is."""
    sums = rests = np.zeros((1, cells.shape[1]))
    height = max(1, MOST_CELLS // cells.shape[1])
    for first in range(0, len(cells), height):
        running = running_sums(np.concatenate((sums, cells[first : first + height])))
        before, after = running[:-1], running[1:]
        added = after - before
        lost = before - (after - added)
        lost += np.subtract(cells[first : first + height], added, out=added)
        sums, rests = running[-1:], rests + np.add.reduce(lost, axis=0)
    found: Floats = np.where(np.isinf(sums), sums, sums + rests)[0]
    return found


def running_sums(cells: Floats) -> Floats:
    """Sums of each column down to each cell (L, m), written over the cells."""
    if cells.shape[0] > cells.shape[1]:
        return np.add.accumulate(cells, axis=0)
    for row in range(1, len(cells)):
        np.add(cells[row - 1], cells[row], out=cells[row])
    return cells


def total_one(terms: Iterable[float]) -> float:
    """The sum of one list."""
    total = rest = 0.0
    for term in terms:
        total, rest = add_one(term, total, rest)
    return total if total in (np.inf, -np.inf) else total + rest
