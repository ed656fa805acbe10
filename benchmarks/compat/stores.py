"""The data set in our stores."""

from collections.abc import Sequence

from benchmarks.compat.samples.series import Series
from monitoring.metrics.promql.memory_store import MemoryStorage


def in_memory(series: Sequence[Series]) -> MemoryStorage:
    return MemoryStorage.of((one.labels, one.times, one.values) for one in series)
