"""Counters: whole and broken numbers, resets, odd intervals, late beginnings. Pure."""

from collections.abc import Iterator

import numpy as np

from benchmarks.compat.samples.series import Series, at, chance, counted, make, ticks

INSTANCES = {"api": ("a:80", "b:80", "c:80"), "web": ("d:80", "e:80"), "worker": ("f:80",)}


def series() -> Iterator[Series]:
    yield from requests()
    yield from processors()
    yield from uneven()
    yield from peculiar()


def requests() -> Iterator[Series]:
    """`requests_total`: whole numbers, a reset every now and then; b:80 is late, e:80 is away for a while."""
    for job, instances in INSTANCES.items():
        for instance in instances:
            for method in ("get", "post"):
                for code in ("200", "404", "500"):
                    labels = {"job": job, "instance": instance, "method": method, "code": code}
                    yield shaped(request(labels), instance)


def request(labels: dict[str, str]) -> Series:
    random, times = chance("requests", *labels.values()), ticks(phase_ms=len(labels["job"]) * 100)
    mean = {"200": 40.0, "404": 3.0, "500": 0.2}[labels["code"]]
    steps = random.poisson(mean, len(times)).astype(np.float64)
    return make("requests_total", labels, times, counted(steps, random.random(len(times)) < 0.004))


def shaped(one: Series, instance: str) -> Series:
    if instance == "b:80":
        return one.between(1_800, 9_000)
    if instance == "e:80":
        return one.without(3_000, 4_200).ended(3_000)
    return one.between(0, 6_000).ended(6_000) if instance == "f:80" else one


def processors() -> Iterator[Series]:
    """`cpu_seconds_total`: broken numbers, without resets save one restart of all modes of n2."""
    times = ticks(phase_ms=3_217)
    for node in ("n1", "n2", "n3", "n4"):
        shares = chance("cpu", node).dirichlet([8, 3, 1, 0.5], len(times)) * 15
        restart = np.zeros(len(times), dtype=bool)
        restart[300] = node == "n2"
        for mode, steps in zip(("idle", "user", "system", "iowait"), shares.T, strict=True):
            yield make("cpu_seconds_total", {"node": node, "mode": mode}, times, counted(steps, restart, 1e4))


def uneven() -> Iterator[Series]:
    """`uneven_total`: intervals of 1 s to 4 minutes, with jitter up to nearly the interval."""
    for interval_s in (1, 5, 10, 30, 60, 90, 240):
        for jitter_ms in (0, 900 * interval_s):
            labels = {"interval": f"{interval_s}s", "jitter": "yes" if jitter_ms else "no"}
            times = ticks(interval_s, 111 * interval_s % 5_000, jitter_ms, str(interval_s))
            random = chance("uneven", *labels.values())
            steps = random.exponential(interval_s, len(times))
            yield make("uneven_total", labels, times, counted(steps, random.random(len(times)) < 0.02))


def peculiar() -> Iterator[Series]:
    """`peculiar_total`: what a rate stumbles over."""
    times = ticks()
    n = np.arange(len(times), dtype=np.float64)
    shapes = {
        "from_zero": n,
        "still": np.full(len(n), 42.0),
        "zero": np.zeros(len(n)),
        "huge": 1e15 + n * 3,
        "beyond_whole": 2.0**53 + n * 2,
        "tiny": n * 1e-300,
        "saw": n % 7,
        "always_down": 10_000 - n,
        "negative": n - 300,
        "nan_within": np.where(n % 50 == 20, np.nan, n),
        "inf_within": np.where(n > 400, np.inf, n),
        "nearly_zero": 0.1 + n,
        "jump": np.where(n > 300, n + 1e9, n),
    }
    for shape, values in shapes.items():
        yield make("peculiar_total", {"shape": shape}, times, values)
    for start in (600, 2_995, 3_590, 3_600, 7_495):
        late = times[times >= start * 1000]
        yield make("begun_total", {"start": str(start)}, late, 5.0 + np.arange(len(late)))
    yield make("pair_total", {"apart": "1s"}, at(3_500, 3_501), np.array([3.0, 4.0]))
    yield make("pair_total", {"apart": "60s"}, at(3_540, 3_600), np.array([100.0, 160.5]))
    yield make("pair_total", {"apart": "290s"}, at(3_305, 3_595), np.array([1.0, 300.0]))
