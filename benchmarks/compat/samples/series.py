"""One series of the data set, and what all kinds of series are made with. Pure."""

import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.promql.storage import STALE_BITS, Labels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPAN_S = 9_000
STALE = np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0]


class Series(NamedTuple):
    """Samples of one identity: `times` ms ascending, `values`, both (m)."""

    labels: Labels
    times: Ints
    values: Floats

    def later(self, shift_ms: int) -> "Series":
        return self._replace(times=self.times + shift_ms)

    def between(self, first_s: float, last_s: float) -> "Series":
        """The samples within the span, both ends included."""
        return self.where((self.times >= first_s * 1000) & (self.times <= last_s * 1000))

    def without(self, first_s: float, last_s: float) -> "Series":
        """With a gap, both ends included."""
        return self.where((self.times < first_s * 1000) | (self.times > last_s * 1000))

    def where(self, kept: NDArray[np.bool_]) -> "Series":
        return Series(self.labels, self.times[kept], self.values[kept])

    def ended(self, *at_s: float) -> "Series":
        """With stale markers at these times, in place of what was there."""
        stops = np.array([round(1000 * one) for one in at_s], dtype=np.int64)
        left = self.where(~np.isin(self.times, stops))
        times = np.concatenate([left.times, stops])
        values = np.concatenate([left.values, np.full(len(stops), STALE)])
        order = np.argsort(times, kind="stable")
        return Series(self.labels, times[order], values[order])


def make(name: str, labels: dict[str, str], times: Ints, values: NDArray[np.floating[Any]]) -> Series:
    """A series of the metric `name`; none of the labels is empty."""
    return Series(tuple(sorted({"__name__": name, **labels}.items())), times, np.asarray(values, dtype=np.float64))


def at(*seconds: float) -> Ints:
    return np.array([round(1000 * one) for one in seconds], dtype=np.int64)


def ticks(interval_s: float = 15, phase_ms: int = 0, jitter_ms: int = 0, name: str = "") -> Ints:
    """Times in ms over the whole span; with `jitter_ms`, each late by up to that (less than the interval)."""
    times = np.arange(phase_ms, SPAN_S * 1000 + 1, round(interval_s * 1000), dtype=np.int64)
    return times + chance(name).integers(0, jitter_ms, len(times)) if jitter_ms else times


def chance(*words: str) -> np.random.Generator:
    """Random numbers that depend on the words alone."""
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))


def counted(steps: Floats, resets: NDArray[np.bool_], first: float = 0.0) -> Floats:
    """A counter that grows by `steps` and begins at zero again where `resets`."""
    values, now = np.empty(len(steps)), first
    for i, (step, is_reset) in enumerate(zip(steps.tolist(), resets.tolist(), strict=True)):
        now = 0.0 if is_reset else now + step
        values[i] = now
    return values
