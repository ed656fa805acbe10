"""From the text of a template to its pieces: text, and actions as words. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from alerts.rules.templating.values import TemplateError

MOST_CHARACTERS = 32 * 1024
_WORD = re.compile(
    r"""(?P<space>\s+)|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<char>'(?:[^'\\\n]|\\.)+')
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<field>\.[A-Za-z_]\w*)|(?P<dot>\.)|(?P<variable>\$\w*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>:=|=|\||\(|\)|,)""",
    re.VERBOSE,
)
_END = re.compile(r"""\s-\}\}|\}\}|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|.""", re.DOTALL)


class Word(NamedTuple):
    """`apart`: white space stands before it."""

    kind: str
    text: str
    apart: bool


class Action(NamedTuple):
    """What stands between {{ and }}; `line` counts from 1."""

    words: tuple[Word, ...]
    line: int


def pieces(text: str) -> Iterator[str | Action]:
    """Text and actions in turn; white space is trimmed where {{- and -}} say so."""
    if len(text) > MOST_CHARACTERS:
        raise TemplateError(f"the template is longer than {MOST_CHARACTERS} characters")
    place, trim = 0, False
    while True:
        begin = text.find("{{", place)
        before = text[place : begin if begin >= 0 else len(text)]
        if trim:
            before = before.lstrip()
        if begin < 0:
            if before:
                yield before
            return
        inside = begin + 2
        if text.startswith("- ", inside) or text[inside : inside + 2] in ("-\n", "-\t"):
            before, inside = before.rstrip(), inside + 1
        if before:
            yield before
        end, place, trim = _end(text, inside)
        body = text[inside:end]
        if not body.lstrip().startswith("/*"):
            yield Action(tuple(_words(body)), text.count("\n", 0, begin) + 1)


def _end(text: str, start: int) -> tuple[int, int, bool]:
    """Where the action's inside ends, where the text goes on, and whether it is trimmed there."""
    comment = re.match(r"\s*/\*", text[start : start + 200])
    if comment:
        close = text.find("*/", start)
        found = re.compile(r"(\s-)?\}\}").match(text, close + 2) if close >= 0 else None
        if found is None:
            raise TemplateError("unclosed comment")
        return close + 2, found.end(), found[1] is not None
    for found in _END.finditer(text, start):
        if found[0].endswith("}}"):
            return found.start(), found.end(), "-" in found[0]
    raise TemplateError("unclosed action")


def _words(body: str) -> Iterator[Word]:
    place, apart = 0, True
    while place < len(body):
        found = _WORD.match(body, place)
        if found is None:
            raise TemplateError(f"unexpected {body[place]!r} in command")
        kind = found.lastgroup or ""
        place = found.end()
        if kind != "space":
            yield Word(kind, found[0], apart)
        apart = kind == "space"
