"""Sums that carry their rounding errors along, as Neumaier improved Kahan's (Zeitschrift für Angewandte Mathematik und
Mechanik 54, 1974), in the order of the samples: the last bit is to be what Prometheus's is. Pure."""

from typing import TypeVar

import numpy as np

from monitoring.metrics.promql.vectors import Floats

Number = TypeVar("Number", float, Floats)


def add_one(term: float, total: float, rest: float) -> tuple[float, float]:
    """The sum with a term more, and the rounding errors so far."""
    new = total + term
    if abs(total) >= abs(term):
        return new, rest + ((total - new) + term)
    return new, rest + ((term - new) + total)


def add(term: Floats, total: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """The same for many sums at once."""
    new = total + term
    return new, rest + np.where(np.abs(total) >= np.abs(term), (total - new) + term, (term - new) + total)


def total(cells: Floats) -> Floats:
    """Sums along the first axis (L, m) → (m); an infinite sum stays as it is."""
    running = np.add.accumulate(cells, axis=0)
    before = np.zeros_like(running)
    before[1:] = running[:-1]
    smaller = np.abs(before) < np.abs(cells)
    lost = np.where(smaller, (cells - running) + before, (before - running) + cells)
    rests = np.add.accumulate(lost, axis=0)[-1]
    sums: Floats = running[-1]
    return np.where(np.isinf(sums), sums, sums + rests)


def total_one(terms: list[float]) -> float:
    """The sum of one list."""
    total = rest = 0.0
    for term in terms:
        total, rest = add_one(term, total, rest)
    return total if total in (np.inf, -np.inf) else total + rest
