"""Straight lines through the samples of a window, by least squares: `deriv` and `predict_linear`. Pure."""

import numpy as np

from monitoring.metrics.promql.functions import kahan
from monitoring.metrics.promql.functions.windows import Block, blocks, over_windows
from monitoring.metrics.promql.vectors import Floats, Ints, Scalar, Vector, Windows


def deriv(windows: Windows) -> Vector:
    """The line's slope, a second."""

    def compute(_cells: Ints, starts: Ints, ends: Ints) -> Floats:
        return lines(windows, starts, ends, windows.times[starts])[0]

    return over_windows(windows, compute, at_least=2)


def predict_linear(windows: Windows, ahead_s: Scalar) -> Vector:
    """Where the line will be so many seconds after the step."""

    @np.errstate(all="ignore")
    def compute(cells: Ints, starts: Ints, ends: Ints) -> Floats:
        steps = cells % len(windows.eval_times)
        slopes, heights = lines(windows, starts, ends, windows.eval_times[steps])
        return slopes * ahead_s.values[steps] + heights

    return over_windows(windows, compute, at_least=2)


@np.errstate(all="ignore")
def lines(windows: Windows, starts: Ints, ends: Ints, origins: Ints) -> tuple[Floats, Floats]:
    """Slopes (k) a second, and heights (k) at the origins, which are times in ms."""
    slopes, heights = np.empty(len(starts)), np.empty(len(starts))
    for each in blocks(windows, starts, ends):
        chosen = each.windows
        slopes[chosen], heights[chosen] = block_lines(windows, each, origins[chosen])
    return slopes, heights


def block_lines(windows: Windows, each: Block, origins: Ints) -> tuple[Floats, Floats]:
    first = windows.values[each.starts]
    y = each.cells(windows.values)
    level = np.all(y == first, axis=0)  # what is behind a window's end is a sample of it
    y = each.filled(y, 0.0)
    x = each.filled((each.cells(windows.times) - origins) / 1e3, 0.0)
    sum_y, sum_xy = kahan.total(y), kahan.total(x * y)
    sum_x, sum_xx = kahan.total(x), kahan.total(x * x)
    count = each.lengths
    slope = (sum_xy - sum_x * sum_y / count) / (sum_xx - sum_x * sum_x / count)
    height = sum_y / count - slope * sum_x / count
    broken = ~(np.isfinite(sum_y) & np.isfinite(sum_xy))  # Prometheus's sums carry NaN along with an infinity
    slope[broken] = height[broken] = np.nan
    slope[level] = 0.0
    height[level] = first[level]
    endless = level & np.isinf(first)
    slope[endless] = height[endless] = np.nan
    return slope, height
