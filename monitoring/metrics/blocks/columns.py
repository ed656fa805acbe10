"""Samples as arrays: what goes into a block, what comes out, and what is said when a block is not what it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class CorruptBlockError(Exception):
    """A block's bytes are damaged or cut short; the message names the part."""


class SeriesColumns(NamedTuple):
    """One series: `times` int64 ms, ascending, without doubles; `values` float64 of the same length."""

    id: int
    times: Ints
    values: Floats


@dataclass(slots=True)
class Columns:
    """Many series in one piece: series `ids[i]` has `times[offsets[i]:offsets[i + 1]]`, ascending, without doubles.

    `ids` int64 (n), `offsets` int64 (n + 1), `times` int64 ms and `values` float64 (m).
    """

    ids: Ints
    offsets: Ints
    times: Ints
    values: Floats

    @classmethod
    def empty(cls) -> "Columns":
        none = np.empty(0, dtype=np.int64)
        return cls(none, np.zeros(1, dtype=np.int64), none, np.empty(0))

    @classmethod
    def of(cls, series: Sequence[SeriesColumns]) -> "Columns":
        """The same series in one piece, in the order given."""
        if not series:
            return cls.empty()
        offsets = np.zeros(len(series) + 1, dtype=np.int64)
        np.cumsum([len(one.times) for one in series], out=offsets[1:])
        ids = np.array([one.id for one in series], dtype=np.int64)
        times = np.concatenate([one.times for one in series])
        return cls(ids, offsets, times, np.concatenate([one.values for one in series]))

    def series(self) -> list[SeriesColumns]:
        """Each series apart; views, no copies."""
        bounds = self.offsets.tolist()
        return [
            SeriesColumns(i, self.times[start:end], self.values[start:end])
            for i, start, end in zip(self.ids.tolist(), bounds, bounds[1:], strict=False)
        ]

    def within(self, start_ms: int, end_ms: int) -> "Columns":
        """Only the samples of the span, both ends included; every series stays, if need be without samples."""
        if not len(self.times) or (self.times.min() >= start_ms and self.times.max() <= end_ms):
            return self
        keep = (self.times >= start_ms) & (self.times <= end_ms)
        before = np.concatenate(([0], np.cumsum(keep)))
        return Columns(self.ids, before[self.offsets], self.times[keep], self.values[keep])

    def counts(self) -> Ints:
        """How many samples each series has."""
        return np.diff(self.offsets)
