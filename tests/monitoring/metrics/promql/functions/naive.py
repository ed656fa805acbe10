"""Functions over one window, written down as Prometheus defines them: sample by sample, for comparison.

A window is a list of (time in ms, value); `None` is no result.
"""

import itertools
import math
from collections.abc import Callable

from tests.monitoring.metrics.promql.functions.arguments import Samples

Naive = Callable[[Samples], float | None]


def add(term: float, total: float, rest: float) -> tuple[float, float]:
    new = total + term
    lost = (total - new) + term if abs(total) >= abs(term) else (term - new) + total
    return new, rest + lost


def total(terms: list[float]) -> tuple[float, float]:
    result = rest = 0.0
    for term in terms:
        result, rest = add(term, result, rest)
    return result, rest


def values(window: Samples) -> list[float]:
    return [value for _, value in window]


def sum_over_time(window: Samples) -> float:
    result, rest = total(values(window))
    return result if math.isinf(result) else result + rest


def avg_over_time(window: Samples) -> float:
    mean = rest = 0.0
    for count, value in enumerate(values(window), 1):
        if math.isinf(mean):
            if math.isinf(value) and (mean > 0) == (value > 0):
                continue
            if not math.isinf(value) and not math.isnan(value):
                continue
        mean, rest = add(value / count - mean / count, mean, rest)
    return mean if math.isinf(mean) else mean + rest


def stdvar_over_time(window: Samples) -> float:
    mean = mean_rest = squares = squares_rest = 0.0
    for count, value in enumerate(values(window), 1):
        off = value - (mean + mean_rest)
        mean, mean_rest = add(off / count, mean, mean_rest)
        squares, squares_rest = add(off * (value - (mean + mean_rest)), squares, squares_rest)
    return (squares + squares_rest) / len(window)


def stddev_over_time(window: Samples) -> float:
    variance = stdvar_over_time(window)
    return math.sqrt(variance) if variance >= 0 else math.nan


def min_over_time(window: Samples) -> float:
    return min((value for value in values(window) if not math.isnan(value)), default=math.nan)


def max_over_time(window: Samples) -> float:
    return max((value for value in values(window) if not math.isnan(value)), default=math.nan)


def count_over_time(window: Samples) -> float:
    return float(len(window))


def present_over_time(window: Samples) -> float:
    return 1.0


def last_over_time(window: Samples) -> float:
    return window[-1][1]


def first_over_time(window: Samples) -> float:
    return window[0][1]


def quantile(q: float, found: list[float]) -> float:
    if math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return math.copysign(math.inf, q)
    ordered = sorted(found, key=lambda value: (not math.isnan(value), 0.0 if math.isnan(value) else value))
    rank = q * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(len(ordered) - 1, lower + 1)
    return ordered[lower] * (1 - (rank - lower)) + ordered[upper] * (rank - lower)


def mad_over_time(window: Samples) -> float:
    median = quantile(0.5, values(window))
    return quantile(0.5, [abs(value - median) for value in values(window)])


def changes(window: Samples) -> float:
    found = values(window)
    return float(sum(b != a and not (a != a and b != b) for a, b in itertools.pairwise(found)))


def resets(window: Samples) -> float:
    found = values(window)
    return float(sum(b < a for a, b in itertools.pairwise(found)))


def extrapolated(window: Samples, range_ms: int, end_ms: int, *, counter: bool, per_second: bool) -> float | None:
    if len(window) < 2:
        return None
    (began, first), (ended, last) = window[0], window[-1]
    change, before = last - first, first
    for _, value in window[1:]:
        if counter and value < before:
            change += before
        before = value
    to_start, to_end = (began - (end_ms - range_ms)) / 1000, (end_ms - ended) / 1000
    covered = (ended - began) / 1000
    interval = covered / (len(window) - 1)
    if counter and change > 0 and first >= 0:
        to_start = min(to_start, covered * (first / change))
    reach = covered
    reach += to_start if to_start < interval * 1.1 else interval / 2
    reach += to_end if to_end < interval * 1.1 else interval / 2
    factor = reach / covered
    return change * (factor / (range_ms / 1000) if per_second else factor)


def irate(window: Samples) -> float | None:
    if len(window) < 2:
        return None
    (began, before), (ended, last) = window[-2:]
    return (last if last < before else last - before) / ((ended - began) / 1000)


def idelta(window: Samples) -> float | None:
    return window[-1][1] - window[-2][1] if len(window) > 1 else None


def line(window: Samples, origin_ms: int) -> tuple[float, float] | None:
    """Slope and height at the origin."""
    if len(window) < 2:
        return None
    if all(value == window[0][1] for value in values(window)):
        return (math.nan, math.nan) if math.isinf(window[0][1]) else (0.0, window[0][1])
    x = [(time - origin_ms) / 1e3 for time, _ in window]
    y = values(window)
    xy, xx = [a * b for a, b in zip(x, y, strict=True)], [a * a for a in x]
    sum_x, sum_y, sum_xy, sum_xx = (sum(total(each)) for each in (x, y, xy, xx))
    count = len(window)
    slope = (sum_xy - sum_x * sum_y / count) / (sum_xx - sum_x * sum_x / count)
    return slope, sum_y / count - slope * sum_x / count


def holt_winters(window: Samples, smoothing: float, trend: float) -> float | None:
    if len(window) < 2:
        return None
    found = values(window)
    before, level, slope = 0.0, found[0], found[1] - found[0]
    for number in range(1, len(found)):
        if number > 1:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * found[number] + (1 - smoothing) * (level + slope)
    return level


def over(
    compute: Callable[[Samples, int, int], float | None], series: list[Samples], range_ms: int, ends: list[int]
) -> list[list[float | None]]:
    """`compute(window, step, end_ms)` of each series and step; None where the window is empty."""
    return [
        [
            compute(window, step, end)
            if (window := [each for each in one if end - range_ms <= each[0] <= end])
            else None
            for step, end in enumerate(ends)
        ]
        for one in series
    ]
