"""Latency as counts per bucket: small, mergeable, good enough for a percentile within a tenth."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

# Upper bounds in seconds, each 1.25 times the one before: 0.5 ms to about 60 s; one more bucket holds what is longer.
LATENCY_BUCKETS_S: tuple[float, ...] = tuple(0.0005 * 1.25**i for i in range(53))


def counts_of(durations_s: Iterable[float]) -> list[int]:
    """How many durations fall into each bucket; one more entry than there are bounds."""
    counts = [0] * (len(LATENCY_BUCKETS_S) + 1)
    for duration in durations_s:
        counts[bisect_left(LATENCY_BUCKETS_S, duration)] += 1
    return counts


def merged(many: Iterable[Sequence[int]]) -> list[int]:
    """Counts of all slots together; empty lists count nothing."""
    total = [0] * (len(LATENCY_BUCKETS_S) + 1)
    for counts in many:
        for index, count in enumerate(counts):
            total[index] += count
    return total


def percentile(counts: Sequence[int], q: float) -> float | None:
    """The `q` quantile (0 to 1) in seconds, interpolated within its bucket; None where nothing was counted."""
    rank = q * sum(counts)
    if not rank:
        return None
    seen = 0
    for index, count in enumerate(counts):
        if count and seen + count >= rank:
            low = LATENCY_BUCKETS_S[index - 1] if index else 0.0
            high = LATENCY_BUCKETS_S[min(index, len(LATENCY_BUCKETS_S) - 1)]
            return low + (high - low) * (rank - seen) / count
        seen += count
    return LATENCY_BUCKETS_S[-1]
