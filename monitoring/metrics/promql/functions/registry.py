"""Every function by its name in PromQL, fitted to the evaluator's `Call`. Pure.

In Prometheus 2.42 there are all but `double_exponential_smoothing` (there `holt_winters`), `first_over_time`,
`mad_over_time`, `sort_by_label`, `sort_by_label_desc`, `ts_of_first_over_time` and `ts_of_last_over_time`.
"""

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from monitoring.metrics.promql import ast
from monitoring.metrics.promql.calls import Call, Function
from monitoring.metrics.promql.errors import execution
from monitoring.metrics.promql.functions import (
    arithmetic,
    dates,
    histogram,
    ordering,
    over_time,
    presence,
    quantiles,
    rates,
    regression,
    smoothing,
)
from monitoring.metrics.promql.functions.labels import joiner, relabelled, replacer, without_name
from monitoring.metrics.promql.storage import Matcher
from monitoring.metrics.promql.vectors import Floats, Scalar, Text, Vector, Windows

NATIVE_HISTOGRAMS = [f"histogram_{what}" for what in ("avg", "count", "fraction", "stddev", "stdvar", "sum")]

Kind = TypeVar("Kind", Scalar, Text, Vector, Windows)


def arg(call: Call, position: int, kind: type[Kind]) -> Kind:
    """The argument, of the type that the parser has made sure of."""
    value = call.args[position]
    if not isinstance(value, kind):
        raise TypeError(f"argument {position + 1} of {call.name}() is {type(value).__name__}, not {kind.__name__}")
    return value


def texts(call: Call, first: int) -> list[str]:
    return [arg(call, position, Text).value for position in range(first, len(call.args))]


def unnamed(vector: Vector) -> Vector:
    return Vector([without_name(labels) for labels in vector.labels], vector.values, vector.present)


def same_series(vector: Vector, values: Floats) -> Vector:
    """New values at the same steps; the name goes."""
    return Vector([without_name(labels) for labels in vector.labels], values, vector.present)


def over_windows(compute: Callable[[Windows], Vector]) -> Callable[[Call], Vector]:
    return lambda call: unnamed(compute(arg(call, 0, Windows)))


def over_windows_named(compute: Callable[[Windows], Vector]) -> Callable[[Call], Vector]:
    return lambda call: compute(arg(call, 0, Windows))


def over_numbers(compute: Callable[[Floats], Floats]) -> Callable[[Call], Vector]:
    @np.errstate(all="ignore")
    def function(call: Call) -> Vector:
        vector = arg(call, 0, Vector)
        return same_series(vector, compute(vector.values))

    return function


def date_part(call: Call) -> Vector:
    """Of the steps themselves, when there is no argument."""
    if not call.args:
        seconds = np.trunc(call.step_times_ms / 1000)
        return everywhere(dates.part(call.name, seconds))
    vector = arg(call, 0, Vector)
    return same_series(vector, dates.part(call.name, vector.values))


def everywhere(values: Floats) -> Vector:
    """One series without labels, at every step (T)."""
    return Vector([()], values[None, :], np.ones((1, len(values)), np.bool_))


@np.errstate(all="ignore")
def rounded(call: Call) -> Vector:
    vector = arg(call, 0, Vector)
    nearest = arg(call, 1, Scalar).values if len(call.args) > 1 else np.ones(len(call.step_times_ms))
    return same_series(vector, arithmetic.rounded(vector.values, nearest))


def clamp(call: Call) -> Vector:
    vector, least, most = arg(call, 0, Vector), arg(call, 1, Scalar).values, arg(call, 2, Scalar).values
    clamped = same_series(vector, arithmetic.clamped(vector.values, least, most))
    clamped.present = vector.present & arithmetic.can_clamp(least, most)
    return clamped


def clamp_min(call: Call) -> Vector:
    vector = arg(call, 0, Vector)
    return same_series(vector, arithmetic.at_least(vector.values, arg(call, 1, Scalar).values))


def clamp_max(call: Call) -> Vector:
    vector = arg(call, 0, Vector)
    return same_series(vector, arithmetic.at_most(vector.values, arg(call, 1, Scalar).values))


def timestamp(call: Call) -> Vector:
    """When the samples were taken where that is known, else the time of the step, in seconds."""
    vector = arg(call, 0, Vector)
    times = call.step_times_ms if vector.sample_times is None else vector.sample_times
    return same_series(vector, np.broadcast_to(times / 1000, vector.values.shape))


