"""From the text of an expression to tokens, with the errors of Prometheus's own lexer (promql/parser/lex.go, 2.42). Pure.

Reading never fails: what cannot be read becomes a last token of kind `error` whose text is the message, so that a mistake
of grammar before it is reported first.
"""

import re
from typing import NamedTuple

from monitoring.metrics.promql.quoting import escape_problem, go_quote

_AGGREGATORS = "avg bottomk count count_values group limit_ratio limitk max min quantile stddev stdvar sum topk"
AGGREGATORS = frozenset(_AGGREGATORS.split())
_KEYWORDS = "and or unless atan2 by without on ignoring group_left group_right bool offset start end"
_WORDS = frozenset(_KEYWORDS.split())
_NUMBER = r"0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]*)?"
_ANY = r"0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*|[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]*)?"  # what its lexer passes over
_UNITS = r"[smhdwy]s?(?:[0-9]+[smhdw]s?)*"
_STRING = r"\"(?:[^\"\\\n]|\\[^\n])*\"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`"

_DIGITS = tuple("0123456789")
_SPACES = (" ", "\t", "\n", "\r")
_SPACE = r"(?P<space>[ \t\n\r]+|\#[^\n]*)"
_REST = (
    rf"|(?P<number>(?>{_NUMBER}))(?![A-Za-z0-9_])"
    rf"|(?P<duration>(?>{_NUMBER}){_UNITS})(?![A-Za-z0-9_])"
    rf"|(?P<string>{_STRING})"
    r"|(?P<op>==|!=|<=|>=|[-+*/%^<>@,=(){}\[\]])"
)
_OUTSIDE = re.compile(rf"{_SPACE}|(?P<word>[A-Za-z_:][A-Za-z0-9_:]*){_REST}")
_BRACES = re.compile(rf"{_SPACE}|(?P<identifier>[A-Za-z_][A-Za-z0-9_]*)|(?P<string>{_STRING})|(?P<op>=~|!~|!=|[=,}}])")
_BRACKETS = re.compile(
    rf"{_SPACE}|(?P<colon>[A-Za-z_:]){_REST}"
)  # Prometheus's lexer takes any letter there for a colon
_LENGTH = re.compile(rf"[ \t\n\r]*((?>{_ANY}){_UNITS})(?![A-Za-z0-9_])")
_NUMBER_START = re.compile(_ANY)


class Token(NamedTuple):
    """`kind` is the operator or keyword itself, or word, metric, identifier, number, duration, string, aggregator, eof, error."""

    kind: str
    text: str
    position: int


