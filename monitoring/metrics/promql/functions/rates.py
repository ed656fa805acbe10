"""How fast counters and gauges change: `rate` and its kin (Prometheus 2.42, promql/functions.go). Pure."""

from collections.abc import Callable

import numpy as np

from monitoring.metrics.promql.functions.windows import FEW, over_windows, side_by_side
from monitoring.metrics.promql.vectors import Floats, Ints, Vector, Windows

THRESHOLD_RATIO = 1.1
"""Nearer to the window's border than so many average intervals, a series is taken to go on to the border."""


def rate(windows: Windows) -> Vector:
    """Growth a second, resets and borders allowed for."""
    return extrapolated(windows, counter=True, per_second=True)


def increase(windows: Windows) -> Vector:
    """Growth over the window, resets and borders allowed for."""
    return extrapolated(windows, counter=True, per_second=False)


def delta(windows: Windows) -> Vector:
    """Difference between the window's ends, borders allowed for."""
    return extrapolated(windows, counter=False, per_second=False)


def extrapolated(windows: Windows, *, counter: bool, per_second: bool) -> Vector:
    """The change between the first and the last sample, stretched to what of the window the series covers."""

    @np.errstate(all="ignore")
    def compute(cells: Ints, starts: Ints, ends: Ints) -> Floats:
        values, times = windows.values, windows.times
        firsts = values[starts]
        change = values[ends - 1] - firsts
        if counter:
            change = with_resets(change, windows, starts, ends)
        began, ended = times[starts], times[ends - 1]
        window_ends = windows.window_ends[cells % len(windows.window_ends)]
        covered = (ended - began) / 1000
        to_start = (began - (window_ends - windows.range_ms)) / 1000
        to_end = (window_ends - ended) / 1000
        if counter:  # it was never below zero: not further back than where it would have been zero
            to_zero = covered * (firsts / change)
            to_start = np.where((change > 0) & (firsts >= 0) & (to_zero < to_start), to_zero, to_start)
        factor = reach(covered, to_start, to_end, ends - starts) / covered
        if per_second:
            factor /= windows.range_ms / 1000
        return change * factor

    return over_windows(windows, compute, at_least=2)


def reach(covered: Floats, to_start: Floats, to_end: Floats, counts: Ints) -> Floats:
    """Seconds that the series is taken to cover: to a border that is near, else half an interval further."""
    interval = covered / (counts - 1)
    threshold = interval * THRESHOLD_RATIO
    half = interval / 2
    return covered + np.where(to_start < threshold, to_start, half) + np.where(to_end < threshold, to_end, half)


def with_resets(change: Floats, windows: Windows, starts: Ints, ends: Ints) -> Floats:
    """`change` (k) and, for each time a counter began anew within the window, what it had counted before."""
    values = windows.values
    resets = np.flatnonzero(values[1:] < values[:-1]) + 1
    if not len(resets):
        return change
    counted = values[resets - 1]
    firsts = np.searchsorted(resets, starts, side="right")
    lasts = np.searchsorted(resets, ends, side="left")
    with_some = np.flatnonzero(firsts < lasts)
    if not len(with_some):
        return change
    change[with_some] = added_in_order(change[with_some], counted, firsts[with_some], lasts[with_some], windows.check)
    return change


def added_in_order(sums: Floats, terms: Floats, starts: Ints, ends: Ints, check: Callable[[], None]) -> Floats:
    """Each sum (k) and its terms, from first to last: another order might lose digits that Prometheus keeps."""
    if len(sums) <= FEW:
        spans = zip(sums.tolist(), starts.tolist(), ends.tolist(), strict=True)
        return np.array(
            [np.add.accumulate(np.concatenate(([total], terms[start:end])))[-1] for total, start, end in spans]
        )
    added = np.empty(len(sums))
    for each in side_by_side(starts, ends):
        totals = sums[each.windows]
        for _, size, found in each.positions(terms, check):
            totals[:size] += found
        added[each.windows] = totals
    return added


def irate(windows: Windows) -> Vector:
    """Growth a second between the last two samples, a reset allowed for."""

    @np.errstate(all="ignore")
    def compute(_cells: Ints, _starts: Ints, ends: Ints) -> Floats:
        before, last = windows.values[ends - 2], windows.values[ends - 1]
        growth = np.where(last < before, last, last - before)
        return growth / ((windows.times[ends - 1] - windows.times[ends - 2]) / 1000)

    return over_windows(windows, compute, at_least=2)


def idelta(windows: Windows) -> Vector:
    """Difference between the last two samples."""

    @np.errstate(all="ignore")
    def compute(_cells: Ints, _starts: Ints, ends: Ints) -> Floats:
        return windows.values[ends - 1] - windows.values[ends - 2]

    return over_windows(windows, compute, at_least=2)
