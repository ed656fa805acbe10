"""The expansion of a template's tree, bounded in steps and output. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.rules.templating.functions import FUNCTIONS
from alerts.rules.templating.parsing import (
    QUERY,
    Block,
    Call,
    Group,
    Leap,
    Literal,
    Node,
    Operand,
    Pipeline,
    Reference,
    parsed,
)
from alerts.rules.templating.values import MOST_OUTPUT, Sample, TemplateError, Value, bounded, is_true, shown

MOST_STEPS = 20_000
Query = Callable[[str], list[Sample]]


@dataclass(frozen=True, slots=True)
class Data:
    """The dot of an alert's template."""

    labels: Mapping[str, str]
    value: float
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""


class LeapError(Exception):
    """Leaves the body of a range, or begins its next turn."""


def expanded(
    text: str,
    labels: Mapping[str, str],
    value: float,
    *,
    query: Query | None = None,
    external_labels: Mapping[str, str] | None = None,
    external_url: str = "",
) -> str:
    """The text of a template for one series. Raises TemplateError, and nothing else."""
    if "{{" not in text:
        return text
    data = Data(labels, value, external_labels or {}, external_url)
    try:
        return Expansion(data, query).run(parsed(text))
    except RecursionError:
        raise TemplateError("the template is nested too deeply") from None


class Expansion:
    """One run over a tree. Variables are a list, innermost last, as in Go."""

    def __init__(self, data: Data, query: Query | None) -> None:
        self.query = query
        self.steps = 0
        self.size = 0
        self.output: list[str] = []
        self.variables: list[tuple[str, Value]] = [
            ("$", data),
            ("$labels", dict(data.labels)),
            ("$externalLabels", dict(data.external_labels)),
            ("$externalURL", data.external_url),
            ("$value", data.value),
        ]

    def run(self, nodes: Sequence[Node]) -> str:
        try:
            self.walk(nodes, self.variables[0][1])
        except LeapError:
            raise TemplateError("a leap out of nothing") from None
        return "".join(self.output)

    def walk(self, nodes: Iterable[Node], dot: Value) -> None:
        kept = len(self.variables)
        for node in nodes:
            self.step()
            match node:
                case str():
                    self.write(node)
                case Pipeline():
                    value = self.pipeline(node, dot)
                    if not node.names:
                        self.write(shown(value))
                case Block():
                    self.block(node, dot)
                case Leap():
                    raise LeapError(node.kind)
        del self.variables[kept:]

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TemplateError(f"the template takes more than {MOST_STEPS} steps")

    def write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MOST_OUTPUT:
            raise TemplateError(f"the text is longer than {MOST_OUTPUT} characters")
        self.output.append(text)

    def block(self, block: Block, dot: Value) -> None:
        kept = len(self.variables)
        if block.kind == "range":
            self.range(block, dot)
        else:
            value = self.pipeline(block.pipeline, dot)
            inner = value if block.kind == "with" and is_true(value) else dot
            self.walk(block.body if is_true(value) else block.otherwise, inner)
        del self.variables[kept:]

    def range(self, block: Block, dot: Value) -> None:
        pipeline = block.pipeline
        value = self.commands(pipeline, dot)
        turns = _turns(value)
        if not turns:
            self.walk(block.otherwise, dot)
        for key, one in turns:
            kept = len(self.variables)
            bound = (one,) if len(pipeline.names) == 1 else (key, one)
            for name, item in zip(pipeline.names, bound, strict=False):
                self.bind(name, item, pipeline.declares)
            try:
                self.walk(block.body, one)
            except LeapError as leap:
                if str(leap) == "break":
                    break
            finally:
                del self.variables[kept:]

    def pipeline(self, pipeline: Pipeline, dot: Value) -> Value:
        value = self.commands(pipeline, dot)
        for name in pipeline.names:
            self.bind(name, value, pipeline.declares)
        return value

    def commands(self, pipeline: Pipeline, dot: Value) -> Value:
        value: Value = None
        for place, command in enumerate(pipeline.commands):
            self.step()
            first = command[0]
            given = (value,) if place else ()
            value = self.call(first, dot, given) if isinstance(first, Call) else self.operand(first, dot)
        return value

    def bind(self, name: str, value: Value, declares: bool) -> None:
        if declares:
            self.variables.append((name, value))
            if len(self.variables) > MOST_STEPS:
                raise TemplateError("too many variables")
            return
        for place in range(len(self.variables) - 1, -1, -1):
            if self.variables[place][0] == name:
                self.variables[place] = (name, value)
                return
        raise TemplateError(f"undefined variable {name!r}")

    def operand(self, operand: Operand, dot: Value) -> Value:
        match operand:
            case Literal(value):
                return value
            case Reference(name, fields):
                return chained(self.variable(name) if name else dot, fields)
            case Group(pipeline, fields):
                return chained(self.pipeline(pipeline, dot), fields)
            case Call():
                return self.call(operand, dot, ())

    def variable(self, name: str) -> Value:
        for known, value in reversed(self.variables):
            if known == name:
                return value
        raise TemplateError(f"undefined variable {name!r}")

    def call(self, call: Call, dot: Value, given: tuple[Value, ...]) -> Value:
        self.step()
        if call.function in ("and", "or") and not given:
            return self.shortcut(call, dot)
        arguments = [*(self.operand(one, dot) for one in call.arguments), *given]
        if call.function == QUERY:
            return self.ask(arguments)
        function = FUNCTIONS[call.function]
        try:
            value = function(*arguments)
        except TemplateError as error:
            raise TemplateError(f"error calling {call.function}: {error}") from None
        except TypeError:
            raise TemplateError(f"wrong number of args for {call.function}: got {len(arguments)}") from None
        except (ValueError, OverflowError, AttributeError, ArithmeticError) as error:
            raise TemplateError(f"error calling {call.function}: {error}") from None
        return bounded(value) if isinstance(value, str) else value

    def shortcut(self, call: Call, dot: Value) -> Value:
        """`and` and `or` look no further than they must."""
        if not call.arguments:
            raise TemplateError(f"wrong number of args for {call.function}: got 0")
        value: Value = None
        for one in call.arguments:
            value = self.operand(one, dot)
            if is_true(value) is (call.function == "or"):
                break
        return value

    def ask(self, arguments: Sequence[Any]) -> list[Sample]:
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            raise TemplateError("wrong arguments for query: one text is wanted")
        if self.query is None:
            raise TemplateError("error calling query: there is nothing to query here")
        self.steps += 100  # a query costs more than a word
        return self.query(arguments[0])


def chained(value: Value, fields: Sequence[str]) -> Value:
    """Fields of fields. A label that is not there is empty text."""
    for name in fields:
        value = _field(value, name)
    return value


_DATA = {"Labels": "labels", "Value": "value", "ExternalLabels": "external_labels", "ExternalURL": "external_url"}


def _field(value: Value, name: str) -> Value:
    if isinstance(value, dict):
        return value.get(name, "")
    if isinstance(value, Data | Sample) and (own := _DATA.get(name)) and hasattr(value, own):
        found = getattr(value, own)
        return dict(found) if isinstance(found, Mapping) else found
    raise TemplateError(f"can't evaluate field {name} in {shown(value)[:60]}")


def _turns(value: Value) -> list[tuple[Value, Value]]:
    if isinstance(value, list):
        return list(enumerate(value))
    if isinstance(value, dict):
        return [(name, value[name]) for name in sorted(value)]
    if value is None:
        return []
    raise TemplateError(f"range can't iterate over {shown(value)[:60]}")
