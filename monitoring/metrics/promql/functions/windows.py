"""Getting at the samples of many windows at once. Pure.

Windows are given flat: `starts` and `ends` (k), none of them empty, into `values` and `times` of all series.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector, Windows

FEW = 6
"""So many windows are gone through one by one: cheaper than setting up arrays for all."""

MOST_CELLS = 1 << 18  # of a block: a handful of its arrays stay within the processor's cache

Kernel = Callable[["Block"], Floats]


def reduce_each(ufunc: np.ufunc, values: Floats, starts: Ints, ends: Ints) -> Floats:
    """`ufunc` over the samples of each window (k), in one pass."""
    if len(starts) <= FEW:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([ufunc.reduce(values[start:end]) for start, end in spans], np.float64)
    last = len(values) - 1
    cut = ends > last  # reduceat takes no bound behind the last sample: leave it out, and add it afterwards
    bounds = np.empty(2 * len(starts), np.int64)
    bounds[::2] = starts
    bounds[1::2] = ends - cut
    reduced: Floats = ufunc.reduceat(values, bounds)[::2]
    cut &= starts < last  # of bounds that do not ascend, reduceat takes the one sample at the first
    if cut.any():
        reduced[cut] = ufunc(reduced[cut], values[-1])
    return reduced


class Block(NamedTuple):
    """Windows of like length side by side: cell (i, j) is the i-th sample of the j-th window.

    `windows`, `lengths` (m), longest first; `at` (L, m) where the sample lies; `beyond` (L, m) marks cells behind a
    window's end, which repeat its last sample, or is None when there are none.
    """

    windows: Ints
    lengths: Ints
    at: Ints
    beyond: Bools | None

    def filled(self, cells: Floats, filling: float) -> Floats:
        """The cells with what is behind the windows' ends replaced."""
        if self.beyond is not None:
            cells[self.beyond] = filling
        return cells

    def positions(self, values: Floats) -> Iterator[tuple[int, int, Floats]]:
        """For each position i: i, the number m of windows that have such a sample, and these samples (m)."""
        cells = values[self.at]
        sizes = np.searchsorted(-self.lengths, -np.arange(len(cells)), side="left")
        for position, size in enumerate(sizes.tolist()):
            yield position, size, cells[position, :size]


def blocks(starts: Ints, ends: Ints) -> Iterator[Block]:
    """All windows in blocks of bounded size."""
    lengths = ends - starts
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        longest = int(lengths[order[first]])
        chosen = order[first : first + max(1, MOST_CELLS // longest)]
        first += len(chosen)
        yield block(chosen, starts[chosen], lengths[chosen], longest)


def block(chosen: Ints, starts: Ints, lengths: Ints, longest: int) -> Block:
    places = np.arange(longest, dtype=np.int64)[:, None]
    if int(lengths[-1]) == longest:
        return Block(chosen, lengths, starts + places, None)
    return Block(chosen, lengths, starts + np.minimum(places, lengths - 1), places >= lengths)


def over_blocks(kernel: Kernel, starts: Ints, ends: Ints) -> Floats:
    """What `kernel` makes of each window (k)."""
    results = np.empty(len(starts), np.float64)
    for each in blocks(starts, ends):
        results[each.windows] = kernel(each)
    return results


def over_windows(windows: Windows, compute: Callable[[Ints, Ints, Ints], Floats], at_least: int = 1) -> Vector:
    """A vector with `compute(cells, starts, ends)` where a window has `at_least` samples; `cells` index (n * T)."""
    present = windows.ends - windows.starts >= at_least
    values = np.full(present.shape, np.nan)
    if present.all():
        cells = np.arange(present.size)
        if present.size:
            values = compute(cells, windows.starts.ravel(), windows.ends.ravel()).reshape(present.shape)
    else:
        cells = np.flatnonzero(present)
        if len(cells):
            values.ravel()[cells] = compute(cells, windows.starts.ravel()[cells], windows.ends.ravel()[cells])
    return Vector(windows.labels, values, present)
