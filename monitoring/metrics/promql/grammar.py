"""The grammar of PromQL (promql/parser/generated_parser.y, 2.42) by precedence climbing. Pure.

Mistakes of syntax end the reading at once; mistakes of type are collected on the way and the first is told when the syntax
is right, as Prometheus does.
"""

from monitoring.metrics.promql import checking
from monitoring.metrics.promql.ast import (
    STEP_DEPENDENT,
    WITH_PARAMETER,
    Aggregation,
    At,
    Binary,
    Card,
    FunctionCall,
    Matching,
    Negation,
    Node,
    Number,
    Plus,
    Range,
    Selector,
    String,
    Subquery,
    ValueType,
)
from monitoring.metrics.promql.checking import Argument, MistakeError, Problems
from monitoring.metrics.promql.cursor import PRECEDENCE, Cursor
from monitoring.metrics.promql.lexing import AGGREGATORS, Token
from monitoring.metrics.promql.matchers import matcher_check
from monitoring.metrics.promql.numbers import duration_ms, number, timestamp_ms
from monitoring.metrics.promql.quoting import go_quote, unquote
from monitoring.metrics.promql.signatures import NATIVE_ONLY, SIGNATURES
from monitoring.metrics.promql.storage import Matcher, Operator

__all__ = ["MistakeError", "Parser"]

MOST_DEPTH = 100
_UNARY = 5
_MATCHING: dict[str, Operator] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}
_SIGNS = ("+", "-")
_NAMES = AGGREGATORS | {
    "identifier",
    "metric",
    "aggregator",
    "and",
    "or",
    "unless",
    "by",
    "without",
    "offset",
    "start",
    "end",
}
_STARTS = _NAMES | {"number", "string", "(", "{", "+", "-"}
_LABELS = (_NAMES - {"without"}) | {"on", "ignoring", "group_left", "group_right", "bool", "atan2"}


