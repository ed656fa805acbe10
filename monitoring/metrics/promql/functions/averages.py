"""Sums, means and spreads of windows, equal to Prometheus's to nine digits whatever the samples are. Pure.

Prometheus goes through a window sample by sample and carries rounding errors along. Where no digits cancel, any order
of additions gives the same nine digits, and one pass over all windows will do. Windows where digits do cancel, or that
are not finite, are gone through in Prometheus's way: side by side, or in Python when there are few.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from monitoring.metrics.promql.functions import kahan
from monitoring.metrics.promql.functions.windows import FEW, Block, reduce_each, side_by_side
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Windows

SMALL = 64
"""Samples that are gone through sooner in Python than in arrays."""

AT_ONCE = 1 << 16

LEAST_SUM_RATIO = 1e-4
"""A sum this much smaller than the sum of magnitudes has lost so many digits that the order of additions shows."""

LEAST_MEAN_RATIO = 1e-5  # of a mean to the greatest magnitude


class Sequence(NamedTuple):
    """The same calculation, sample by sample: over one window, and over windows side by side."""

    one: Callable[[Iterable[float]], float]
    block: Callable[[Block, Windows], Floats]

    def over(self, windows: Windows, starts: Ints, ends: Ints) -> Floats:
        """Over every window (k)."""
        if len(starts) <= FEW:
            return self.one_by_one(windows, starts, ends)
        found = np.empty(len(starts))
        for each in side_by_side(starts, ends):
            found[each.windows] = self.block(each, windows)
        return found

    def one_by_one(self, windows: Windows, starts: Ints, ends: Ints) -> Floats:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([self.one(samples(windows, start, end)) for start, end in spans], np.float64)


def samples(windows: Windows, start: int, end: int) -> Iterable[float]:
    """Samples as Python's numbers, of which there are never too many at once."""
    if end - start <= AT_ONCE:
        numbers: list[float] = windows.values[start:end].tolist()
        return numbers
    return chain.from_iterable(portions(windows, start, end))


def portions(windows: Windows, start: int, end: int) -> Iterator[list[float]]:
    for first in range(start, end, AT_ONCE):
        windows.check()
        yield windows.values[first : min(first + AT_ONCE, end)].tolist()


@np.errstate(all="ignore")
def sums(windows: Windows, starts: Ints, ends: Ints) -> Floats:
    """Sums of windows (k)."""
    if is_small(starts, ends):
        return SUM.one_by_one(windows, starts, ends)
    values = windows.values
    found = reduce_each(np.add, windows, values, starts, ends)
    doubtful = ~np.isfinite(found)
    if not values.min() >= 0:
        doubtful |= np.abs(found) < LEAST_SUM_RATIO * reduce_each(np.add, windows, np.abs(values), starts, ends)
    return with_doubtful(found, doubtful, SUM, windows, starts, ends)


@np.errstate(all="ignore")
def means(windows: Windows, starts: Ints, ends: Ints) -> Floats:
    """Means of windows (k)."""
    if is_small(starts, ends):
        return MEAN.one_by_one(windows, starts, ends)
    values = windows.values
    found = reduce_each(np.add, windows, values, starts, ends) / (ends - starts)
    doubtful = ~np.isfinite(found)
    if not values.min() >= 0:
        greatest = reduce_each(np.maximum, windows, np.abs(values), starts, ends)
        doubtful |= np.abs(found) < LEAST_MEAN_RATIO * greatest
    return with_doubtful(found, doubtful, MEAN, windows, starts, ends)


@np.errstate(all="ignore")
def variances(windows: Windows, starts: Ints, ends: Ints) -> Floats:
    """Population variances of windows (k)."""
    return VARIANCE.over(windows, starts, ends)


def is_small(starts: Ints, ends: Ints) -> bool:
    return len(starts) <= FEW and int((ends - starts).sum()) <= SMALL


def with_doubtful(
    found: Floats, doubtful: Bools, sequence: Sequence, windows: Windows, starts: Ints, ends: Ints
) -> Floats:
    """`found`, with the doubtful windows gone through again."""
    again = np.flatnonzero(doubtful)
    if len(again):
        found[again] = sequence.over(windows, starts[again], ends[again])
    return found


def sum_block(each: Block, windows: Windows) -> Floats:
    total, rest = np.zeros((2, len(each.lengths)))
    for _, size, found in each.positions(windows.values, windows.check):
        total[:size], rest[:size] = kahan.add(found, total[:size], rest[:size])
    return np.where(np.isinf(total), total, total + rest)


def mean_one(samples: Iterable[float]) -> float:
    """A mean that is moved towards each sample; once infinite, only another infinity or NaN moves it."""
    mean = rest = 0.0
    for count, sample in enumerate(samples, 1):
        if math.isinf(mean) and (math.isfinite(sample) or sample == mean):
            continue
        mean, rest = kahan.add_one(sample / count - mean / count, mean, rest)
    return mean if math.isinf(mean) else mean + rest


def mean_block(each: Block, windows: Windows) -> Floats:
    mean, rest = np.zeros(len(each.lengths)), np.zeros(len(each.lengths))
    for position, size, samples in each.positions(windows.values, windows.check):
        before = mean[:size]
        stays = np.isinf(before) & (np.isfinite(samples) | (samples == before))
        count = position + 1
        after, rest_after = kahan.add(samples / count - before / count, before, rest[:size])
        mean[:size] = np.where(stays, before, after)
        rest[:size] = np.where(stays, rest[:size], rest_after)
    return np.where(np.isinf(mean), mean, mean + rest)


def variance_one(samples: Iterable[float]) -> float:
    """Welford's method (Technometrics 4, 1962), both of its sums carrying their rounding errors along."""
    count, mean, mean_rest, squares, squares_rest = 0, 0.0, 0.0, 0.0, 0.0
    for count, sample in enumerate(samples, 1):
        off = sample - (mean + mean_rest)
        mean, mean_rest = kahan.add_one(off / count, mean, mean_rest)
        squares, squares_rest = kahan.add_one(off * (sample - (mean + mean_rest)), squares, squares_rest)
    return (squares + squares_rest) / count


def variance_block(each: Block, windows: Windows) -> Floats:
    mean, mean_rest, squares, squares_rest = np.zeros((4, len(each.lengths)))
    for position, size, samples in each.positions(windows.values, windows.check):
        off = samples - (mean[:size] + mean_rest[:size])
        mean[:size], mean_rest[:size] = kahan.add(off / (position + 1), mean[:size], mean_rest[:size])
        change = off * (samples - (mean[:size] + mean_rest[:size]))
        squares[:size], squares_rest[:size] = kahan.add(change, squares[:size], squares_rest[:size])
    spread: Floats = (squares + squares_rest) / each.lengths
    return spread


SUM = Sequence(kahan.total_one, sum_block)
MEAN = Sequence(mean_one, mean_block)
VARIANCE = Sequence(variance_one, variance_block)
