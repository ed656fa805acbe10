"""Which series a set of matchers means: expressions are tried on the distinct values of a label, not on every series. Pure.

Expressions are RE2 (https://github.com/google/re2/wiki/Syntax), anchored, so that none takes more than linear time; a program's
memory is bounded too.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

import re2

from monitoring.metrics.promql.storage import Matcher

MOST_PATTERN_BYTES = 10_000
MOST_PROGRAM_BYTES = 1 << 20  # 128 of them are remembered
_LITERAL = re2.compile(r"[\w \-/:@%,;=<>!~'\"#&`]*(?:\|[\w \-/:@%,;=<>!~'\"#&`]*)*")


class BadPatternError(ValueError):
    """An expression that RE2 does not take, with its reason."""


@lru_cache(maxsize=128)
def literals(pattern: str) -> frozenset[str] | None:
    """The values an expression means when it is plain words with `|` between."""
    return frozenset(pattern.split("|")) if _LITERAL.fullmatch(pattern) else None


@lru_cache(maxsize=128)
def compiled(pattern: str) -> Callable[[str], object]:
    """The test of a whole value. Raises BadPatternError."""
    if len(pattern) > MOST_PATTERN_BYTES:
        raise BadPatternError(
            f"The expression is {len(pattern):,} characters long; the most is {MOST_PATTERN_BYTES:,}."
        )
    options = re2.Options()
    options.max_mem = MOST_PROGRAM_BYTES
    options.log_errors = False
    try:
        test: Callable[[str], object] = re2.compile(pattern, options).fullmatch
    except re2.error as error:
        raise BadPatternError(f"{pattern!r} is not a regular expression: {_reason(error)}") from None
    return test


def matches(matcher: Matcher, value: str) -> bool:
    """Does one value of the label fulfil it? A label that is not there has the value ""."""
    if matcher.op == "=":
        return value == matcher.value
    if matcher.op == "!=":
        return value != matcher.value
    words = literals(matcher.value)
    hit = value in words if words is not None else compiled(matcher.value)(value) is not None
    return hit if matcher.op == "=~" else not hit


def values_hit(matcher: Matcher, values: Iterable[str]) -> list[str]:
    """Those of the values that its expression or word (not its negation) means."""
    if matcher.op in ("=", "!="):
        return [matcher.value]
    words = literals(matcher.value)
    if words is not None:
        return list(words)
    if matcher.value in (".*", ".+"):  # the dot is any character but the end of a line, as in Prometheus 2
        return [value for value in values if "\n" not in value]
    test = compiled(matcher.value)
    return [value for value in values if test(value) is not None]


def _reason(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
