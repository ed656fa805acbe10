"""In which order the series of an instant query are told: by labels, unless the expression asks for an order itself. Pure."""

from monitoring.metrics.promql.ast import Aggregation, FunctionCall, Node, children
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.vectors import Vector, Windows

RANKED = frozenset({"topk", "bottomk"})


def ordered(result: Result, node: Node) -> Result:
    """The same result, its series sorted. A store has them in no order that means anything."""
    value = result.value
    if not isinstance(value, Vector | Windows) or len(value.labels) < 2 or orders(node):
        return result
    rows = sorted(range(len(value.labels)), key=value.labels.__getitem__)
    value.labels = [value.labels[row] for row in rows]
    if isinstance(value, Vector):
        value.values, value.present = value.values[rows], value.present[rows]
    else:
        value.starts, value.ends = value.starts[rows], value.ends[rows]
    return result


def orders(node: Node) -> bool:
    """Whether any part of an expression ranks or sorts. Long chains are deep trees: they are not recursed into."""
    parts = [node]
    while parts:
        match part := parts.pop():
            case FunctionCall() if part.name.startswith("sort"):
                return True
            case Aggregation() if part.op in RANKED:
                return True
        parts += children(part)
    return False
