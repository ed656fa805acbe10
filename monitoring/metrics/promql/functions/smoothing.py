"""Double exponential smoothing: `holt_winters`, which later versions call `double_exponential_smoothing`. Pure."""

from collections.abc import Iterable

import numpy as np

from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.functions.averages import samples
from monitoring.metrics.promql.functions.windows import FEW, Block, over_windows, side_by_side
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Scalar, Vector, Windows


def holt_winters(windows: Windows, smoothing: Scalar, trend: Scalar) -> Vector:
    """The smoothed level at each window's end; both factors lie between 0 and 1, or it is an error."""
    refuse_factors(windows.ends > windows.starts, smoothing.values, trend.values)

    @np.errstate(all="ignore")
    def compute(cells: Ints, starts: Ints, ends: Ints) -> Floats:
        steps = cells % len(windows.eval_times)
        return levels(windows, starts, ends, smoothing.values[steps], trend.values[steps])

    return over_windows(windows, compute, at_least=2)


def refuse_factors(sampled: Bools, smoothing: Floats, trend: Floats) -> None:
    """Raise for the first factor that is used and is none; windows `sampled` (n, T) use theirs."""
    used = sampled.any(axis=0)
    for name, sign, factors in (("smoothing", "sf", smoothing), ("trend", "tf", trend)):
        wrong = used & ((factors <= 0) | (factors >= 1))
        if wrong.any():
            got = as_go_prints(float(factors[wrong][0]))
            raise PromqlError("execution", f"invalid {name} factor. Expected: 0 < {sign} < 1, got: {got}")


def as_go_prints(number: float) -> str:
    """As Go's %f."""
    return f"{number:+f}".replace("inf", "Inf") if np.isinf(number) else f"{number:f}"


def levels(windows: Windows, starts: Ints, ends: Ints, smoothing: Floats, trend: Floats) -> Floats:
    """The smoothed level at the end of each window (k) of two samples or more."""
    if len(starts) <= FEW:
        spans = zip(starts.tolist(), ends.tolist(), smoothing.tolist(), trend.tolist(), strict=True)
        return np.array([level_one(samples(windows, start, end), sf, tf) for start, end, sf, tf in spans])
    results = np.empty(len(starts))
    for each in side_by_side(starts, ends):
        results[each.windows] = level_block(each, windows, smoothing[each.windows], trend[each.windows])
    return results


def level_one(numbers: Iterable[float], smoothing: float, trend: float) -> float:
    numbers = iter(numbers)
    before, level, slope = 0.0, next(numbers), 0.0
    for position, sample in enumerate(numbers):
        slope = trend * (level - before) + (1 - trend) * slope if position else sample - level
        before, level = level, smoothing * sample + (1 - smoothing) * (level + slope)
    return level


def level_block(each: Block, windows: Windows, smoothing: Floats, trend: Floats) -> Floats:
    level: Floats = windows.values[each.starts]
    slope = windows.values[each.starts + 1] - level
    before = np.zeros_like(level)
    for position, size, found in each.positions(windows.values, windows.check):
        if position == 0:
            continue
        if position > 1:
            slope[:size] = trend[:size] * (level[:size] - before[:size]) + (1 - trend[:size]) * slope[:size]
        reached = smoothing[:size] * found + (1 - smoothing[:size]) * (level[:size] + slope[:size])
        before[:size] = level[:size]
        level[:size] = reached
    return level
