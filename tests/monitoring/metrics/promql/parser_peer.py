"""The same tree from the parser of the crate promql-parser, as plain tuples: a second opinion on ours."""

from datetime import datetime, timedelta
from typing import Any

import promql_parser as rust

_OPERATORS = {"=": rust.MatchOp.Equal, "!=": rust.MatchOp.NotEqual, "=~": rust.MatchOp.Re, "!~": rust.MatchOp.NotRe}
_CARDS = {
    "OneToOne": "one-to-one",
    "ManyToOne": "many-to-one",
    "OneToMany": "one-to-many",
    "ManyToMany": "many-to-many",
}


def peer(text: str) -> object:
    """The tree of `text`."""
    return _shape(rust.parse(text))


def _shape(node: Any) -> object:
    match node:
        case rust.NumberLiteral() | rust.StringLiteral():
            return node.val
        case rust.ParenExpr():
            return _shape(node.expr)
        case rust.VectorSelector():
            matchers = [(matcher.name, _operator(matcher.op), matcher.value) for matcher in node.matchers.matchers]
            matchers += [("__name__", "=", node.name)] if node.name else []
            return ("selector", sorted(matchers), _ms(node.offset), _at(node.at))
        case rust.MatrixSelector():
            return ("range", _shape(node.vector_selector), _ms(node.range))
        case rust.SubqueryExpr():
            modifiers = (_ms(node.range), _ms(node.step), _ms(node.offset), _at(node.at))
            return ("subquery", _shape(node.expr), *modifiers)
        case rust.Call():
            return ("call", node.func.name, [_shape(arg) for arg in node.args])
        case rust.UnaryExpr():
            return ("-", _shape(node.expr))
        case rust.AggregateExpr():
            return _aggregation(node)
    return _binary(node)


def _aggregation(node: Any) -> object:
    modifier: Any = node.modifier
    labels = sorted(modifier.labels) if modifier else []
    without = bool(modifier) and modifier.type == rust.AggModifierType.Without
    param = None if node.param is None else _shape(node.param)
    return ("aggregation", str(node.op), _shape(node.expr), param, labels, without)


def _binary(node: Any) -> object:
    modifier: Any = node.modifier
    matching: Any = modifier.matching if modifier else None
    op = str(node.op)
    how = (
        bool(matching) and matching.type == rust.LabelModifierType.Include,
        sorted(matching.labels) if matching else [],
        sorted(modifier.group_labels or []) if modifier else [],
        _card(node, op),
    )
    return ("binary", op, _shape(node.lhs), _shape(node.rhs), bool(modifier) and modifier.return_bool, how)


def _card(node: Any, op: str) -> str:
    if op in ("and", "or", "unless"):
        return "many-to-many"
    return _CARDS[str(node.modifier.card).rpartition(".")[2]] if node.modifier else "one-to-one"


def _operator(op: Any) -> str:
    return next(text for text, known in _OPERATORS.items() if known == op)


def _ms(length: timedelta | None) -> int:
    return 0 if length is None else length // timedelta(milliseconds=1)


def _at(modifier: Any) -> int | str | None:
    if modifier is None:
        return None
    if modifier.type == rust.AtModifierType.At:
        time: datetime = modifier.at
        return round(time.timestamp() * 1000)
    return "start" if modifier.type == rust.AtModifierType.Start else "end"
