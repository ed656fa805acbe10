"""Getting at the samples of many windows at once. Pure.

Windows are given flat: `starts` and `ends` (k), none of them empty, into the `values` and `times` of all series. Long
work asks `Windows.check` now and then whether it may go on.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from monitoring.metrics.promql.vectors import Floats, Ints, Vector, Windows

FEW = 6
"""So many windows are gone through one by one: cheaper than setting up arrays for all."""

MOST_CELLS = 1 << 18  # of a block: a handful of its arrays stay within the processor's cache
MOST_SIDE_BY_SIDE = 1 << 13
MOST_UNCHECKED = 1 << 26  # samples that are reduced in a tenth of a second
POSITIONS_UNCHECKED = 1 << 12

Array = TypeVar("Array", Floats, Ints)


def reduce_each(ufunc: np.ufunc, windows: Windows, values: Floats, starts: Ints, ends: Ints) -> Floats:
    """`ufunc` over the samples of each window (k); `values` may be made from those of `windows`."""
    if len(starts) <= FEW:
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.array([ufunc.reduce(values[start:end]) for start, end in spans], np.float64)
    reach = np.cumsum(ends - starts)
    if reach[-1] <= MOST_UNCHECKED:
        return reduce_all(ufunc, values, starts, ends)
    parts = np.flatnonzero(np.diff(reach // MOST_UNCHECKED)) + 1
    found = []
    for first, last in zip([0, *parts], [*parts, len(starts)], strict=True):
        windows.check()
        found.append(reduce_all(ufunc, values, starts[first:last], ends[first:last]))
    return np.concatenate(found)


def reduce_all(ufunc: np.ufunc, values: Floats, starts: Ints, ends: Ints) -> Floats:
    """The same in one pass."""
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
    """Some windows side by side: which they are, where they start, their lengths (m), the longest (L) first."""

    windows: Ints
    starts: Ints
    lengths: Ints

    def cells(self, flat: Array) -> Array:
        """The samples (L, m); behind a window's end, its last one is repeated. Of one window, they are `flat` itself."""
        longest = int(self.lengths[0])
        if len(self.starts) == 1:
            start = int(self.starts[0])
            return flat[start : start + longest, None]
        places = np.arange(longest)[:, None]
        if int(self.lengths[-1]) < longest:
            places = np.minimum(places, self.lengths - 1)
        cells: Array = flat[self.starts + places]
        return cells

    def filled(self, cells: Floats, filling: float) -> Floats:
        """Cells (L, m) with a filling behind the windows' ends, where there are shorter ones."""
        longest = int(self.lengths[0])
        if int(self.lengths[-1]) < longest:
            cells[np.arange(longest)[:, None] >= self.lengths] = filling
        return cells

    def positions(self, flat: Floats, check: Callable[[], None]) -> Iterator[tuple[int, int, Floats]]:
        """For each position i: i, the number m of windows that have such a sample, and these samples (m)."""
        sizes = np.searchsorted(-self.lengths, -np.arange(int(self.lengths[0])), side="left")
        for position, size in enumerate(sizes.tolist()):
            if not position % POSITIONS_UNCHECKED:
                check()
            yield position, size, flat[self.starts[:size] + position]


def blocks(windows: Windows, starts: Ints, ends: Ints) -> Iterator[Block]:
    """All windows in blocks of bounded size, or of one window, for work on all their samples at once."""
    order, lengths = longest_first(starts, ends)
    first = 0
    while first < len(order):
        windows.check()
        chosen = order[first : first + max(1, MOST_CELLS // int(lengths[order[first]]))]
        first += len(chosen)
        yield Block(chosen, starts[chosen], lengths[chosen])


def side_by_side(starts: Ints, ends: Ints) -> Iterator[Block]:
    """All windows in blocks for work position by position."""
    order, lengths = longest_first(starts, ends)
    for first in range(0, len(order), MOST_SIDE_BY_SIDE):
        chosen = order[first : first + MOST_SIDE_BY_SIDE]
        yield Block(chosen, starts[chosen], lengths[chosen])


def longest_first(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The order (k) from the longest window to the shortest, and the lengths (k)."""
    lengths = ends - starts
    return np.argsort(-lengths, kind="stable"), lengths


Compute = Callable[[Ints, Ints, Ints], Floats]


def over_windows(windows: Windows, compute: Compute, at_least: int = 1) -> Vector:
    """A vector with `compute(cells, starts, ends)` where a window has `at_least` samples; `cells` (k) count through (n, T)."""
    present = windows.ends - windows.starts >= at_least
    values = np.full(present.shape, np.nan)
    if not present.all():
        cells = np.flatnonzero(present)
        if len(cells):
            values.ravel()[cells] = compute(cells, windows.starts.ravel()[cells], windows.ends.ravel()[cells])
    elif present.size:
        cells = np.arange(present.size)
        values = compute(cells, windows.starts.ravel(), windows.ends.ravel()).reshape(present.shape)
    return Vector(windows.labels, values, present)
