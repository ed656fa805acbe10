"""What a function is called with, and what a function is: the contract between the evaluator and `promql.functions`. Pure.

A function gets its arguments for all steps at once and returns all steps at once. It never writes into an argument:
arrays may be shared and read-only. Optional arguments that the text leaves out are left out of `args`. Rows that have no
sample at any step may stay; equal label sets are found by the evaluator. A function over `Windows` treats every row by
itself, since the evaluator hands it the rows in portions (all but `absent_over_time`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from monitoring.metrics.promql.ast import Node
from monitoring.metrics.promql.vectors import Ints, Notes, Scalar, Text, Vector, Windows

Value = Scalar | Text | Vector | Windows


@dataclass(slots=True)
class Call:
    """One call: the values of the arguments, `step_times_ms` (T), and the arguments' nodes (see `ast.selector_matchers`)."""

    name: str
    args: list[Value]
    step_times_ms: Ints
    notes: Notes
    arg_exprs: list[Node]


@dataclass(frozen=True, slots=True)
class Function:
    """A function by name. `drops_name` says that its result loses `__name__`; the function itself takes it off."""

    name: str
    call: Callable[[Call], Vector | Scalar]
    drops_name: bool
