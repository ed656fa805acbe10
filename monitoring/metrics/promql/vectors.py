"""What expressions evaluate to, over all steps of a query at once. Pure.

T is the number of steps (1 for an instant query), n the number of series. Where `present` is False the series has no
sample at that step, and its value means nothing; NaN is a value like any other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.promql.storage import Labels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(slots=True)
class Scalar:
    """One number a step: `values` (T)."""

    values: Floats


@dataclass(slots=True)
class Text:
    """A string literal."""

    value: str


@dataclass(slots=True)
class Vector:
    """An instant vector a step: `values` and `present` (n, T).

    `sample_times` (n, T) are the samples' own times in ms; only the argument of `timestamp()` has them, when it is a bare
    selector.
    """

    labels: list[Labels]
    values: Floats
    present: Bools
    sample_times: Ints | None = None


def go_on() -> None:
    """The check of a query without bounds."""


@dataclass(slots=True)
class Windows:
    """A range vector a step: the window of series i at step t is `times[starts[i, t]:ends[i, t]]` (ms) and the same of `values`.

    Windows are left-closed and right-closed as in Prometheus 2 ([end - range, end]), stale markers are taken out.
    `window_ends` (T) is each window's end in ms, offset and @ applied; `range_ms` its length.
    `eval_times` (T) are the steps themselves in ms, before offset. `check` is called now and then during long work, and
    raises when the query has to end.
    """

    labels: list[Labels]
    times: Ints
    values: Floats
    starts: Ints
    ends: Ints
    range_ms: int
    window_ends: Ints
    eval_times: Ints
    check: Callable[[], None] = go_on


@dataclass(slots=True)
class Notes:
    """What is said beside a result."""

    warnings: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)