class _Reading:
    """Where a text is read: inside of what."""

    __slots__ = ("bracket", "colon", "depth", "position", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.position = 0
        self.depth = 0
        self.bracket = False
        self.colon = False


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`; the last is of kind `eof` or `error`."""
    reading = _Reading(text)
    tokens, size = reading.tokens, len(text)
    pattern = _OUTSIDE
    while reading.position < size:
        found = pattern.match(text, reading.position)
        if found is None:
            return [*tokens, _unreadable(reading, pattern)]
        kind, piece = found.lastgroup or "", found.group()
        if kind == "word":
            tokens.append(_word(piece, reading.position))
        elif kind == "op":
            problem, pattern = _operator(reading, piece, pattern)
            if problem:
                return [*tokens, Token("error", problem, reading.position)]
        elif kind != "space":
            problem = _taken(reading, kind, piece)
            if problem:
                return [*tokens, Token("error", problem, reading.position)]
        reading.position = max(reading.position, found.end())
    return [*tokens, _end(reading, pattern)]


def _word(piece: str, position: int) -> Token:
    low = piece.lower()
    if low in AGGREGATORS:
        return Token("aggregator", piece, position)
    if low in _WORDS:
        return Token(low, piece, position)
    if low in ("inf", "nan"):
        return Token("number", piece, position)
    return Token("metric" if ":" in piece else "identifier", piece, position)


def _taken(reading: _Reading, kind: str, piece: str) -> str:
    """Takes a literal, identifier or colon in; an error, or nothing."""
    problem = ""
    if kind == "string":
        problem = escape_problem(piece)
    elif kind == "colon":
        problem = f"unexpected colon '{piece}'" if reading.colon else ""
        reading.colon, kind = True, ":"
    if not problem:
        reading.tokens.append(Token(kind, piece, reading.position))
    return problem


def _operator(reading: _Reading, piece: str, pattern: re.Pattern[str]) -> tuple[str, re.Pattern[str]]:
    """Takes the operator in; an error, or nothing, and how to read on."""
    problem = ""
    if piece in "()":
        reading.depth += 1 if piece == "(" else -1
        if reading.depth < 0:
            problem = "unexpected right parenthesis ')'"
            reading.position += 1
    elif piece in "{}":
        if piece == "}" and pattern is not _BRACES:
            problem = "unexpected character: '}'"
        pattern = _BRACES if piece == "{" else _OUTSIDE
    elif piece in "[]":
        return _bracket(reading, piece)
    elif piece == "=" and pattern is not _BRACES and reading.text.startswith("~", reading.position + 1):
        problem = "unexpected character after '=': '~'"
    if not problem:
        reading.tokens.append(Token(piece, piece, reading.position))
    return problem, _BRACKETS if reading.bracket and pattern is _OUTSIDE else pattern


def _bracket(reading: _Reading, piece: str) -> tuple[str, re.Pattern[str]]:
    if piece == "]":
        if not reading.bracket:
            return "unexpected right bracket ']'", _OUTSIDE
        reading.bracket = False
        reading.tokens.append(Token(piece, piece, reading.position))
        return "", _OUTSIDE
    if reading.bracket:
        return "unexpected left bracket '['", _BRACKETS
    reading.bracket, reading.colon = True, False
    reading.tokens.append(Token(piece, piece, reading.position))
    return _length(reading), _BRACKETS


def _length(reading: _Reading) -> str:
    """Takes in the duration that must follow a bracket; an error, or nothing."""
    text = reading.text
    found = _LENGTH.match(text, reading.position + 1)
    if found is not None:
        reading.tokens.append(Token("duration", found.group(1), found.start(1)))
        reading.position = found.end()
        return ""
    reading.position += 1
    while text[reading.position : reading.position + 1] in _SPACES:
        reading.position += 1
    number = _NUMBER_START.match(text, reading.position)
    after = number.end() if number else reading.position
    if not _is_word(text[after : after + 1]):
        return "missing unit character in duration"
    return f"bad duration syntax: {go_quote(_bad_duration(text, reading.position))}"


def _bad_duration(text: str, start: int) -> str:
    """What Prometheus's lexer had read of a number or duration when it gave up."""
    number = _NUMBER_START.match(text, start)
    at = number.end() if number else start
    units = "smhdwy"
    while text[at : at + 1] and text[at] in units:
        units = "smhdw"  # years come first
        at += 1
        at += text[at : at + 1] == "s"
        digits = re.compile("[0-9]*").match(text, at)
        if digits is None or digits.end() == at:
            return text[start : at + 1]
        at = digits.end()
    return text[start:at]


def _is_word(character: str) -> bool:
    return bool(character) and (character == "_" or (character.isascii() and character.isalnum()))


def _unreadable(reading: _Reading, pattern: re.Pattern[str]) -> Token:
    text, position = reading.text, reading.position
    character = text[position]
    after = text[position + 1 : position + 2]
    inside = " inside braces" if pattern is _BRACES else ""
    if character in "\"'`":
        line = text[position:].partition("\n")[0]
        message = escape_problem(line + character)
        message = message or f"unterminated {'raw' if character == '`' else 'quoted'} string"
    elif character == "!":
        message = f"unexpected character after '!'{inside}: {_quoted_character(after)}"
    elif character == "{" and inside:
        message = "unexpected left brace '{'"
    elif (character + after).lstrip(".")[:1] in _DIGITS and not inside:
        message = f"bad number or duration syntax: {go_quote(_bad_duration(text, position))}"
    else:
        message = f"unexpected character{inside}: {_quoted_character(character)}"
    return Token("error", message, position)


def _end(reading: _Reading, pattern: re.Pattern[str]) -> Token:
    size = len(reading.text)
    if pattern is _BRACES:
        return Token("error", "unexpected end of input inside braces", size)
    if reading.depth:
        return Token("error", "unclosed left parenthesis", size)
    if reading.bracket:
        return Token("error", "unclosed left bracket", size)
    return Token("eof", "", size)


def _quoted_character(character: str) -> str:
    """Go's %q of a rune."""
    if not character:
        return "'\ufffd'"
    return "'" + ("\\'" if character == "'" else '"' if character == '"' else go_quote(character)[1:-1]) + "'"
