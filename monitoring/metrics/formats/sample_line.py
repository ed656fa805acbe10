"""One line of exposition text in full: the series with its labels, the value, the time. Pure.

The grammar is that of Prometheus's lexers (model/textparse), read a little more leniently in its blanks, with the quoted UTF-8 names of
Prometheus 3: `{"my.metric","my.label"="x"} 1`.
"""

import re
from math import inf
from typing import NamedTuple

from monitoring.metrics.formats.errors import LineError
from monitoring.metrics.promql.storage import Labels

INSIDE = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'  # possessive: nothing to try again, however long it is
START = re.compile(rb"([a-zA-Z_:][a-zA-Z0-9_:]*)?[ \t]*(\{)?[ \t]*")
PAIR = re.compile(
    rb'(?:([a-zA-Z_][a-zA-Z0-9_]*)|"(' + INSIDE + rb')")[ \t]*(?:=[ \t]*"(' + INSIDE + rb')"[ \t]*)?,?[ \t]*'
)
UNCLOSED = re.compile(rb'[^"]*"' + INSIDE + rb"\\?")
BARE = re.compile(rb"([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*")
BLANKS = re.compile(rb"[ \t]*")
ESCAPE = re.compile(rb'\\(["\\n])')
UNESCAPED = {b"n": b"\n", b'"': b'"', b"\\": b"\\"}
INTEGER = re.compile(rb"-?[0-9]{1,19}")
EXEMPLAR = re.compile(rb"\{[ ]*(?:[a-zA-Z_][a-zA-Z0-9_]*=\"" + INSIDE + rb'"[ ]*,?[ ]*)*\} ([^ ]+)(?: ([^ ]+))?')
ODD_NUMBERS = frozenset({b"nan", b"inf", b"+inf", b"-inf", b"infinity", b"+infinity", b"-infinity"})
MOST_SECONDS = 9.2e15
MOST_MS = 2**63 - 1
SHOWN_BYTES = 60


class LineLimits(NamedTuple):
    """Of one series. Lengths are bytes."""

    labels: int = 128
    name_bytes: int = 1_024
    value_bytes: int = 16_384


Pairs = dict[bytes, tuple[str, str | None]]


def read_series(line: bytes, limits: LineLimits, shared: Pairs) -> tuple[int, Labels]:
    """Where the value begins, and the labels of the series as they stand there, sorted, `__name__` and empty ones among them.

    `shared` remembers pairs by their text: a page repeats them. Raises LineError.
    """
    start = START.match(line)
    if start is None or not (start[1] or start[2]):
        raise LineError(f"does not begin with the name of a metric: {shown(line)}")
    pairs = [("__name__", start[1].decode())] if start[1] else []
    end = start.end()
    if start[2]:
        end = _read_pairs(line, end, pairs, limits, shared)
    _check(pairs, limits)
    return end, tuple(sorted(pairs))


def read_tail(tail: bytes, openmetrics: bool) -> tuple[float, int | None]:
    """The value and the time in ms, None where there is none; an exemplar is checked and passed over. Raises LineError."""
    fields = (without_exemplar(tail) if openmetrics else tail).split()
    if not fields:
        raise LineError("has no value")
    value = number(fields[0])
    if len(fields) == 1:
        return value, None
    if len(fields) > 2:
        raise LineError(f"goes on after value and time: {shown(fields[2])}")
    return value, _seconds(fields[1]) if openmetrics else _milliseconds(fields[1])


def without_exemplar(tail: bytes) -> bytes:
    """What stands before the exemplar, if there is one. Raises LineError where it cannot be read."""
    before, mark, exemplar = tail.partition(b" # ")
    if mark:
        found = EXEMPLAR.fullmatch(exemplar)
        if found is None:
            raise LineError(f"has an exemplar that cannot be read: {shown(exemplar)}")
        number(found[1])
        if found[2] is not None:
            _seconds(found[2])
    return before


