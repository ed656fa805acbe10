"""The tick of the clock that durations were taken with: 10.015 ns here, 41.667 ns there. Pure.

Whoever measures with such a clock sends whole multiples of the tick, rounded; the multiples take some bits less than the numbers do.
"""

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import Floats, Ints

LEAST_COUNT = 1024
_SPAN = 1 << 17  # of the numbers that the tick is looked for in: those within so many of the least
_LONGEST, _SHORTEST = 1000, 3
_CLEAR = 0.5  # how much of the numbers must agree: 1 when all are just multiples, 0.02 by chance
_SAMPLE = 2048
_STEPS, _TRIED, _NARROWER = 8, 21, 6.0


def pace_of(numbers: Ints) -> float | None:
    """The period with which numbers come, if they do: the strongest line in the spectrum of how often each is there."""
    near = (numbers - numbers.min()).view(np.uint64)
    near = near[near < _SPAN]
    if len(numbers) < LEAST_COUNT or len(near) < len(numbers) // 2:
        return None
    spectrum = np.abs(np.fft.rfft(np.bincount(near.astype(np.int64), minlength=_SPAN)))
    low = _SPAN // _LONGEST
    line = low + int(np.argmax(spectrum[low : _SPAN // _SHORTEST]))
    if spectrum[line] < _CLEAR * len(near):
        return None
    return 1 / _sharpened(line / _SPAN, near[:_SAMPLE].astype(np.float64))


def _sharpened(frequency: float, numbers: NDArray[np.float64]) -> float:
    """The frequency at which the numbers agree best, next to this one."""
    width = 1 / _SPAN
    for _ in range(_STEPS):
        tried: Floats = frequency + np.linspace(-width, width, _TRIED)
        phases = np.exp(2j * np.pi * np.outer(tried, numbers))
        frequency = float(tried[int(np.argmax(np.abs(phases.sum(axis=1))))])
        width /= _NARROWER
    return frequency


def multiples(numbers: Ints, pace: float) -> tuple[Ints, Ints]:
    """(multiples, remainders): a number is floor(multiple x pace), both as float64, plus its remainder."""
    whole = np.rint(numbers / pace).astype(np.int64)
    return whole, numbers - floors(whole, pace)


def by_fraction(whole: Ints, pace: float) -> Ints:
    """The order of the multiples by what was cut off: neighbours were rounded alike."""
    exact = whole.astype(np.float64) * pace
    order: Ints = np.argsort(exact - np.floor(exact), kind="stable")
    return order


def floors(whole: Ints, pace: float) -> Ints:
    found: Ints = np.floor(whole.astype(np.float64) * pace).astype(np.int64)
    return found
