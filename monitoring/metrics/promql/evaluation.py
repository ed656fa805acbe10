"""One walk through a syntax tree, for some steps of a query."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from monitoring.metrics.promql import aggregation, parameters
from monitoring.metrics.promql.ast import (
    WITH_PARAMETER,
    Aggregation,
    Binary,
    FunctionCall,
    Negation,
    Node,
    Number,
    Plus,
    Range,
    Selector,
    String,
    Subquery,
    children,
)
from monitoring.metrics.promql.binary import binary
from monitoring.metrics.promql.calls import Call, Value
from monitoring.metrics.promql.functions.registry import FUNCTIONS
from monitoring.metrics.promql.limits import Budget
from monitoring.metrics.promql.reads import Query, Reads, fixed, subquery_steps, want, wants
from monitoring.metrics.promql.rows import compact, concatenated, distinct, empty, repeated, unnamed
from monitoring.metrics.promql.selectors import instants, whole, windows
from monitoring.metrics.promql.storage import Storage
from monitoring.metrics.promql.subqueries import portions
from monitoring.metrics.promql.vectors import Floats, Ints, Notes, Scalar, Text, Vector, Windows


class Steps(NamedTuple):
    """`times` (T) in ms, ascending, `interval` apart."""

    times: Ints
    interval: int


class Evaluation:
    """Works out one expression; holds what its parts share."""

    __slots__ = ("budget", "notes", "query", "reads", "storage")

    def __init__(self, storage: Storage, budget: Budget, notes: Notes, query: Query) -> None:
        self.storage, self.budget, self.notes, self.query = storage, budget, notes, query
        self.reads = Reads(storage, budget, notes)

    def top(self, node: Node, steps: Steps) -> Value:
        """The value of a whole expression."""
        if _selects_twice(node):
            self.reads.share(wants(node, int(steps.times[0]), int(steps.times[-1]), self.query))
        return self.value(node, steps)

    def value(self, node: Node, steps: Steps) -> Value:
        """The value of a node at all steps."""
        self.budget.check()
        kind = type(node)
        count = len(steps.times)
        if count > 1 and node.invariant and kind not in _OVER_TIME:
            return _spread(_WORK[kind](self, node, Steps(steps.times[:1], steps.interval)), count)
        found: Value = _WORK[kind](self, node, steps)
        self.budget.vector(found)
        return found

    def vector(self, node: Node, steps: Steps) -> Vector:
        found = self.value(node, steps)
        if not isinstance(found, Vector):
            raise TypeError(f"{type(node).__name__} yields {type(found).__name__}, not a vector")
        return found

    def number(self, node: Number, steps: Steps) -> Scalar:
        return Scalar(np.full(len(steps.times), node.value))

    def string(self, node: String, steps: Steps) -> Text:
        return Text(node.value)

    # -- selectors

    def references(self, node: Selector | Subquery, steps: Steps) -> Ints:
        """The times that a selector or subquery looks back from."""
        at = fixed(node.at, self.query)
        if at is None:
            return steps.times - node.offset_ms if node.offset_ms else steps.times
        return np.full(len(steps.times), at - node.offset_ms)

    def selector(self, node: Selector, steps: Steps, with_times: bool = False) -> Vector:
        matchers, wanted = want(node, int(steps.times[0]), int(steps.times[-1]), "", self.query)
        selection = self.reads.read(matchers, wanted, steps.interval)
        return instants(selection, self.references(node, steps), self.query.lookback_ms, self.budget, with_times)

    def windows(self, node: Range | Subquery, steps: Steps, function: str) -> Iterator[Windows]:
        """A range selector or subquery, some series at a time."""
        if isinstance(node, Subquery):
            return self.subquery_windows(node, steps)
        matchers, wanted = want(node, int(steps.times[0]), int(steps.times[-1]), function, self.query)
        selection = self.reads.read(matchers, wanted, steps.interval)
        ends = self.references(node.selector, steps)
        return windows(selection, ends, node.range_ms, steps.times, self.budget)

    def range(self, node: Range, steps: Steps) -> Windows:
        return whole(self.windows(node, steps, ""))

    def subquery(self, node: Subquery, steps: Steps) -> Windows:
        return whole(self.subquery_windows(node, steps))

    def subquery_windows(self, node: Subquery, steps: Steps) -> Iterator[Windows]:
        ends = self.references(node, steps)
        inner = self.inner_steps(node, steps, ends)
        found = self.vector(node.expr, inner) if len(inner.times) else empty(0)
        self.budget.cells(len(found.labels), max(len(inner.times), len(steps.times)))
        return portions(found, inner.times, ends, node.range_ms, steps.times)

    def inner_steps(self, node: Subquery, steps: Steps, ends: Ints) -> Steps:
        """The steps of a subquery: all from the first window's start to the last one's end, or only those inside of
        windows, where these lie apart.
        """
        first, last, interval = subquery_steps(node, int(steps.times[0]), int(steps.times[-1]), self.query)
        each = node.range_ms // interval + 1
        if node.at is not None or steps.interval <= node.range_ms or len(ends) == 1:
            self.budget.cells(1, max(0, (last - first) // interval + 1))
            return Steps(np.arange(first, last + 1, interval, dtype=np.int64), interval)
        self.budget.cells(each, len(ends))
        starts = -(-(ends - node.range_ms) // interval) * interval
        times = (starts[:, None] + np.arange(each, dtype=np.int64) * interval).ravel()
        return Steps(times[times <= np.repeat(ends, each)], interval)

    # -- operators

    def call(self, node: FunctionCall, steps: Steps) -> Scalar | Vector:
        function = FUNCTIONS[node.name]
        if node.name == "timestamp" and isinstance(node.args[0], Selector):
            args: list[Value] = [self.selector(node.args[0], steps, with_times=True)]
            return self._called(node, args, steps)
        over = next((place for place, arg in enumerate(node.args) if isinstance(arg, Range | Subquery)), None)
        args = [_UNREAD if place == over else self.value(arg, steps) for place, arg in enumerate(node.args)]
        if over is None:
            found = function.call(Call(node.name, args, steps.times, self.notes, list(node.args)))
            return found if isinstance(found, Scalar) else distinct(found)
        ranged = node.args[over]
        if not isinstance(ranged, Range | Subquery):
            raise TypeError(node.name)
        windows = self.windows(ranged, steps, node.name)
        if node.name == "absent_over_time":
            windows = iter((whole(windows),))
        parts: list[Vector] = []
        for portion in windows:
            self.budget.check()
            portion.check = self.budget.check
            args[over] = portion
            part = function.call(Call(node.name, list(args), steps.times, self.notes, list(node.args)))
            if isinstance(part, Vector):
                parts.append(part)
        return distinct(compact(concatenated(parts)), ever=True)

    def _called(self, node: FunctionCall, args: list[Value], steps: Steps) -> Scalar | Vector:
        found = FUNCTIONS[node.name].call(Call(node.name, args, steps.times, self.notes, list(node.args)))
        return found if isinstance(found, Scalar) else distinct(found)

    def aggregation(self, node: Aggregation, steps: Steps) -> Vector:
        vector = self.vector(node.expr, steps)
        if node.op not in WITH_PARAMETER or node.param is None:
            return aggregation.aggregate(node.op, vector, node.grouping, node.without)
        with self.budget.holding(vector):
            param = self.value(node.param, steps)
        if isinstance(param, Text):
            return parameters.count_values(vector, param.value, node.grouping, node.without, self.budget)
        numbers: Floats = param.values
        if node.op == "quantile":
            return parameters.quantile(vector, numbers, node.grouping, node.without)
        return parameters.limit(node.op, vector, numbers, node.grouping, node.without, self.budget)

    def binary(self, node: Binary, steps: Steps) -> Scalar | Vector:
        """Long chains are left-deep: they are walked, not recursed into."""
        chain, below = [node], node.left
        while isinstance(below, Binary) and (len(steps.times) == 1 or not below.invariant):
            chain.append(below)
            below = below.left
        found = self._operand(below, steps)
        for one in reversed(chain):
            self.budget.check()
            with self.budget.holding(found):
                right = self._operand(one.right, steps)
            found = binary(one, found, right, self.budget)
            self.budget.vector(found)
        return found

    def _operand(self, node: Node, steps: Steps) -> Scalar | Vector:
        found = self.value(node, steps)
        if not isinstance(found, Scalar | Vector):
            raise TypeError(f"{type(node).__name__} is no operand")
        return found

    def negation(self, node: Negation, steps: Steps) -> Scalar | Vector:
        found = self._operand(node.expr, steps)
        if isinstance(found, Scalar):
            return Scalar(-found.values)
        return distinct(unnamed(Vector(found.labels, -found.values, found.present)), ever=True)

    def plus(self, node: Plus, steps: Steps) -> Scalar | Vector:
        return self._operand(node.expr, steps)


_UNREAD = Text("")
_OVER_TIME = (Range, Subquery)
_WORK: dict[type, Callable[..., Value]] = {
    Number: Evaluation.number,
    String: Evaluation.string,
    Selector: Evaluation.selector,
    Range: Evaluation.range,
    Subquery: Evaluation.subquery,
    FunctionCall: Evaluation.call,
    Aggregation: Evaluation.aggregation,
    Binary: Evaluation.binary,
    Negation: Evaluation.negation,
    Plus: Evaluation.plus,
}


def _spread(value: Value, steps: int) -> Value:
    """What holds at one step, at all."""
    if isinstance(value, Scalar):
        return Scalar(np.broadcast_to(value.values, (steps,)))
    return repeated(value, steps) if isinstance(value, Vector) else value


def _selects_twice(node: Node) -> bool:
    seen, stack = set(), [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Selector):
            if one.matchers in seen:
                return True
            seen.add(one.matchers)
        stack += children(one)
    return False
