"""From the pieces of a template to its tree. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from alerts.rules.templating.functions import FUNCTIONS
from alerts.rules.templating.lexing import Action, Word, pieces
from alerts.rules.templating.values import TemplateError
from monitoring.metrics.promql.quoting import escape_problem, unquote

MOST_DEPTH = 40
QUERY = "query"


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable (`$` and its name), the dot (empty name), and the fields asked of it."""

    variable: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A pipeline in brackets, and the fields asked of it."""

    pipeline: "Pipeline"
    fields: tuple[str, ...] = ()


Operand = Literal | Reference | Call | Group


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose results go to the next one as its last argument. `names`: variables that are set; `declares`: anew."""

    commands: tuple[tuple[Operand, ...], ...]
    names: tuple[str, ...] = ()
    declares: bool = False


@dataclass(slots=True)
class Block:
    """`if`, `range` or `with`; of `else if` the block is within `otherwise`."""

    kind: str
    pipeline: Pipeline
    body: list["Node"] = field(default_factory=list)
    otherwise: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Leap:
    """`break` or `continue`."""

    kind: str


Node = str | Pipeline | Block | Leap


@lru_cache(maxsize=5_000)
def parsed(text: str) -> tuple[Node, ...]:
    """The tree. TemplateError."""
    source = pieces(text)
    nodes, end = _list(source, 0, in_range=False)
    if end is not None:
        raise TemplateError(f"unexpected {{{{{end}}}}}")
    return tuple(nodes)


def _list(source: Iterator[str | Action], depth: int, in_range: bool) -> tuple[list[Node], str | None]:
    """Nodes up to an `end` or `else`, which is named (`else if …` leaves its pipeline in `_Else`)."""
    if depth > MOST_DEPTH:
        raise TemplateError("the template is nested too deeply")
    nodes: list[Node] = []
    for piece in source:
        if isinstance(piece, str):
            nodes.append(piece)
            continue
        reader = Reader(piece.words)
        word = reader.peek_name()
        if word == "end":
            return nodes, "end"
        if word == "else":
            reader.take()
            return nodes, reader.rest_of_else()
        if word in ("if", "range", "with"):
            reader.take()
            nodes.append(_block(word, reader, source, depth, in_range))
        elif word in ("break", "continue"):
            if not in_range:
                raise TemplateError(f"{{{{{word}}}}} outside {{{{range}}}}")
            nodes.append(Leap(word))
        elif word in ("template", "define", "block"):
            raise TemplateError(f"{{{{{word}}}}} is not known here")
        else:
            nodes.append(reader.whole_pipeline())
    return nodes, None


class _Else(str):
    """The `else` that begins another block."""

    reader: "Reader"
    kind: str


def _block(kind: str, reader: "Reader", source: Iterator[str | Action], depth: int, in_range: bool) -> Block:
    block = Block(kind, reader.whole_pipeline())
    if kind != "range" and len(block.pipeline.names) > 1:
        raise TemplateError(f"too many declarations in {kind}")
    block.body, end = _list(source, depth + 1, in_range or kind == "range")
    if isinstance(end, _Else):
        block.otherwise = [_block(end.kind, end.reader, source, depth + 1, in_range)]
        return block
    if end == "else":
        block.otherwise, end = _list(source, depth + 1, in_range)
    if end != "end":
        raise TemplateError(f"unexpected EOF: {{{{{kind}}}}} is not ended")
    return block


