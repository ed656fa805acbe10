"""promtool's way to write the samples of a series: `0+10x5 _x3 stale 7`. Pure; the grammar is promql/parser's of 2.42."""

import re
from collections.abc import Sequence

import numpy as np

from monitoring.metrics.promql.lexing import Token, tokenize
from monitoring.metrics.promql.quoting import unquote
from monitoring.metrics.promql.storage import STALE_BITS, Labels

MOST_VALUES = 1_000_000
STALE = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])
_NUMBER = r"(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI]nf|NaN|nan)"
_EXAMPLE = 'up{job="a"}'
_ITEM = re.compile(
    rf"(?:(?P<gap>_)|(?P<first>stale|[+-]?{_NUMBER})(?P<step>[+-]{_NUMBER})?)(?:x(?P<times>\d+))?", re.ASCII
)


class NotationError(ValueError):
    """What cannot be read, in words."""


def values_of(text: str) -> list[float | None]:
    """The value at each interval; None: no sample. Raises NotationError."""
    found: list[float | None] = []
    for word in text.split():
        item = _ITEM.fullmatch(word)
        if item is None or (item["step"] and not item["times"]) or (item["step"] and item["first"] == "stale"):
            raise NotationError(f"{word!r} is none of 5, 0+10x5, 5x3, _, _x3 and stale")
        times = int(item["times"]) if item["times"] else None
        if len(found) + (times or 1) > MOST_VALUES:
            raise NotationError(f"more than {MOST_VALUES:,} values")
        found += _gap(times) if item["gap"] else _run(item["first"], item["step"], times)
    return found


def _gap(times: int | None) -> list[float | None]:
    return [None] * (1 if times is None else times)


def _run(first: str, step: str | None, times: int | None) -> list[float | None]:
    """As Go adds them up: one after the other."""
    value = STALE if first == "stale" else float(first)
    if step is None:
        return [value] * (1 if times is None else times + 1)
    found: list[float | None] = []
    for _ in range((times or 0) + 1):
        found.append(value)
        value += float(step)
    return found


def labels_of(text: str) -> Labels:
    """Labels of a text such as `up{job="a"}` or `{job="a"}`, sorted, empty ones left out. Raises NotationError."""
    tokens = tokenize(text)
    if tokens[-1].kind == "error":
        raise NotationError(tokens[-1].text)
    words = tokens[:-1]
    found: dict[str, str] = {}
    if words and words[0].kind in ("metric", "identifier"):
        found["__name__"] = words.pop(0).text
    if words:
        found |= _pairs(words, text)
    return tuple(sorted((name, value) for name, value in found.items() if value))


def _pairs(words: Sequence[Token], text: str) -> dict[str, str]:
    if words[0].kind != "{" or words[-1].kind != "}" or len(words) < 2:
        raise NotationError(f"{text!r} is no series, such as {_EXAMPLE}")
    found: dict[str, str] = {}
    inside = words[1:-1]
    for place in range(0, len(inside), 4):
        part = inside[place : place + 4]
        if not _is_pair([word.kind for word in part]):
            raise NotationError(f"{text!r} is no series, such as {_EXAMPLE}")
        found[part[0].text] = unquote(part[2].text)
    return found


def _is_pair(kinds: Sequence[str]) -> bool:
    return tuple(kinds[1:3]) == ("=", "string") and kinds[3:] in ([], [","])
