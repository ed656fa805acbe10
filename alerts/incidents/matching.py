"""Matchers of labels as Alertmanager has them, from their text and back: `name="value"` with = != =~ !~. Pure.

Expressions are RE2 and match the whole value; a missing label has the value "". The text is that of Alertmanager 0.25
(pkg/labels/parse.go): quotes may be left out, \\" \\\\ and \\n are the escapes, any other backslash stands for itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from monitoring.metrics.matching import literals
from monitoring.metrics.promql.patterns import BadPatternError, compiled

OPERATORS = ("=", "!=", "=~", "!~")
MOST_CHARACTERS = 10_000
_REMEMBERED = 2_000  # values an expression has judged
_PARTS = re.compile(
    r"[ \t\n\f\r]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t\n\f\r]*(=~|=|!=|!~)[ \t\n\f\r]*(.*?)[ \t\n\f\r]*", re.DOTALL
)
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}
_FORM = 'write name="value" with =, !=, =~ or !~ between'
_WRITTEN = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


class MatcherError(ValueError):
    """A text that is no matcher: says where and what to do."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Judges the value of one label. Raises MatcherError for an operator or an expression that does not exist."""

    name: str
    op: str
    value: str
    test: Callable[[str], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "test", _test(self.op, self.value))

    def __str__(self) -> str:
        return f'{self.name}{self.op}"{self.value.translate(_WRITTEN)}"'

    def matches(self, labels: Mapping[str, str]) -> bool:
        return self.test(labels.get(self.name, ""))


Matchers = tuple[Matcher, ...]


def matches_all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Do all of them match? None at all match everything."""
    for matcher in matchers:  # noqa: SIM110 (all() takes twice as long, and this runs a million times)
        if not matcher.test(labels.get(matcher.name, "")):
            return False
    return True


def matches_empty(matchers: Iterable[Matcher]) -> bool:
    """Would they match an alert with none of their labels? Alertmanager takes no such silence: it would silence nearly all."""
    return all(matcher.test("") for matcher in matchers)


def in_order(matchers: Iterable[Matcher]) -> Matchers:
    """As Alertmanager sorts and writes them: by name, value, then operator."""
    return tuple(sorted(matchers, key=lambda one: (one.name, one.value, OPERATORS.index(one.op))))


def written(matchers: Iterable[Matcher]) -> str:
    """`{a="b",c=~"d"}`, in the order given."""
    return "{" + ",".join(map(str, matchers)) + "}"


@lru_cache(maxsize=4096)
def parse(text: str) -> Matcher:
    """One matcher. Raises MatcherError."""
    if len(text) > MOST_CHARACTERS:
        raise MatcherError(f"The matcher has {len(text):,} characters; at most {MOST_CHARACTERS:,}.")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise MatcherError(f"{_shown(text)}: {_FORM}.")
    name, op, raw = parts.groups()
    return Matcher(name, op, _value(raw, name))


def parse_list(text: str) -> Matchers:
    """Matchers with commas between, in braces or not; a comma in quotes is part of a value. Raises MatcherError."""
    return tuple(_parse_place(token, place) for place, token in _tokens(text))


def parse_all(texts: Iterable[str]) -> Matchers:
    """The matchers of several texts, each a matcher or a list of them. Raises MatcherError."""
    found: list[Matcher] = []
    for text in texts:
        if not isinstance(text, str):
            raise MatcherError(f"{text!r} is not a text: {_FORM}.")
        found += parse_list(text)
    return tuple(found)


def _parse_place(token: str, place: int) -> Matcher:
    try:
        return parse(token)
    except MatcherError as error:
        raise MatcherError(f"At character {place}: {error}") from None


def _tokens(text: str) -> list[tuple[int, str]]:
    """(place from 1, token) of each part between commas that stand outside of quotes."""
    if len(text) > MOST_CHARACTERS:
        raise MatcherError(f"The matchers have {len(text):,} characters; at most {MOST_CHARACTERS:,}.")
    start = 1 if text.startswith("{") else 0
    end = len(text) - 1 if text.endswith("}") and len(text) > start else len(text)
    tokens, begin, quoted, escaped = [], start, False, False
    for place in range(start, end):
        letter = text[place]
        if letter == "," and not quoted:
            tokens.append((begin + 1, text[begin:place]))
            begin = place + 1
        elif letter == '"' and not escaped:
            quoted = not quoted
        escaped = letter == "\\" and not escaped
    last = text[begin:end]
    return [*tokens, (begin + 1, last)] if last.strip() else tokens


def _value(raw: str, name: str) -> str:
    """The value in `raw`, without its quotes and escapes."""
    quoted = raw.startswith('"')
    inner = raw[1:] if quoted else raw
    closed = not quoted
    value: list[str] = []
    place = 0
    while place < len(inner):
        letter = inner[place]
        if letter == "\\" and place < len(inner) - 1:
            place += 1
            value.append(_ESCAPED.get(inner[place], "\\" + inner[place]))
        elif letter == '"':
            if closed or place < len(inner) - 1:
                raise MatcherError(f'{name}: a quote inside of the value {_shown(raw)} is written \\".')
            closed = True
        else:
            value.append(letter)
        place += 1
    if not closed:
        raise MatcherError(f"{name}: the value {_shown(raw)} begins with a quote and needs one at its end.")
    return "".join(value)


def _test(op: str, value: str) -> Callable[[str], bool]:
    if op == "=":
        return value.__eq__
    if op == "!=":
        return value.__ne__
    if op not in OPERATORS:
        raise MatcherError(f"{op!r} is no operator: one of {', '.join(OPERATORS)}.")
    try:
        return _expression(value, op == "=~")
    except BadPatternError as error:
        raise MatcherError(f"{_shown(value)}: {error}") from None


@lru_cache(maxsize=1024)
def _expression(pattern: str, wanted: bool) -> Callable[[str], bool]:
    """The test of an expression, which remembers its judgement of the values it saw."""
    words = literals(pattern)
    if words is not None:
        return words.__contains__ if wanted else lambda value: value not in words
    search = compiled(pattern).fullmatch
    judged: dict[str, bool] = {}

    def test(value: str) -> bool:
        known = judged.get(value)
        if known is None:
            if len(judged) >= _REMEMBERED:
                judged.clear()
            known = judged[value] = (search(value) is not None) is wanted
        return known

    return test


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")
