"""Gauges: waves, steps, states; NaN and the infinities; gaps, stale markers, brief lives. Pure."""

from collections.abc import Iterator

import numpy as np

from benchmarks.compat.samples.series import STALE, Series, at, chance, make, ticks


def series() -> Iterator[Series]:
    yield from waves()
    yield from states()
    yield from peculiar()
    yield from interrupted()
    yield from brief()


def waves() -> Iterator[Series]:
    """`temperature`, `queue_length`, `memory_bytes`, `trend`: what is usually drawn."""
    times = ticks(phase_ms=1_234)
    n = np.arange(len(times), dtype=np.float64)
    for i, room in enumerate(("attic", "cellar", "hall", "kitchen")):
        noise = chance("temperature", room).normal(0, 0.7, len(times))
        yield make(
            "temperature", {"room": room, "floor": str(i // 2)}, times, 8 - 9 * i + 12 * np.sin(n / 40 + i) + noise
        )
    for queue in ("mail", "video", "print"):
        lengths = chance("queue", queue).poisson(6, len(times)).astype(np.float64)
        yield make("queue_length", {"queue": queue, "unit": "jobs"}, times, lengths)
    for i, node in enumerate(("n1", "n2", "n3", "n4")):
        yield make("memory_bytes", {"node": node}, times, np.round(8e9 * (1 + i) + 1e8 * np.cumsum(np.sin(n / 9 + i))))
    for name, slope in {"up": 0.25, "down": -3.5, "flat": 0.0, "steep": 1e12}.items():
        yield make("trend", {"way": name}, times, 100 + slope * n)


def states() -> Iterator[Series]:
    """`up` of every instance, `state` that steps between few values."""
    times = ticks(phase_ms=500)
    for job, instance in (("api", "a:80"), ("api", "b:80"), ("api", "c:80"), ("web", "d:80"), ("web", "e:80")):
        values = (chance("up", instance).random(len(times)) > 0.1).astype(np.float64)
        yield make("up", {"job": job, "instance": instance}, times, values)
    yield make("up", {"job": "worker", "instance": "f:80"}, times, np.ones(len(times)))
    for part in ("pump", "fan"):
        steps = np.repeat(chance("state", part).integers(0, 4, len(times) // 20 + 1), 20)[: len(times)]
        yield make("state", {"part": part}, times, steps.astype(np.float64))


def peculiar() -> Iterator[Series]:
    """`peculiar`: values at the ends of what a float can say."""
    times = ticks()
    n = np.arange(len(times))
    mixed = np.choose(n % 6, [1.5, np.nan, -2.5, np.inf, -np.inf, 0.0])
    shapes = {
        "nan": np.full(len(n), np.nan),
        "inf": np.full(len(n), np.inf),
        "ninf": np.full(len(n), -np.inf),
        "mixed": mixed,
        "nan_now_and_then": np.where(n % 10 == 0, np.nan, n * 0.5),
        "huge": np.where(n % 2, 1.7e308, -1.7e308),
        "max": np.full(len(n), 1.7976931348623157e308),
        "subnormal": np.full(len(n), 5e-324),
        "tiny": 1e-300 * (n + 1),
        "zero": np.zeros(len(n)),
        "minus_zero": np.full(len(n), -0.0),
        "halves": (n % 9 - 4) / 2.0,
        "big_small": np.choose(n % 3, [1e16, 1.0, -1e16]),
        "fraction": n / 7.0 - 20,
    }
    for shape, values in shapes.items():
        yield make("peculiar", {"shape": shape}, times, values)


def interrupted() -> Iterator[Series]:
    """`gappy` without samples for the named time from 3300 s on; `stale` with markers."""
    times = ticks()
    n = np.arange(len(times), dtype=np.float64)
    for gap_s in (60, 270, 285, 300, 315, 600):
        yield make("gappy", {"gap": f"{gap_s}s"}, times, n).without(3_301, 3_300 + gap_s - 1)
    whole = make("stale", {}, times, n)
    endings: dict[str, list[float]] = {
        "once": [3_600],
        "before": [3_585],
        "between": [3_592.5],
        "often": [float(one) for one in range(600, 9_000, 150)],
        "last": [9_000],
    }
    for name, at_s in endings.items():
        yield make("stale", {"marked": name}, times, whole.values).ended(*at_s)
    yield make("stale", {"marked": "for_good"}, times, n).between(0, 3_000).ended(3_015)
    yield make("stale", {"marked": "long"}, times, n).without(3_015, 4_000).ended(3_015)
    every_other = make("stale", {"marked": "every_other"}, times, n)
    yield every_other._replace(values=np.where(n % 2 == 1, STALE, n))


def brief() -> Iterator[Series]:
    """`brief`: one, two, three samples; nothing but a marker; just within and just beyond the lookback of 3600 s."""
    lives = {
        "one": (at(3_590), [7.0]),
        "two": (at(3_570, 3_585), [7.0, 8.5]),
        "three": (at(3_560, 3_575, 3_590), [3.0, 1.0, 2.0]),
        "marker": (at(3_590), [STALE]),
        "one_and_marker": (at(3_580, 3_595), [5.0, STALE]),
        "at_lookback": (at(3_300), [1.0]),
        "ms_within_lookback": (at(3_300.001), [2.0]),
        "ms_beyond_lookback": (at(3_299.999), [3.0]),
        "at_the_moment": (at(3_600), [4.0]),
        "ms_later": (at(3_600.001), [5.0]),
        "nan": (at(3_590), [np.nan]),
        "two_same": (at(3_500, 3_590), [9.0, 9.0]),
    }
    for life, (times, values) in lives.items():
        yield make("brief", {"life": life}, times, np.array(values))
