"""A day of mixed series, the same on every machine: what the store, the blocks and their peers are measured with.

Mixed so that VictoriaMetrics needs two bytes a sample for it.

Seven targets of 50 series each, scraped every 15 s with the jitter of a real scrape; series of a target share their times.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

START_MS = 1_760_000_400_000
"""A whole hour in October 2025; a day of UTC begins 15 hours later."""
STEP_MS = 15_000
DAY_POINTS = 5760
TARGETS = 7
MOST_JITTER_MS = 3

Floats = NDArray[np.float64]
Random = np.random.Generator


class Made(NamedTuple):
    """One series: `kind` names its class, `times_ms` is shared by the series of a target."""

    target: int
    number: int
    kind: str
    times_ms: NDArray[np.int64]
    values: Floats


def int_counter(random: Random, points: int) -> Floats:
    """Requests, packets, errors: whole numbers that arrive at a rate that drifts; one of eight restarts."""
    rate = random.lognormal(3, 2)
    waves = 1 + 0.3 * np.sin(np.arange(points) / random.uniform(200, 2000))
    steps = random.poisson(rate * waves)
    total = np.cumsum(steps) + random.integers(0, 10**7)
    if random.random() < 1 / 8:
        restart = int(random.integers(points // 4, points))
        total[restart:] -= total[restart - 1]
    return total.astype(np.float64)


def cpu_counter(random: Random, points: int) -> Floats:
    """Seconds of a processor's mode, to 1/100 s."""
    share = random.uniform(0.01, 0.9)
    steps = np.clip(random.normal(share * 15, share * 2, points), 0, 15).round(2)
    return (np.cumsum(steps) + random.uniform(1e3, 1e6)).round(2)


def float_counter(random: Random, points: int) -> Floats:
    """Seconds of latency summed at full precision."""
    return np.cumsum(random.gamma(2.0, 0.7, points)) + float(random.uniform(1e3, 1e5))


def bytes_gauge(random: Random, points: int) -> Floats:
    """Memory in use: a walk in pages of 4096 bytes."""
    return ((np.cumsum(random.integers(-40, 41, points)) + 500_000) * 4096).astype(np.float64)


def percent_gauge(random: Random, points: int) -> Floats:
    """0 to 100 with one decimal."""
    middle = random.uniform(10, 90)
    return np.clip(middle + random.normal(0, 6, points), 0, 100).round(1)


def random_float(random: Random, points: int) -> Floats:
    """Latency at full precision: nothing to compress but the exponent."""
    return random.gamma(2.0, 0.05, points)


def state(random: Random, points: int) -> Floats:
    """1 while up; a handful of outages a day."""
    values = np.ones(points)
    for _ in range(int(random.integers(0, 5))):
        begin = int(random.integers(0, points))
        values[begin : begin + int(random.integers(2, 40))] = 0
    return values


def queue_depth(random: Random, points: int) -> Floats:
    """A small whole number, often 0."""
    return random.poisson(np.clip(random.normal(2, 2, points), 0, None)).astype(np.float64)


KINDS: dict[str, tuple[Callable[[Random, int], Floats], int]] = {
    "int counter": (int_counter, 12),
    "2-decimal cpu counter": (cpu_counter, 7),
    "float counter": (float_counter, 5),
    "bytes gauge": (bytes_gauge, 7),
    "1-decimal percent": (percent_gauge, 6),
    "random float": (random_float, 5),
    "up/down": (state, 5),
    "queue depth": (queue_depth, 3),
}
"""Name → (maker, how many of a target's 50)."""
SERIES = sum(count for _, count in KINDS.values())


def target_times(target: int, points: int = DAY_POINTS, start_ms: int = START_MS) -> NDArray[np.int64]:
    """Times of a target's scrapes, ascending, int64 ms."""
    random = np.random.default_rng([target, 1])
    jitter = random.integers(-MOST_JITTER_MS, MOST_JITTER_MS + 1, points)
    return start_ms + target * 1000 + np.arange(points, dtype=np.int64) * STEP_MS + jitter + MOST_JITTER_MS


def target_series(target: int, points: int = DAY_POINTS, start_ms: int = START_MS) -> list[Made]:
    """The series of one target."""
    times = target_times(target, points, start_ms)
    kinds = [(kind, make) for kind, (make, count) in KINDS.items() for _ in range(count)]
    return [
        Made(target, number, kind, times, make(np.random.default_rng([target, number, 2]), points))
        for number, (kind, make) in enumerate(kinds)
    ]


def everything(points: int = DAY_POINTS, start_ms: int = START_MS) -> Iterator[Made]:
    """350 series, 7 targets: about 2 million samples a day."""
    for target in range(TARGETS):
        yield from target_series(target, points, start_ms)
