"""Arithmetic and comparisons of numbers, as Go does them. Pure."""

from collections.abc import Callable

import numpy as np

from monitoring.metrics.promql.vectors import Bools, Floats


def power(base: Floats, exponent: Floats) -> Floats:
    """base ^ exponent. numpy takes a square root for ^ 0.5, which -Inf has none of and C's pow and Go's have."""
    found: Floats = np.power(base, exponent)
    half = np.equal(exponent, 0.5)
    return np.where(half & np.isneginf(base), np.inf, found) if half.any() else found


ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": power,
    "atan2": np.arctan2,
}
COMPARE: dict[str, Callable[[Floats, Floats], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
DROPS_NAME = frozenset(("+", "-", "*", "/", "%", "^"))
"""Not atan2: Prometheus 2.42 leaves the name on it."""


def scalars(op: str, left: Floats, right: Floats) -> Floats:
    """Two numbers a step; a comparison is 1 or 0."""
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right)
    return COMPARE[op](left, right).astype(np.float64)
