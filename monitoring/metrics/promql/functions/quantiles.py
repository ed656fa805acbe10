"""Quantiles of the samples of each window, NaN counted as the least of all. Pure."""

import numpy as np

from monitoring.metrics.promql.functions.windows import Block, blocks, over_windows
from monitoring.metrics.promql.vectors import Floats, Ints, Scalar, Vector, Windows


def quantile_over_time(quantile: Scalar, windows: Windows) -> Vector:
    """The quantile, interpolated between neighbours; -Inf below 0, +Inf above 1."""

    def compute(cells: Ints, starts: Ints, ends: Ints) -> Floats:
        wanted = quantile.values[cells % len(windows.eval_times)]
        found = np.empty(len(starts))
        for each in blocks(windows, starts, ends):
            columns = each.filled(each.cells(windows.values), np.nan)
            found[each.windows] = of_columns(columns, each.lengths, wanted[each.windows])
        return found

    return over_windows(windows, compute)


def mad_over_time(windows: Windows) -> Vector:
    """The median of the distances from the median."""

    def compute(_cells: Ints, starts: Ints, ends: Ints) -> Floats:
        found = np.empty(len(starts))
        for each in blocks(windows, starts, ends):
            found[each.windows] = block_deviations(each, windows.values)
        return found

    return over_windows(windows, compute)


@np.errstate(invalid="ignore", over="ignore")
def block_deviations(each: Block, values: Floats) -> Floats:
    half = np.full(len(each.lengths), 0.5)
    cells = each.filled(each.cells(values), np.nan)
    return of_columns(np.abs(cells - of_columns(cells, each.lengths, half)), each.lengths, half)


@np.errstate(invalid="ignore")
def of_columns(cells: Floats, counts: Ints, quantiles: Floats) -> Floats:
    """The quantile (m) of the first `counts` cells of each column (L, m); those behind are NaN."""
    ordered = np.sort(cells, axis=0)  # NaN last
    missing = np.isnan(ordered).sum(axis=0) - (len(cells) - counts)
    ranks = np.where((quantiles >= 0) & (quantiles <= 1), quantiles, 0.0) * (counts - 1)
    lower = np.floor(ranks).astype(np.int64)
    weights = ranks - lower
    upper = np.minimum(counts - 1, lower + 1)
    columns = np.arange(len(counts))
    below, above = (np.where(places < missing, np.nan, ordered[places - missing, columns]) for places in (lower, upper))
    found = below * (1 - weights) + above * weights
    found = np.where(quantiles < 0, -np.inf, np.where(quantiles > 1, np.inf, found))
    return np.where(np.isnan(quantiles), np.nan, found)
