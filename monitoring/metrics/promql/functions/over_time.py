"""What the samples of each window come to: the `*_over_time` functions, `changes` and `resets`. Pure."""

from collections.abc import Callable

import numpy as np

from monitoring.metrics.promql.functions import averages
from monitoring.metrics.promql.functions.windows import over_windows, reduce_each
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector, Windows


def over_samples(windows: Windows, compute: Callable[[Windows, Ints, Ints], Floats]) -> Vector:
    """`compute(windows, starts, ends)` where there are samples."""
    return over_windows(windows, lambda _cells, starts, ends: compute(windows, starts, ends))


def reduced(windows: Windows, ufunc: np.ufunc) -> Vector:
    """`ufunc` over the samples of each window."""
    return over_samples(windows, lambda each, starts, ends: reduce_each(ufunc, each, each.values, starts, ends))


def sum_over_time(windows: Windows) -> Vector:
    return over_samples(windows, averages.sums)


def avg_over_time(windows: Windows) -> Vector:
    return over_samples(windows, averages.means)


def stdvar_over_time(windows: Windows) -> Vector:
    return over_samples(windows, averages.variances)


@np.errstate(invalid="ignore")
def stddev_over_time(windows: Windows) -> Vector:
    found = stdvar_over_time(windows)
    return Vector(found.labels, np.sqrt(found.values), found.present)


def min_over_time(windows: Windows) -> Vector:
    """The least; NaN only where there is nothing else."""
    return reduced(windows, np.fmin)


def max_over_time(windows: Windows) -> Vector:
    """The greatest; NaN only where there is nothing else."""
    return reduced(windows, np.fmax)


def count_over_time(windows: Windows) -> Vector:
    counts = windows.ends - windows.starts
    return Vector(windows.labels, counts.astype(np.float64), counts > 0)


def present_over_time(windows: Windows) -> Vector:
    return Vector(windows.labels, np.ones(windows.starts.shape), windows.ends > windows.starts)


def last_over_time(windows: Windows) -> Vector:
    return over_samples(windows, lambda each, _starts, ends: each.values[ends - 1])


def first_over_time(windows: Windows) -> Vector:
    return over_samples(windows, lambda each, starts, _ends: each.values[starts])


def ts_of_last_over_time(windows: Windows) -> Vector:
    """When the last sample was taken, in seconds."""
    return over_windows(windows, lambda _cells, _starts, ends: windows.times[ends - 1] / 1000)


def ts_of_first_over_time(windows: Windows) -> Vector:
    """When the first sample was taken, in seconds."""
    return over_windows(windows, lambda _cells, starts, _ends: windows.times[starts] / 1000)


def changes(windows: Windows) -> Vector:
    """How often a sample differs from the one before; NaN after NaN does not."""
    before, after = windows.values[:-1], windows.values[1:]
    return pairs_counted(windows, (after != before) & ~(np.isnan(after) & np.isnan(before)))


def resets(windows: Windows) -> Vector:
    """How often a sample is less than the one before."""
    return pairs_counted(windows, windows.values[1:] < windows.values[:-1])


def pairs_counted(windows: Windows, marked: Bools) -> Vector:
    """How many neighbours of each window are marked; `marked[i]` is about samples i and i + 1."""
    until = np.zeros(len(marked) + 2, np.int64)
    np.cumsum(marked, out=until[1 : len(marked) + 1])
    until[-1] = until[-2]

    def compute(_cells: Ints, starts: Ints, ends: Ints) -> Floats:
        return (until[ends - 1] - until[starts]).astype(np.float64)

    return over_windows(windows, compute)