def label_replace(call: Call) -> Vector:
    target, template, source, expression = texts(call, 1)
    vector = arg(call, 0, Vector)
    labels = relabelled(vector.labels, replacer(target, template, source, expression))
    return Vector(labels, vector.values, vector.present)


def label_join(call: Call) -> Vector:
    target, separator, *sources = texts(call, 1)
    vector = arg(call, 0, Vector)
    return Vector(relabelled(vector.labels, joiner(target, separator, sources)), vector.values, vector.present)


def matchers_of(call: Call) -> tuple[Matcher, ...]:
    return ast.selector_matchers(call.arg_exprs[0]) or ()


def native_histogram(call: Call) -> Vector:
    raise execution(f"{call.name}() reads native histograms, which are not supported; use buckets with a label `le`")


def smoothed(call: Call) -> Vector:
    return unnamed(smoothing.holt_winters(arg(call, 0, Windows), arg(call, 1, Scalar), arg(call, 2, Scalar)))


WITHOUT_NAME: dict[str, Callable[[Call], Vector | Scalar]] = {
    "absent": lambda call: presence.absent(arg(call, 0, Vector), matchers_of(call)),
    "absent_over_time": lambda call: presence.absent_over_time(arg(call, 0, Windows), matchers_of(call)),
    "avg_over_time": over_windows(over_time.avg_over_time),
    "changes": over_windows(over_time.changes),
    "clamp": clamp,
    "clamp_max": clamp_max,
    "clamp_min": clamp_min,
    "count_over_time": over_windows(over_time.count_over_time),
    "delta": over_windows(rates.delta),
    "deriv": over_windows(regression.deriv),
    "double_exponential_smoothing": smoothed,
    "histogram_quantile": lambda call: histogram.histogram_quantile(arg(call, 0, Scalar), arg(call, 1, Vector)),
    "holt_winters": smoothed,
    "idelta": over_windows(rates.idelta),
    "increase": over_windows(rates.increase),
    "irate": over_windows(rates.irate),
    "mad_over_time": over_windows(quantiles.mad_over_time),
    "max_over_time": over_windows(over_time.max_over_time),
    "min_over_time": over_windows(over_time.min_over_time),
    "pi": lambda call: Scalar(np.full(len(call.step_times_ms), math.pi)),
    "predict_linear": lambda call: unnamed(regression.predict_linear(arg(call, 0, Windows), arg(call, 1, Scalar))),
    "present_over_time": over_windows(over_time.present_over_time),
    "quantile_over_time": lambda call: unnamed(
        quantiles.quantile_over_time(arg(call, 0, Scalar), arg(call, 1, Windows))
    ),
    "rate": over_windows(rates.rate),
    "resets": over_windows(over_time.resets),
    "round": rounded,
    "scalar": lambda call: presence.scalar(arg(call, 0, Vector)),
    "stddev_over_time": over_windows(over_time.stddev_over_time),
    "stdvar_over_time": over_windows(over_time.stdvar_over_time),
    "sum_over_time": over_windows(over_time.sum_over_time),
    "time": lambda call: Scalar(call.step_times_ms / 1000),
    "timestamp": timestamp,
    "ts_of_first_over_time": over_windows(over_time.ts_of_first_over_time),
    "ts_of_last_over_time": over_windows(over_time.ts_of_last_over_time),
    "vector": lambda call: everywhere(arg(call, 0, Scalar).values),
    **{name: over_numbers(compute) for name, compute in arithmetic.SIMPLE.items()},
    **dict.fromkeys(dates.PARTS, date_part),
    **dict.fromkeys(NATIVE_HISTOGRAMS, native_histogram),
}

WITH_NAME: dict[str, Callable[[Call], Vector | Scalar]] = {
    "first_over_time": over_windows_named(over_time.first_over_time),
    "label_join": label_join,
    "label_replace": label_replace,
    "last_over_time": over_windows_named(over_time.last_over_time),
    "sort": lambda call: ordering.by_value(arg(call, 0, Vector), descending=False),
    "sort_by_label": lambda call: ordering.by_labels(arg(call, 0, Vector), texts(call, 1), descending=False),
    "sort_by_label_desc": lambda call: ordering.by_labels(arg(call, 0, Vector), texts(call, 1), descending=True),
    "sort_desc": lambda call: ordering.by_value(arg(call, 0, Vector), descending=True),
}

FUNCTIONS: dict[str, Function] = {
    **{name: Function(name, call, drops_name=True) for name, call in WITHOUT_NAME.items()},
    **{name: Function(name, call, drops_name=False) for name, call in WITH_NAME.items()},
}