def number(text: bytes) -> float:
    """As Go reads it, without the newer forms (hexadecimal, underscores), as Prometheus wants it. Raises LineError."""
    try:
        value = float(text)
    except ValueError:
        raise LineError(f"has a value that is not a number: {shown(text)}") from None
    if b"_" in text or (not -inf < value < inf and text.strip().lower() not in ODD_NUMBERS):
        raise LineError(f"has a value that is not a number: {shown(text)}")
    return value


def unescaped(text: bytes) -> str:
    """Raises LineError where it is not UTF-8."""
    if b"\\" in text:
        text = ESCAPE.sub(lambda found: UNESCAPED[found[1]], text)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise LineError(f"is not UTF-8: {shown(text)}") from None


def shown(text: bytes) -> str:
    """The beginning of what is wrong, for a message."""
    cut = text[:SHOWN_BYTES].decode("utf-8", errors="backslashreplace")
    return repr(cut) + ("…" if len(text) > SHOWN_BYTES else "")


def _read_pairs(line: bytes, at: int, pairs: list[tuple[str, str]], limits: LineLimits, shared: Pairs) -> int:
    """Add what stands between the braces to `pairs`; where the value begins."""
    while line[at : at + 1] != b"}":
        found = PAIR.match(line, at)
        if found is None:
            raise LineError(_fault(line, at))
        name, value = shared.get(found[0]) or shared.setdefault(found[0], _pair(found, limits))
        if value is not None:
            pairs.append((name, value))
        elif pairs and pairs[0][0] == "__name__":
            raise LineError(f"has a label without a value: {name!r}")
        else:
            pairs.insert(0, ("__name__", name))
        at = found.end()
    blanks = BLANKS.match(line, at + 1)
    return blanks.end() if blanks else at + 1


def _pair(found: re.Match[bytes], limits: LineLimits) -> tuple[str, str | None]:
    """A label and its value, or the quoted name of the metric and None."""
    bare, quoted, value = found.groups()
    name = bare.decode() if bare is not None else unescaped(quoted)
    if bare is not None and value is None:
        raise LineError(_fault(found.string, found.start()))
    if not name or len(name) > limits.name_bytes:
        raise LineError(f"has a name that is empty or longer than {limits.name_bytes} bytes")
    if value is not None and len(value) > limits.value_bytes:
        raise LineError(f"has a label {name!r} longer than {limits.value_bytes} bytes")
    return name, None if value is None else unescaped(value)


def _fault(line: bytes, at: int) -> str:
    """Why no pair begins at `at`."""
    rest = line[at:]
    if not rest:
        return "ends within its labels: a closing brace is missing"
    if UNCLOSED.fullmatch(rest):
        return f"has a quote that is not closed: {shown(rest)}"
    bare = BARE.match(rest)
    if bare and rest[bare.end() : bare.end() + 1] in (b"}", b","):
        return f"has a label without a value: {bare[1].decode()!r}"
    return f"has labels that cannot be read from here on: {shown(rest)}"


def _check(pairs: list[tuple[str, str]], limits: LineLimits) -> None:
    if not pairs or pairs[0][0] != "__name__" or not pairs[0][1]:
        raise LineError("has no metric name")
    if len(pairs[0][1]) > limits.name_bytes:
        raise LineError(f"has a metric name longer than {limits.name_bytes} bytes")
    if len(pairs) > limits.labels + 1:
        raise LineError(f"has {len(pairs) - 1} labels, more than {limits.labels}")
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        raise LineError(f"has the label {max(names, key=names.count)!r} twice")


def _milliseconds(text: bytes) -> int:
    if not INTEGER.fullmatch(text) or abs(int(text)) > MOST_MS:
        raise LineError(f"has a time that is not a whole number of milliseconds: {shown(text)}")
    return int(text)


def _seconds(text: bytes) -> int:
    try:
        seconds = number(text)
    except LineError:
        seconds = inf
    if not -MOST_SECONDS < seconds < MOST_SECONDS:
        raise LineError(f"has a time that is not a number of seconds: {shown(text)}")
    return int(seconds * 1000)
