"""YAML text to a tree whose every entry knows its line; pure. What is not known is named with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from monitoring.checks.options import CHECK_OPTIONS, SERVICE_OPTIONS
from monitoring.checks.portable.nodes import UnreadableError, load

VERSION = 1
DOCUMENT_KEYS = ("version", "services")
SERVICE_KEYS = ("name", *SERVICE_OPTIONS, "depends_on", "checks")
CHECK_KEYS = ("name", "kind", "settings", "thresholds", *CHECK_OPTIONS)
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: where (`services.shop.owner`), on which line, and what to do."""

    place: str
    line: int | None
    words: str

    def __str__(self) -> str:
        line = f" (line {self.line})" if self.line else ""
        return f"{self.place or 'file'}{line}: {self.words}"


class PortableError(Exception):
    """The file cannot be imported; `faults` says everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(slots=True)
class Document:
    """The services of a file, by slug; `line` finds where a place stands."""

    services: Tree
    lines: dict[str, int] = field(default_factory=dict)

    def line(self, place: str) -> int | None:
        """The line of a place, or of the nearest entry around it."""
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return self.lines.get(place)

    def fault(self, place: str, words: str) -> Fault:
        return Fault(place, self.line(place), words)


def parse(text: str) -> Document:
    """Read a file. Raises PortableError with every unknown or doubled key and every part of a wrong shape."""
    try:
        node, data = load(text)
    except UnreadableError as error:
        raise PortableError([Fault("", error.line, str(error))]) from None
    document = Document({})
    faults = list(_walk(node, "", document.lines, set())) if node is not None else []
    faults += _shape(document, data)
    if faults:
        raise PortableError(faults)
    document.services = {str(slug): _text_keys(service) for slug, service in (data["services"] or {}).items()}
    return document


def _text_keys(service: Tree) -> Tree:
    """A slug such as 404 is a number in YAML."""
    checks = {str(slug): check for slug, check in (service.get("checks") or {}).items()}
    return service | ({"checks": checks} if "checks" in service else {})


def _walk(node: yaml.Node, place: str, lines: dict[str, int], seen: set[int]) -> Iterator[Fault]:
    """Note the line of every entry; a doubled key is a fault. An entry used again by an alias is walked once."""
    lines.setdefault(place, node.start_mark.line + 1)
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            inside = f"{place}.{key.value}" if place else str(key.value)
            if key.value in keys:
                yield Fault(inside, key.start_mark.line + 1, "This key stands here twice; keep one.")
            keys.add(key.value)
            lines[inside] = key.start_mark.line + 1
            yield from _walk(value, inside, lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, f"{place}.{index}", lines, seen)


def _shape(document: Document, data: Any) -> Iterator[Fault]:
    if not isinstance(data, Mapping):
        yield document.fault("", "Begin with `version: 1` and `services:`.")
        return
    yield from _unknown(document, "", data, DOCUMENT_KEYS)
    if data.get("version") != VERSION:
        yield document.fault("version", f"Write `version: {VERSION}`; this is the only version there is.")
    if "services" not in data:
        yield document.fault("", "There is no `services:`.")
    for slug, service in _entries(document, "services", data.get("services")):
        place = f"services.{slug}"
        yield from _mapping(document, place, service, SERVICE_KEYS)
        for check_slug, check in _entries(document, f"{place}.checks", (service or {}).get("checks")):
            yield from _mapping(document, f"{place}.checks.{check_slug}", check, CHECK_KEYS)
    for place, value in (("services", data.get("services")), *_check_lists(data)):
        if value is not None and not isinstance(value, Mapping):
            yield document.fault(place, "Write a mapping from slug to what it is.")


def _check_lists(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    services = data.get("services")
    named = services.items() if isinstance(services, Mapping) else []
    return [(f"services.{slug}.checks", one.get("checks")) for slug, one in named if isinstance(one, Mapping)]


def _entries(document: Document, place: str, value: Any) -> list[tuple[str, Any]]:
    """(slug, mapping) of a mapping; what is no mapping is reported elsewhere."""
    return (
        [(str(k), v if isinstance(v, Mapping) else None) for k, v in value.items()]
        if isinstance(value, Mapping)
        else []
    )


def _mapping(document: Document, place: str, value: Any, known: tuple[str, ...]) -> Iterator[Fault]:
    if value is None:
        yield document.fault(place, f"Write a mapping with {', '.join(known)}.")
    else:
        yield from _unknown(document, place, value, known)


def _unknown(document: Document, place: str, value: Mapping[Any, Any], known: tuple[str, ...]) -> Iterator[Fault]:
    for key in value:
        if key not in known:
            inside = f"{place}.{key}" if place else str(key)
            yield document.fault(inside, f"Not known here; known are {', '.join(known)}.")
