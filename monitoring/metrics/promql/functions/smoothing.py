"""Double exponential smoothing: `holt_winters`, which later versions call `double_exponential_smoothing`. Pure."""

import numpy as np

from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.functions.windows import FEW, Block, blocks, over_windows
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Scalar, Vector, Windows


def holt_winters(windows: Windows, smoothing: Scalar, trend: Scalar) -> Vector:
    """The smoothed level at each window's end; both factors lie between 0 and 1, or it is an error."""
    refuse_factors(windows.ends > windows.starts, smoothing.values, trend.values)

    @np.errstate(all="ignore")
    def compute(cells: Ints, starts: Ints, ends: Ints) -> Floats:
        steps = cells % len(windows.eval_times)
        return levels(windows.values, starts, ends, smoothing.values[steps], trend.values[steps])

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


def levels(values: Floats, starts: Ints, ends: Ints, smoothing: Floats, trend: Floats) -> Floats:
    """The smoothed level at the end of each window (k) of two samples or more."""
    if len(starts) <= FEW:
        windows = zip(starts.tolist(), ends.tolist(), smoothing.tolist(), trend.tolist(), strict=True)
        return np.array([level_one(values[start:end].tolist(), sf, tf) for start, end, sf, tf in windows])
    results = np.empty(len(starts))
    for each in blocks(starts, ends):
        results[each.windows] = level_block(each, values, smoothing[each.windows], trend[each.windows])
    return results


def level_one(samples: list[float], smoothing: float, trend: float) -> float:
    before, level, slope = 0.0, samples[0], samples[1] - samples[0]
    for position, sample in enumerate(samples[1:]):
        if position:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * sample + (1 - smoothing) * (level + slope)
    return level


def level_block(each: Block, values: Floats, smoothing: Floats, trend: Floats) -> Floats:
    level: Floats = values[each.at[0]]
    slope = values[each.at[1]] - level
    before = np.zeros_like(level)
    for position, size, samples in each.positions(values):
        if position == 0:
            continue
        if position > 1:
            slope[:size] = trend[:size] * (level[:size] - before[:size]) + (1 - trend[:size]) * slope[:size]
        reached = smoothing[:size] * samples + (1 - smoothing[:size]) * (level[:size] + slope[:size])
        before[:size] = level[:size]
        level[:size] = reached
    return level
