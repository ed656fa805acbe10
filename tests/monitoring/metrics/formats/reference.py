"""A slow reader of exposition text that goes character by character, to compare the quick one with."""

import math
import re
from typing import NamedTuple

from monitoring.metrics.promql.storage import Labels

NUMBER = re.compile(rb"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)|nan", re.IGNORECASE)
BLANKS = b" \t"
NAME_START = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"


class WrongPageError(Exception):
    pass


class Line(NamedTuple):
    labels: Labels
    value: float
    time_ms: int | None


def reference(page: bytes, openmetrics: bool) -> list[Line]:
    """The samples of a page, in its order. Raises WrongPageError."""
    if b"\0" in page:
        raise WrongPageError
    lines = page.replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if openmetrics:
        if not lines or lines[-1] != b"# EOF" or b"" in lines or lines.count(b"# EOF") > 1:
            raise WrongPageError
    else:
        lines = [line.lstrip(BLANKS) for line in lines]
    return [Scanner(line).line(openmetrics) for line in lines if line and line[:1] != b"#"]


class Scanner:
    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> bytes:
        return self.text[self.at : self.at + 1]

    def blanks(self) -> None:
        while self.peek() and self.peek() in BLANKS:
            self.at += 1

    def word(self, first: bytes) -> str:
        start = self.at
        while self.peek() and (self.peek() in first or (self.at > start and self.peek() in b"0123456789")):
            self.at += 1
        return self.text[start : self.at].decode()

    def quoted(self) -> str:
        self.expect(b'"')
        found = bytearray()
        while self.peek() != b'"':
            if not self.peek():
                raise WrongPageError
            if self.peek() == b"\\":
                after = self.text[self.at + 1 : self.at + 2]
                if not after:
                    raise WrongPageError
                found += {b"n": b"\n", b'"': b'"', b"\\": b"\\"}.get(after, b"\\" + after)
                self.at += 2
            else:
                found += self.peek()
                self.at += 1
        self.at += 1
        try:
            return found.decode()
        except UnicodeDecodeError:
            raise WrongPageError from None

    def expect(self, character: bytes) -> None:
        if self.peek() != character:
            raise WrongPageError
        self.at += 1

    def line(self, openmetrics: bool) -> Line:
        pairs = []
        if name := self.word(NAME_START + b":"):
            pairs.append(("__name__", name))
        self.blanks()
        if self.peek() == b"{":
            self.at += 1
            self.blanks()
            while self.peek() != b"}":
                self.pair(pairs)
            self.at += 1
            self.blanks()
        if [key for key, _ in pairs].count("__name__") != 1 or not dict(pairs)["__name__"]:
            raise WrongPageError
        if len(dict(pairs)) < len(pairs):
            raise WrongPageError
        return Line(tuple(sorted(pairs)), *tail(self.text[self.at :], openmetrics))

    def pair(self, pairs: list[tuple[str, str]]) -> None:
        is_quoted = self.peek() == b'"'
        name = self.quoted() if is_quoted else self.word(NAME_START)
        if not name:
            raise WrongPageError
        self.blanks()
        if self.peek() == b"=":
            self.at += 1
            self.blanks()
            pairs.append((name, self.quoted()))
            self.blanks()
        elif is_quoted and "__name__" not in dict(pairs):
            pairs.append(("__name__", name))
        else:
            raise WrongPageError
        if self.peek() == b",":
            self.at += 1
        self.blanks()


def tail(text: bytes, openmetrics: bool) -> tuple[float, int | None]:
    if openmetrics and b" # " in text:
        text, _, exemplar = text.partition(b" # ")
        scanner = Scanner(exemplar)
        scanner.expect(b"{")
        pairs: list[tuple[str, str]] = []
        while scanner.peek() != b"}":
            scanner.pair(pairs)
        scanner.at += 1
        scanner.expect(b" ")
        words = exemplar[scanner.at :].split(b" ")
        if len(words) > 2:
            raise WrongPageError
        number(words[0])
        for word in words[1:]:
            seconds(word)
    words = text.split()
    if len(words) not in (1, 2):
        raise WrongPageError
    value = number(words[0])
    if len(words) == 1:
        return value, None
    if openmetrics:
        return value, seconds(words[1])
    if not re.fullmatch(rb"-?\d{1,19}", words[1]) or abs(int(words[1])) >= 2**63:
        raise WrongPageError
    return value, int(words[1])


def number(text: bytes) -> float:
    if not NUMBER.fullmatch(text):
        raise WrongPageError
    value = float(text)
    if math.isinf(value) and b"i" not in text.lower():
        raise WrongPageError
    return value


def seconds(text: bytes) -> int:
    value = number(text)
    if not abs(value) < 9.2e15:
        raise WrongPageError
    return int(value * 1000)
