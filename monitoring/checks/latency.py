"""Latency as counts per bucket: small, mergeable, good enough for a percentile within a tenth."""

from collections.abc import Iterable, Mapping, Sequence

# Upper bounds in seconds, each 1.25 times the one before: 0.5 ms to about 60 s; one more bucket holds what is longer.
LATENCY_BUCKETS_S: tuple[float, ...] = tuple(0.0005 * 1.25**i for i in range(53))


def merged(many: Iterable[Mapping[str, int]]) -> list[int]:
    """Counts of many slots together: each maps the index of a bucket, as text, to a count; indexes left out count nothing."""
    total = [0] * (len(LATENCY_BUCKETS_S) + 1)
    for counts in many:
        for index, count in counts.items():
            total[int(index)] += count
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
