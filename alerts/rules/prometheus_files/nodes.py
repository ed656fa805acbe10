"""YAML read as Go's reader reads it: every scalar is its text, and what a field is meant to be decides. Pure.

What is wrong is collected with its place and line, so that one look says all of it.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from alerts.rules.prometheus_files.durations import duration_s
from monitoring.checks.portable.nodes import UnreadableError, load
from monitoring.checks.portable.reading import Fault, PortableError

MOST_CHARACTERS = 8 * 1024 * 1024
_YAML_DOT = re.compile(r"\.(?=(?:inf|nan)$)", re.IGNORECASE)  # .inf, -.inf, .NaN
_NULLS = ("", "~", "null", "Null", "NULL")


class Reading:
    """One file; `faults` grows while it is read."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, node: Any, place: str, words: str) -> None:
        self.faults.append(Fault(place, line_of(node), words))

    def mapping(self, node: Any, place: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Nodes by key. Unknown and doubled keys are faults."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, place, f"Write a mapping with {', '.join(known)}.")
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            inside = joined(place, key.value)
            if key.value not in known:
                self.fault(key, inside, f"Not known here; known are {', '.join(known)}.")
            elif key.value in found:
                self.fault(key, inside, "This key stands here twice; keep one.")
            elif not _is_null(value):
                found[key.value] = value
        return found

    def items(self, node: Any, place: str) -> Iterator[tuple[str, Any]]:
        """(place, node) of each entry of a list; nothing of None."""
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, place, "Write a list.")
            return
        for number, one in enumerate(node.value):
            yield joined(place, number), one

    def text(self, node: Any, place: str, default: str = "") -> str:
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, place, "Write a text.")
            return default
        return str(node.value)

    def texts(self, node: Any, place: str) -> dict[str, str]:
        """Names and texts; {} of None."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, place, "Write a mapping from names to texts.")
            return {}
        return {str(key.value): self.text(value, joined(place, key.value)) for key, value in node.value}

    def seconds(self, node: Any, place: str, default: float = 0.0) -> float:
        if node is None:
            return default
        found = duration_s(text := self.text(node, place))
        if found is None:
            self.fault(node, place, f"{text!r} is not a duration, such as 30s, 5m or 1h30m.")
            return default
        return found

    def whole(self, node: Any, place: str) -> int:
        text = self.text(node, place, "0")
        if not text.isascii() or not text.isdecimal():
            self.fault(node, place, f"{text!r} is not a whole number from 0.")
            return 0
        return int(text)

    def number(self, node: Any, place: str) -> float:
        text = self.text(node, place, "0")
        try:
            return float(_YAML_DOT.sub("", text))
        except ValueError:
            self.fault(node, place, f"{text!r} is not a number.")
            return 0.0


def read(text: str) -> Any:
    """The root node of a text. Raises PortableError."""
    if len(text) > MOST_CHARACTERS:
        raise PortableError([Fault("", None, f"This is longer than {MOST_CHARACTERS:,} characters.")])
    try:
        return load(text)[0]
    except UnreadableError as error:
        raise PortableError([Fault("", error.line, str(error))]) from None


def joined(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def line_of(node: Any) -> int | None:
    return node.start_mark.line + 1 if node is not None else None


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NULLS