class Reader:
    """Reads the words of one action."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.words = words
        self.place = 0
        self.depth = 0

    def peek(self) -> Word | None:
        return self.words[self.place] if self.place < len(self.words) else None

    def peek_name(self) -> str:
        word = self.peek()
        return word.text if word and word.kind == "name" else ""

    def take(self) -> Word:
        word = self.peek()
        if word is None:
            raise TemplateError("the action ends too early")
        self.place += 1
        return word

    def rest_of_else(self) -> str:
        kind = self.peek_name()
        if not kind:
            return "else"
        if kind not in ("if", "with"):
            raise TemplateError(f"unexpected {kind!r} after else")
        self.take()
        end = _Else("else")
        end.kind, end.reader = kind, self
        return end

    def whole_pipeline(self) -> Pipeline:
        found = self.pipeline()
        if (word := self.peek()) is not None:
            raise TemplateError(f"unexpected {word.text!r}")
        return found

    def pipeline(self) -> Pipeline:
        names, declares = self._declarations()
        commands = [self._command()]
        while (word := self.peek()) is not None and word.text == "|" and word.kind == "sign":
            self.take()
            commands.append(self._command())
        for command in commands[1:]:
            if not isinstance(command[0], Call):
                raise TemplateError("non executable command in pipeline")
        return Pipeline(tuple(commands), names, declares)

    def _declarations(self) -> tuple[tuple[str, ...], bool]:
        """`$x :=`, `$x =` or `$i, $x :=` at the start."""
        signs = [(at, word.text) for at, word in enumerate(self.words) if word.kind == "sign" and at >= self.place]
        first = next(((at, text) for at, text in signs if text in (":=", "=")), None)
        if first is None or any(text in "|(" for at, text in signs if at < first[0]):
            return (), False
        words = self.words[self.place : first[0]]
        names = tuple(word.text for word in words if word.kind == "variable")
        if not 1 <= len(names) <= 2 or [word.text for word in words if word.kind != "variable"] != [","] * (
            len(names) - 1
        ):
            raise TemplateError("wrong declaration of a variable")
        self.place = first[0] + 1
        return names, first[1] == ":="

    def _command(self) -> tuple[Operand, ...]:
        word = self.peek()
        if word is None or (word.kind == "sign" and word.text in "|)"):
            raise TemplateError("missing value for command")
        if word.kind == "name" and word.text not in CONSTANTS:
            return (self._call(),)
        operands = [self._operand()]
        if not self._at_end():
            raise TemplateError(f"can't give argument to non-function {word.text}")
        return tuple(operands)

    def _call(self) -> Call:
        name = self.take().text
        if name not in FUNCTIONS and name != QUERY:
            raise TemplateError(f"function {name!r} not defined")
        arguments: list[Operand] = []
        while not self._at_end():
            arguments.append(self._operand())
        return Call(name, tuple(arguments))

    def _at_end(self) -> bool:
        word = self.peek()
        return word is None or (word.kind == "sign" and word.text in ("|", ")"))

    def _operand(self) -> Operand:
        word = self.take()
        if word.text == "(" and word.kind == "sign":
            return self._group()
        maker = _OPERANDS.get(word.kind)
        if maker is None:
            raise TemplateError(f"unexpected {word.text!r} in operand")
        return maker(self, word)

    def _group(self) -> Group:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise TemplateError("the template is nested too deeply")
        inner = self.pipeline()
        closing = self.take()
        if closing.text != ")":
            raise TemplateError(f"unexpected {closing.text!r} instead of )")
        self.depth -= 1
        return Group(inner, self.chain())

    def chain(self) -> tuple[str, ...]:
        """Fields that follow without a space."""
        fields = []
        while (word := self.peek()) is not None and word.kind == "field" and not word.apart:
            fields.append(self.take().text[1:])
        return tuple(fields)


CONSTANTS = {"true": True, "false": False, "nil": None}


def _named(reader: Reader, word: Word) -> Operand:
    if word.text in CONSTANTS:
        return Literal(CONSTANTS[word.text])
    if word.text not in FUNCTIONS and word.text != QUERY:
        raise TemplateError(f"function {word.text!r} not defined")
    return Call(word.text, ())


def number(text: str) -> int | float:
    """As Go's templates take a literal for an argument of any type: an integer unless it has a point or an exponent."""
    plain = text.replace("_", "")
    if plain.lstrip("+-").lower().startswith("0x"):
        return int(plain, 16)
    return float(plain) if any(sign in plain for sign in ".eE") else int(plain)


def _unquoted(literal: str) -> str:
    if problem := escape_problem(literal):
        raise TemplateError(f"{problem} in {literal[:40]}")
    return unquote(literal)


_OPERANDS: dict[str, Callable[[Reader, Word], Operand]] = {
    "string": lambda reader, word: Literal(_unquoted(word.text)),
    "char": lambda reader, word: Literal(ord(_unquoted(word.text)[:1] or "'")),
    "number": lambda reader, word: Literal(number(word.text)),
    "variable": lambda reader, word: Reference(word.text, reader.chain()),
    "field": lambda reader, word: Reference("", (word.text[1:], *reader.chain())),
    "dot": lambda reader, word: Reference(""),
    "name": _named,
}
