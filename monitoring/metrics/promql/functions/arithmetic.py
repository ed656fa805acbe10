"""Functions of one number after another: rounding, clamping, logarithms, angles, as Go's `math` has them. Pure."""

import math
from collections.abc import Callable

import numpy as np

from monitoring.metrics.promql.vectors import Bools, Floats

LOG_10_2 = math.log10(2)


def sign(values: Floats) -> Floats:
    """-1, 0 or 1; NaN stays, and so does the sign of a zero."""
    return np.where((values == 0) | np.isnan(values), values, np.sign(values))


def log2(values: Floats) -> Floats:
    """Exponent and logarithm of the fraction apart: just above 1, digits cancel, and they are to be the same ones."""
    fractions, exponents = np.frexp(values)
    whole = fractions == 0.5
    return np.where(whole, exponents - 1.0, exponents + np.log(fractions) * (1 / math.log(2)))


def log10(values: Floats) -> Floats:
    return log2(values) * LOG_10_2


def sinh(values: Floats) -> Floats:
    """Half of the exponential where the other half is nothing: it overflows as soon as the exponential does."""
    return np.where(np.abs(values) > 21, np.copysign(np.exp(np.abs(values)) * 0.5, values), np.sinh(values))


def cosh(values: Floats) -> Floats:
    return np.where(np.abs(values) > 21, np.exp(np.abs(values)) * 0.5, np.cosh(values))


SIMPLE: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": cosh,
    "deg": lambda values: values * 180 / math.pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": log10,
    "log2": log2,
    "rad": lambda values: values * math.pi / 180,
    "sgn": sign,
    "sin": np.sin,
    "sinh": sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def rounded(values: Floats, to_nearest: Floats) -> Floats:
    """To the nearest multiple; halves go up."""
    inverse = 1.0 / to_nearest
    return np.floor(values * inverse + 0.5) / inverse


@np.errstate(all="ignore")
def at_most(values: Floats, bounds: Floats) -> Floats:
    """The lesser; NaN wins over everything but -Inf, and -0 is less than 0."""
    lesser = np.where((values == 0) & (bounds == 0), -(-values - bounds), np.minimum(values, bounds))
    return np.where(np.isneginf(values) | np.isneginf(bounds), -np.inf, lesser)


def at_least(values: Floats, bounds: Floats) -> Floats:
    """The greater; NaN wins over everything but +Inf, and 0 is greater than -0."""
    return -at_most(-values, -bounds)


def clamped(values: Floats, least: Floats, most: Floats) -> Floats:
    return at_least(at_most(values, most), least)


def can_clamp(least: Floats, most: Floats) -> Bools:
    """Steps (T) whose bounds are not the wrong way round."""
    return ~(most < least)
