"""The rules of type of PromQL, in the words of Prometheus (promql/parser/parse.go, checkAST). Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from monitoring.metrics.promql.ast import (
    COMPARISONS,
    SET_OPERATORS,
    Matching,
    Node,
    Range,
    Selector,
    Subquery,
    ValueType,
)
from monitoring.metrics.promql.lexing import Token
from monitoring.metrics.promql.matchers import matches_nothing_given
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.signatures import Signature
from monitoring.metrics.promql.storage import Matcher

Placed = tuple[Node, int]
Problems = list[tuple[int, str]]


class Argument(NamedTuple):
    """Of a call or an aggregation: the node, where it begins, and what is wrong inside it."""

    node: Node
    position: int
    problems: Problems


DOCUMENTED: dict[ValueType, str] = {
    "scalar": "scalar",
    "string": "string",
    "vector": "instant vector",
    "matrix": "range vector",
}


class MistakeError(Exception):
    """The text is no expression, from the 0-based character `position` on."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def expect(problems: Problems, placed: Placed, wanted: ValueType, context: str) -> None:
    """Note that an operand is of another type than it must be."""
    node, position = placed
    if node.type != wanted:
        problems.append((position, f"expected type {DOCUMENTED[wanted]} in {context}, got {DOCUMENTED[node.type]}"))


def unary(problems: Problems, node: Node, position: int) -> None:
    if node.type not in ("scalar", "vector"):
        got = go_quote(DOCUMENTED[node.type])
        message = f"unary expression only allowed on expressions of type scalar or instant vector, got {got}"
        problems.append((position, message))


def binary(
    problems: Problems, operator: Token, left: Placed, right: Placed, returns_bool: bool, matching: Matching | None
) -> Matching:
    """Notes what is wrong, and gives the matching that holds."""
    op, types = operator.kind, (left[0].type, right[0].type)
    told = problems.append
    if returns_bool and op not in COMPARISONS:
        told((operator.position, "bool modifier can only be used on comparison operators"))
    if op in COMPARISONS and not returns_bool and types == ("scalar", "scalar"):
        told((operator.position, "comparisons between scalars must use BOOL modifier"))
    if matching is not None and matching.on:
        for label in matching.labels:
            if label in matching.include:
                told((operator.position, f"label {go_quote(label)} must not occur in ON and GROUP clause at once"))
    for node, position in (left, right):
        if node.type not in ("scalar", "vector"):
            told((position, "binary expression must contain only scalar and instant vector types"))
    return _matching(problems, operator, types, left[1], matching)


def _matching(
    problems: Problems, operator: Token, types: tuple[ValueType, ValueType], position: int, matching: Matching | None
) -> Matching:
    is_set = operator.kind in SET_OPERATORS
    if types != ("vector", "vector"):
        if matching is not None and matching.labels:
            problems.append((position, "vector matching only allowed between instant vectors"))
        if is_set and "scalar" in types:
            text = go_quote(operator.kind)
            problems.append((position, f"set operator {text} not allowed in binary scalar expression"))
        return Matching()
    matching = matching or Matching()
    if not is_set:
        return matching
    if matching.card in ("one-to-many", "many-to-one"):
        problems.append((position, f"no grouping allowed for {go_quote(operator.kind)} operation"))
    return Matching("many-to-many", matching.on, matching.labels)


def range_selector(node: Node, bare: bool, position: int, range_ms: int) -> Range:
    """`node[range]`; `position` is that of the bracket, `bare` says that no parentheses are around the node."""
    if not bare or not isinstance(node, Selector):
        raise MistakeError("ranges only allowed for vector selectors", position)
    if node.offset_ms:
        raise MistakeError("no offset modifiers allowed before range", position)
    if isinstance(node.at, int):  # start() and end() may stand there
        raise MistakeError("no @ modifiers allowed before range", position)
    return Range(node, range_ms, node.invariant)


def subquery(problems: Problems, node: Node, position: int) -> None:
    if node.type != "vector":
        problems.append((position, f"subquery is only allowed on instant vector, got {node.type} instead"))


def modified(node: Node, bare: bool, position: int, modifier: str) -> Selector | Subquery:
    """What an offset or @ after `node` changes."""
    target = node.selector if isinstance(node, Range) else node
    if not bare or not isinstance(target, Selector | Subquery):
        message = "must be preceded by an instant vector selector or range vector selector or a subquery"
        raise MistakeError(f"{modifier} {message}", position)
    return target


def selector(problems: Problems, matchers: Sequence[Matcher], name: str | None, position: int) -> None:
    if name is not None:
        for matcher in matchers:
            if matcher.name == "__name__":
                twice = f"{go_quote(name)} or {go_quote(matcher.value)}"
                problems.append((position, f"metric name must not be set twice: {twice}"))
    elif all(matches_nothing_given(matcher) for matcher in matchers):
        problems.append((position, "vector selector must contain at least one non-empty matcher"))


def aggregation_arguments(args: Sequence[Argument], wanted: int, position: int) -> None:
    if not args:
        raise MistakeError("no arguments for aggregate expression provided", position)
    if len(args) != wanted:
        message = "wrong number of arguments for aggregate expression provided"
        raise MistakeError(f"{message}, expected {wanted}, got {len(args)}", position)


def aggregation(problems: Problems, op: str, expr: Argument, param: Argument | None) -> None:
    """Types of the arguments; what is wrong with the expression is told before what is wrong with the parameter."""
    expect_argument(problems, expr, "vector", "aggregation expression")
    if param is not None:
        expect_argument(problems, param, "string" if op == "count_values" else "scalar", "aggregation parameter")


def expect_argument(problems: Problems, arg: Argument, wanted: ValueType, context: str) -> None:
    """Note what is wrong inside an argument, then that it is of another type than it must be."""
    problems += arg.problems
    expect(problems, (arg.node, arg.position), wanted, context)


def call(problems: Problems, name: str, signature: Signature, args: Sequence[Argument], position: int) -> None:
    """Count and types of arguments; one too many is not looked at."""
    wanted, got = len(signature.args), len(args)
    most = wanted - 1 + signature.variadic
    counted = ""
    if signature.variadic == 0 and got != wanted:
        counted = f"expected {wanted} argument(s) in call to {go_quote(name)}, got {got}"
    elif signature.variadic and got < wanted - 1:
        counted = f"expected at least {wanted - 1} argument(s) in call to {go_quote(name)}, got {got}"
    elif signature.variadic > 0 and got > most:
        counted = f"expected at most {most} argument(s) in call to {go_quote(name)}, got {got}"
    if counted:
        problems.append((position, counted))
    for i, arg in enumerate(args):
        if i >= wanted and signature.variadic == 0:
            break
        expect_argument(problems, arg, signature.args[min(i, wanted - 1)], f"call to function {go_quote(name)}")
