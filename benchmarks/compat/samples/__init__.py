"""The data set both sides answer from: a few hundred series over two and a half hours, the same in every run. Pure.

It begins at the stroke of an hour, by default two hours before a leap day ends, so that dates change under the queries.
"""

from benchmarks.compat.samples import counters, gauges, histograms, joins, odd
from benchmarks.compat.samples.series import Series

BASE_S = 1_709_244_000
"""2024-02-29T22:00:00Z. Neither side minds how old samples are, as long as they come in order."""


def data_set(base_s: int = BASE_S) -> list[Series]:
    """Every series, with times in ms from `base_s` on, sorted by labels: both sides meet series in the order they come in."""
    parts = (counters.series(), gauges.series(), histograms.series(), joins.series(), odd.series())
    return sorted((one.later(base_s * 1000) for part in parts for one in part), key=lambda one: one.labels)
