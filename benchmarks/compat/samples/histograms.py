"""Classic histograms, well-behaved ones and broken ones. Pure."""

from collections.abc import Iterator

import numpy as np

from benchmarks.compat.samples.series import Floats, Series, chance, make, ticks

BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")

# What each bucket has grown by after n ticks is n times its number; the bounds are written as senders write them.
BROKEN: dict[str, dict[str, float]] = {
    "fine": {"1": 1, "2": 3, "4": 6, "+Inf": 8},
    "without_inf": {"1": 1, "2": 3, "4": 6},
    "only_inf": {"+Inf": 8},
    "one_and_inf": {"3": 5, "+Inf": 8},
    "not_rising": {"1": 4, "2": 3, "4": 6, "8": 5, "+Inf": 6},
    "falling_at_inf": {"1": 4, "2": 5, "4": 9, "+Inf": 7},
    "twice_one": {"1": 1, "1.0": 2, "2": 5, "+Inf": 8},
    "twice_inf": {"1": 1, "2": 3, "+Inf": 3, "Inf": 2},
    "below_zero": {"-4": 1, "-1": 2, "0": 4, "1": 6, "+Inf": 8},
    "all_below_zero": {"-4": 2, "-1": 6, "+Inf": 8},
    "zero_first": {"0": 3, "1": 5, "+Inf": 8},
    "empty": {"1": 0, "2": 0, "+Inf": 0},
    "not_a_number": {"1": 1, "two": 3, "4": 6, "+Inf": 8},
    "scientific": {"1e-3": 1, "1e0": 3, "1E2": 6, "+Inf": 8},
    "hollow": {"1": 2, "2": 2, "4": 2, "8": 6, "+Inf": 6},
    "all_beyond": {"1": 0, "2": 0, "+Inf": 8},
    "falling_below_zero": {"1": -1, "2": -3, "+Inf": -8},
    "minus_inf": {"-Inf": 1, "0": 2, "1": 4, "+Inf": 8},
}


def series() -> Iterator[Series]:
    yield from latencies()
    yield from broken()


def latencies() -> Iterator[Series]:
    """`latency_seconds`: 4 histograms with sum and count; that of web/e:80 is reset once."""
    places = (("api", "a:80"), ("api", "b:80"), ("web", "d:80"), ("web", "e:80"))
    for i, (job, instance) in enumerate(places):
        labels, times = {"job": job, "instance": instance}, ticks(phase_ms=250 * i)
        buckets = latency(instance, i, len(times))
        for bound, values in zip(BOUNDS, buckets.T, strict=True):
            yield make("latency_seconds_bucket", {**labels, "le": bound}, times, values)
        yield make("latency_seconds_count", labels, times, buckets[:, -1])
        yield make("latency_seconds_sum", labels, times, buckets[:, -1] * 0.173 * (i + 1))


def latency(instance: str, place: int, length: int) -> Floats:
    """Counts (length, bounds), rising along both."""
    random = chance("latency", instance)
    shares = random.dirichlet(np.roll([1, 2, 4, 8, 16, 12, 8, 4, 2, 1, 0.5, 0.2], place))
    counts = random.multinomial(random.poisson(20, length), shares).astype(np.float64)
    totals = np.cumsum(np.cumsum(counts, axis=1), axis=0)
    if instance == "e:80":
        totals[250:] -= totals[249]
    return totals


def broken() -> Iterator[Series]:
    """`broken_bucket` in the cases above, one without any `le`, and two whose counts are not finite."""
    times = ticks()
    n = np.arange(len(times), dtype=np.float64)
    for case, buckets in BROKEN.items():
        for bound, step in buckets.items():
            yield make("broken_bucket", {"case": case, "le": bound}, times, n * step)
    yield make("broken_bucket", {"case": "without_le"}, times, n)
    for case, value in {"nan_count": np.nan, "inf_count": np.inf}.items():
        for bound, step in BROKEN["fine"].items():
            yield make(
                "broken_bucket", {"case": case, "le": bound}, times, np.full(len(n), value) if step == 3 else n * step
            )
