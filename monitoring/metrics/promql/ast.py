"""The syntax tree that is evaluated: small, typed, without parentheses, durations in ms. Nodes compare by identity. Pure.

`invariant` says that the value does not depend on the step: it is then worked out once and repeated.
"""

from dataclasses import dataclass
from typing import Literal

from monitoring.metrics.promql.storage import Matcher

ValueType = Literal["scalar", "string", "vector", "matrix"]
At = int | Literal["start", "end"] | None
Card = Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"]


@dataclass(slots=True, eq=False)
class Number:
    """A number literal."""

    value: float
    type: ValueType = "scalar"
    invariant: bool = True


@dataclass(slots=True, eq=False)
class String:
    """A string literal."""

    value: str
    type: ValueType = "string"
    invariant: bool = True


@dataclass(slots=True, eq=False)
class Selector:
    """An instant selector. `at` is ms since 1970, or the start or end of the query."""

    matchers: tuple[Matcher, ...]
    offset_ms: int
    at: At
    invariant: bool
    type: ValueType = "vector"


@dataclass(slots=True, eq=False)
class Range:
    """A range selector."""

    selector: Selector
    range_ms: int
    invariant: bool
    type: ValueType = "matrix"


@dataclass(slots=True, eq=False)
class Subquery:
    """`expr[range:step]`; `step_ms` 0 is the default step."""

    expr: "Node"
    range_ms: int
    step_ms: int
    offset_ms: int
    at: At
    invariant: bool
    type: ValueType = "matrix"


@dataclass(slots=True, eq=False)
class FunctionCall:
    """`name(args)`."""

    name: str
    args: tuple["Node", ...]
    type: ValueType
    invariant: bool


@dataclass(slots=True, eq=False)
class Aggregation:
    """`op by|without (grouping) (param, expr)`."""

    op: str
    expr: "Node"
    param: "Node | None"
    grouping: tuple[str, ...]
    without: bool
    invariant: bool
    type: ValueType = "vector"


@dataclass(slots=True, frozen=True)
class Matching:
    """How the series of two vectors are paired."""

    card: Card = "one-to-one"
    on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Binary:
    """`left op right`."""

    op: str
    left: "Node"
    right: "Node"
    returns_bool: bool
    matching: Matching
    type: ValueType
    invariant: bool


@dataclass(slots=True, eq=False)
class Negation:
    """`-expr`."""

    expr: "Node"
    type: ValueType
    invariant: bool


@dataclass(slots=True, eq=False)
class Plus:
    """`+selector`: its values, but a selector no more to the functions that care (`timestamp`, `absent`)."""

    expr: Selector
    type: ValueType
    invariant: bool


Node = Number | String | Selector | Range | Subquery | FunctionCall | Aggregation | Binary | Negation | Plus

COMPARISONS = frozenset(("==", "!=", ">", "<", ">=", "<="))
SET_OPERATORS = frozenset(("and", "or", "unless"))
WITH_PARAMETER = frozenset(("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"))
_TIMED = "days_in_month day_of_month day_of_week day_of_year hour minute month year predict_linear time timestamp"
STEP_DEPENDENT = frozenset(_TIMED.split())
"""Functions that look at the time of the step, so that fixed arguments do not fix their value."""


def selector_matchers(node: Node) -> tuple[Matcher, ...] | None:
    """The matchers of an instant or range selector; None for anything else."""
    if isinstance(node, Range):
        node = node.selector
    return node.matchers if isinstance(node, Selector) else None


def children(node: Node) -> tuple[Node, ...]:
    """The nodes below, in the order of the text."""
    match node:
        case Range():
            return (node.selector,)
        case Subquery() | Negation() | Plus():
            return (node.expr,)
        case FunctionCall():
            return node.args
        case Aggregation():
            return (node.param, node.expr) if node.param is not None else (node.expr,)
        case Binary():
            return (node.left, node.right)
    return ()
