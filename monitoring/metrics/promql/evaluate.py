"""Instant and range queries over a `Storage`.

An expression is worked out once for all of its steps: every node yields numbers (T), or series times steps (n, T). What does
not depend on the step is worked out for one and repeated. A range query that would hold too many samples at once is worked
out in portions of its time, one after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from monitoring.metrics.promql.ast import Node
from monitoring.metrics.promql.checking import DOCUMENTED
from monitoring.metrics.promql.errors import TOO_DEEP, PromqlError, execution
from monitoring.metrics.promql.evaluation import Evaluation, Steps
from monitoring.metrics.promql.limits import Budget, Limits, TooMuchAtOnceError, points_check, too_much
from monitoring.metrics.promql.parsing import parse
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.reads import Query
from monitoring.metrics.promql.rows import by_labels, compact, concatenated, distinct
from monitoring.metrics.promql.storage import Storage
from monitoring.metrics.promql.vectors import Ints, Notes, Scalar, Text, Vector, Windows

LOOKBACK_MS = 300_000
DEFAULT_STEP_MS = 60_000
"""The step of a subquery without one: Prometheus's default evaluation interval."""

Found = TypeVar("Found")

_NO_LIMITS = Limits()


@dataclass(slots=True)
class Result:
    """The answer. `value` is a Scalar or Text of an instant query; a Vector for `vector` (T = 1) and for the `matrix` of a
    range query, whose rows are sorted by labels; Windows (T = 1) for the `matrix` of an instant query of a range selector.
    """

    kind: Literal["scalar", "string", "vector", "matrix"]
    value: Scalar | Text | Vector | Windows
    step_times_ms: Ints
    notes: Notes = field(default_factory=Notes)


def query(
    storage: Storage,
    text: str,
    time_ms: int,
    *,
    limits: Limits = _NO_LIMITS,
    lookback_ms: int = LOOKBACK_MS,
    default_step_ms: int = DEFAULT_STEP_MS,
) -> Result:
    """The value of `text` at one time. PromqlError."""
    node = parse(text)
    return instant(storage, node, time_ms, Budget(limits), lookback_ms, default_step_ms)


def instant(
    storage: Storage, node: Node, time_ms: int, budget: Budget, lookback_ms: int, default_step_ms: int = DEFAULT_STEP_MS
) -> Result:
    """The value of a tree at one time. PromqlError."""
    whole = Query(time_ms, time_ms, lookback_ms, default_step_ms)
    steps = Steps(np.array([time_ms], dtype=np.int64), 0)
    notes = Notes()
    value = _guarded(lambda: Evaluation(storage, budget, notes, whole).top(node, steps), budget.limits)
    if isinstance(value, Vector):
        value = compact(value)
    kind = node.type
    return Result(kind, value, steps.times, notes)


def query_range(
    storage: Storage,
    text: str,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    limits: Limits = _NO_LIMITS,
    lookback_ms: int = LOOKBACK_MS,
    default_step_ms: int = DEFAULT_STEP_MS,
) -> Result:
    """The values of `text` from start to end, every `step_ms`; a scalar becomes a series without labels. PromqlError."""
    points_check(start_ms, end_ms, step_ms, limits)
    node = parse(text)
    if node.type not in ("scalar", "vector"):
        kind = go_quote(DOCUMENTED[node.type])
        raise PromqlError(
            "bad_data", f"invalid expression type {kind} for range query, must be Scalar or instant Vector"
        )
    whole = Query(start_ms, end_ms, lookback_ms, default_step_ms)
    times = np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)
    budget, notes = Budget(limits), Notes()
    value = _guarded(lambda: _portions(storage, node, Steps(times, step_ms), budget, notes, whole), limits)
    return Result("matrix", by_labels(compact(value)), times, notes)


def _portions(storage: Storage, node: Node, steps: Steps, budget: Budget, notes: Notes, whole: Query) -> Vector:
    """All steps, in halves where they need too many samples at once."""
    samples = budget.samples
    try:
        value = Evaluation(storage, budget, notes, whole).top(node, steps)
    except TooMuchAtOnceError:
        count = len(steps.times)
        if count == 1 or not budget.limits.in_portions:
            raise
        budget.samples, budget.held = samples, 0
        halves = [Steps(times, steps.interval) for times in (steps.times[: count // 2], steps.times[count // 2 :])]
        return _joined([compact(_portions(storage, node, half, budget, notes, whole)) for half in halves], budget)
    if isinstance(value, Scalar):
        return Vector([()], value.values[None, :], np.ones((1, len(steps.times)), dtype=np.bool_))
    if not isinstance(value, Vector):
        raise TypeError(f"a range query yields {type(value).__name__}")
    if value.values.size > budget.limits.most_cells:  # what does not depend on the step takes no room until now
        raise too_much(budget.limits)
    return value


def _joined(parts: Sequence[Vector], budget: Budget) -> Vector:
    """Portions of time, one after the other."""
    total = sum(part.values.shape[1] for part in parts)
    if max(len(part.labels) for part in parts) * total > budget.limits.most_cells:
        raise too_much(budget.limits)
    wide, begin = [], 0
    for part in parts:
        rows, steps = part.values.shape
        values, present = np.zeros((rows, total)), np.zeros((rows, total), dtype=np.bool_)
        values[:, begin : begin + steps], present[:, begin : begin + steps] = part.values, part.present
        wide.append(Vector(part.labels, values, present))
        begin += steps
    return distinct(concatenated(wide))


def _guarded(work: Callable[[], Found], limits: Limits) -> Found:
    try:
        with np.errstate(all="ignore"):
            return work()
    except (TooMuchAtOnceError, MemoryError):
        raise too_much(limits) from None
    except RecursionError:
        raise execution(TOO_DEEP) from None
