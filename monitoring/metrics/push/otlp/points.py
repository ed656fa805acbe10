"""Data points as samples: one each for a number, one a bucket and two more for a histogram."""

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    DataPointFlags,
    HistogramDataPoint,
    NumberDataPoint,
    SummaryDataPoint,
)

from monitoring.metrics.formats.numbers import plain_float
from monitoring.metrics.push.otlp.collecting import STALE, Collected, Pairs

NS_PER_MS = 1_000_000
NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
REMEMBERED = 10_000


class Family(NamedTuple):
    """A metric as Prometheus names it; `is_delta`: its points are differences."""

    name: str
    type: str
    is_delta: bool


bound_text = lru_cache(REMEMBERED)(plain_float)


def take_number(collected: Collected, family: Family, pairs: Pairs, point: NumberDataPoint) -> str:
    """What is wrong with the point, or ""."""
    time_ms = point.time_unix_nano // NS_PER_MS
    kind = point.WhichOneof("value")
    if point.flags & NO_VALUE:
        return collected.add(family.name, pairs, time_ms, STALE)
    if kind is None:
        return "A data point has no value."
    value = float(point.as_double if kind == "as_double" else point.as_int)
    if family.is_delta and not (math.isfinite(value) and value >= 0):
        return "A difference is negative or not a number."
    return collected.add(family.name, pairs, time_ms, value, difference=family.is_delta)


def take_histogram(collected: Collected, family: Family, pairs: Pairs, point: HistogramDataPoint) -> str:
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    if counts and len(counts) != len(bounds) + 1:
        return f"A histogram has {len(counts)} buckets and {len(bounds)} bounds; send one bucket more than bounds."
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        return "The bounds of a histogram do not grow."
    is_stale = bool(point.flags & NO_VALUE)
    parts = [(f"{family.name}_count", pairs, float(point.count))]
    if point.HasField("sum"):
        parts.append((f"{family.name}_sum", pairs, point.sum))
    so_far = 0
    for bound, count in zip(bounds, counts, strict=False):
        so_far += count
        parts.append((f"{family.name}_bucket", pairs | {"le": bound_text(bound)}, float(so_far)))
    parts.append((f"{family.name}_bucket", pairs | {"le": "+Inf"}, float(point.count)))
    return _take(collected, parts, point.time_unix_nano, is_stale=is_stale, is_delta=family.is_delta)


def take_summary(collected: Collected, family: Family, pairs: Pairs, point: SummaryDataPoint) -> str:
    parts = [(f"{family.name}_count", pairs, float(point.count)), (f"{family.name}_sum", pairs, point.sum)]
    parts += [(family.name, pairs | {"quantile": bound_text(one.quantile)}, one.value) for one in point.quantile_values]
    return _take(collected, parts, point.time_unix_nano, is_stale=bool(point.flags & NO_VALUE), is_delta=False)


def _take(
    collected: Collected, parts: list[tuple[str, Pairs, float]], time_ns: int, *, is_stale: bool, is_delta: bool
) -> str:
    """Take the samples of one point; the first fault, or ""."""
    if is_delta and not all(math.isfinite(value) for _, _, value in parts):
        return "A difference is not a number."
    difference = is_delta and not is_stale
    faults = [
        collected.add(name, pairs, time_ns // NS_PER_MS, STALE if is_stale else value, difference=difference)
        for name, pairs, value in parts
    ]
    return next(filter(None, faults), "")


TAKERS: dict[str, Callable[[Collected, Family, Pairs, Any], str]] = {
    "gauge": take_number,
    "counter": take_number,
    "histogram": take_histogram,
    "summary": take_summary,
}