class Parser(Cursor):
    """Reads one expression, once."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.depth = 0
        self.problems: Problems = []

    def parse(self) -> Node:
        """The tree. MistakeError at the first mistake."""
        if self.tokens[0].kind == "eof":
            raise MistakeError("no expression found in input", 0)
        node, _ = self.expression(0)
        if self.peek().kind != "eof":
            self.unexpected()
        if self.problems:
            position, message = self.problems[0]
            raise MistakeError(message, position)
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise MistakeError(f"expression is nested more than {MOST_DEPTH} levels deep", self.peek().position)

    # -- operators

    def expression(self, lowest: int) -> tuple[Node, int]:
        """An expression whose operators bind at least as tightly as `lowest`, and where it starts."""
        self.deeper()
        left, start = self.unary()
        while (precedence := PRECEDENCE.get(self.peek().kind, 0)) and precedence >= lowest:
            operator = self.take()
            returns_bool, matching = self.matching()
            right, right_start = self.expression(precedence if operator.kind == "^" else precedence + 1)
            left = self.binary(operator, (left, start), (right, right_start), returns_bool, matching)
        self.depth -= 1
        return left, start

    def binary(
        self,
        operator: Token,
        left: tuple[Node, int],
        right: tuple[Node, int],
        returns_bool: bool,
        matching: Matching | None,
    ) -> Node:
        matching = checking.binary(self.problems, operator, left, right, returns_bool, matching)
        scalar = left[0].type == right[0].type == "scalar"
        invariant = left[0].invariant and right[0].invariant
        kind: ValueType = "scalar" if scalar else "vector"
        return Binary(operator.kind, left[0], right[0], returns_bool, matching, kind, invariant)

    def matching(self) -> tuple[bool, Matching | None]:
        """`bool`, `on`/`ignoring` and `group_left`/`group_right` after an operator."""
        returns_bool = self.accept("bool")
        kind = self.peek().kind
        if kind not in ("on", "ignoring"):
            return returns_bool, None
        self.next += 1
        labels, side = self.label_list(), self.peek().kind
        if side not in ("group_left", "group_right"):
            return returns_bool, Matching("one-to-one", kind == "on", labels)
        self.next += 1
        if self.peek().kind not in _STARTS:
            self.unexpected("grouping opts", '"("')
        include = self.label_list() if self.peek().kind == "(" else ()
        card: Card = "many-to-one" if side == "group_left" else "one-to-many"
        return returns_bool, Matching(card, kind == "on", labels, include)

    def unary(self) -> tuple[Node, int]:
        if self.peek().kind not in _SIGNS:
            return self.postfix()
        sign = self.take()
        self.deeper()
        operand, _ = self.expression(_UNARY + 1)
        self.depth -= 1
        if isinstance(operand, Number):
            return Number(-operand.value if sign.kind == "-" else operand.value), sign.position
        checking.unary(self.problems, operand, sign.position)
        if sign.kind == "+":
            plain = Plus(operand, operand.type, operand.invariant) if isinstance(operand, Selector) else operand
            return plain, sign.position
        return Negation(operand, operand.type, operand.invariant), sign.position

    # -- what follows a term: ranges, offset, @

    def postfix(self) -> tuple[Node, int]:
        bare = self.peek().kind != "("
        node, start = self.term()
        while True:
            kind = self.peek().kind
            if kind == "[":
                node = self.bracket(node, start, bare)
            elif kind == "offset":
                self.next += 1
                self.offset(node, start, bare)
            elif kind == "@":
                self.next += 1
                self.at(node, start, bare)
            else:
                return node, start
            bare = True

    def bracket(self, node: Node, start: int, bare: bool) -> Node:
        opened = self.take()
        if self.peek().kind != "duration":
            self.unexpected("subquery selector", "duration")
        length = self.duration()
        if self.accept("]"):
            return checking.range_selector(node, bare, opened.position, length)
        if not self.accept(":"):
            self.unexpected("subquery or range", '":" or "]"')
        step = self.duration() if self.peek().kind == "duration" else 0
        if not self.accept("]"):
            self.unexpected("subquery selector", '"]"' if step else 'duration or "]"')
        checking.subquery(self.problems, node, start)
        return Subquery(node, length, step, 0, None, False)

    def offset(self, node: Node, start: int, bare: bool) -> None:
        backwards = self.accept("-")
        if self.peek().kind != "duration":
            self.unexpected("offset", "duration")
        length = self.duration()
        target = checking.modified(node, bare, start, "offset modifier")
        if target.offset_ms:
            raise MistakeError("offset may not be set multiple times", start)
        target.offset_ms = -length if backwards else length

    def at(self, node: Node, start: int, bare: bool) -> None:
        kind = self.peek().kind
        at: At
        if kind in ("start", "end"):
            self.next += 1
            if not (self.accept("(") and self.accept(")")):
                self.unexpected("@", "timestamp")
            at = "start" if kind == "start" else "end"
        else:
            sign = self.take().kind if kind in _SIGNS else "+"
            if self.peek().kind != "number":
                self.unexpected("@", "timestamp")
            seconds = number(self.take())
            at = timestamp_ms(-seconds if sign == "-" else seconds, start)
        target = checking.modified(node, bare, start, "@ modifier")
        if target.at is not None:
            raise MistakeError("@ <timestamp> may not be set multiple times", start)
        target.at, target.invariant = at, True
        if isinstance(node, Range):
            node.invariant = True

    def duration(self) -> int:
        return duration_ms(self.take())

    # -- terms

    def term(self) -> tuple[Node, int]:
        token = self.peek()
        kind = token.kind
        if kind == "number":
            return Number(number(self.take())), token.position
        if kind == "string":
            return String(self.string()), token.position
        if kind == "(":
            self.next += 1
            node, _ = self.expression(0)
            if not self.accept(")"):
                self.unexpected()
            return node, token.position
        if kind == "{":
            return self.selector(None), token.position
        if kind not in _NAMES:
            self.unexpected()
        self.next += 1
        after = self.peek().kind
        if kind == "aggregator" and after in ("(", "by", "without"):
            return self.aggregation(token), token.position
        if kind == "identifier" and after == "(":
            return self.call(token), token.position
        return self.selector(token), token.position

    def string(self) -> str:
        return unquote(self.take().text)

    def selector(self, name: Token | None) -> Node:
        start = self.peek().position if name is None else name.position
        matchers = self.matchers() if self.peek().kind == "{" else []
        checking.selector(self.problems, matchers, name and name.text, start)
        if name is not None:
            matchers.append(Matcher("__name__", "=", name.text))
        return Selector(tuple(matchers), 0, None, False)

    def matchers(self) -> list[Matcher]:
        self.next += 1
        found: list[Matcher] = []
        while not self.accept("}"):
            if self.peek().kind not in ("identifier", "string"):
                self.unexpected("label matching", 'identifier or "}"')
            found.append(self.matcher())
            if self.peek().kind not in (",", "}"):
                self.unexpected("label matching", '"," or "}"')
            self.accept(",")
        return found

    def matcher(self) -> Matcher:
        label = self.peek()
        name = self.string() if label.kind == "string" else self.take().text
        operator = _MATCHING.get(self.peek().kind)
        if operator is None:
            if label.kind == "string":  # a metric's name in quotes, as of Prometheus 3
                return Matcher("__name__", "=", name)
            self.unexpected("label matching", "label matching operator")
        self.next += 1
        if self.peek().kind != "string":
            self.unexpected("label matching", "string")
        matcher = Matcher(name, operator, self.string())
        problem = matcher_check(matcher)
        if problem:
            raise MistakeError(problem, label.position)
        return matcher

    # -- calls

    def aggregation(self, token: Token) -> Node:
        grouping, without = self.grouping() or (None, False)
        if self.peek().kind != "(":
            self.unexpected("aggregation")
        self.aggregations += 1
        args = self.arguments()
        self.aggregations -= 1
        if grouping is None:
            grouping, without = self.grouping() or ((), False)
        op = token.text.lower()
        wanted = 2 if op in WITH_PARAMETER else 1
        checking.aggregation_arguments(args, wanted, token.position)
        param = args[0] if wanted == 2 else None
        expr = args[-1]
        checking.aggregation(self.problems, op, expr, param)
        invariant = expr.node.invariant  # whatever the parameter is: Prometheus then takes that of the first step
        return Aggregation(
            op, expr.node, param.node if param else None, tuple(sorted(set(grouping))), without, invariant
        )

    def grouping(self) -> tuple[tuple[str, ...], bool] | None:
        kind = self.peek().kind
        if kind not in ("by", "without"):
            return None
        self.next += 1
        return self.label_list(), kind == "without"

    def label_list(self) -> tuple[str, ...]:
        if not self.accept("("):
            self.unexpected("grouping opts", '"("')
        names: list[str] = []
        while not self.accept(")"):
            if self.peek().kind not in _LABELS or ":" in self.peek().text:
                self.unexpected("grouping opts", "label")
            names.append(self.take().text)
            if self.peek().kind not in (",", ")"):
                self.unexpected("grouping opts", '"," or ")"')
            self.accept(",")
        return tuple(names)

    def call(self, token: Token) -> Node:
        name, args = token.text, self.arguments()
        if name in NATIVE_ONLY:
            raise MistakeError(
                f"function {go_quote(name)} needs native histograms, which are not supported", token.position
            )
        signature = SIGNATURES.get(name)
        if signature is None:
            raise MistakeError(f"unknown function with name {go_quote(name)}", token.position)
        checking.call(self.problems, name, signature, args, token.position)
        invariant = name not in STEP_DEPENDENT and all(arg.node.invariant for arg in args)
        return FunctionCall(name, tuple(arg.node for arg in args), signature.returns, invariant)

    def arguments(self) -> list[Argument]:
        self.next += 1
        args: list[Argument] = []
        if self.accept(")"):
            return args
        while True:
            args.append(self.argument())
            comma = self.peek()
            if self.accept(")"):
                return args
            if not self.accept(","):
                self.unexpected()
            if self.peek().kind not in _STARTS:
                raise MistakeError("trailing commas not allowed in function call args", comma.position)

    def argument(self) -> Argument:
        outer, self.problems = self.problems, []
        node, position = self.expression(0)
        inner, self.problems = self.problems, outer
        return Argument(node, position, inner)
