"""Regular expressions that Go's `regexp` takes, compiled by RE2: anchored, bounded in memory, with Go's words for what is wrong. Pure.

Prometheus 2 compiles an expression with anchors around it; that of a matcher is then parsed without, and both must succeed.
"""

import re
from functools import lru_cache

import re2

from monitoring.metrics.promql.quoting import go_quote

MOST_CHARACTERS = 10_000
_MOST_BYTES = 1024 * 1024  # of one expression, and of what RE2 remembers of the texts it has seen
_PARTS = re.compile(r"\\Q.*?(?:\\E|$)|\\C|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*(?:\]|$)|\(\?<|.", re.DOTALL)
_TOO_OFTEN = re.compile(r"\{(?:\d+,)?\d{4,}\}$")  # more than 1000 times; exactly 1000 is no mistake of RE2's
_ONLY_RE2 = {"\\C": "invalid escape sequence", "(?<": "invalid or unsupported Perl syntax"}
_IN_GO = {
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
}


class BadPatternError(ValueError):
    """A text is no regular expression, in the words of Prometheus."""


@lru_cache(maxsize=128)
def compiled(pattern: str, *, groups: bool = False) -> "re2._Regexp":
    """The expression, anchored at both ends; with `groups`, what its groups match can be asked for. BadPatternError."""
    if len(pattern) > MOST_CHARACTERS:
        raise BadPatternError(
            f"error parsing regexp: expression of {len(pattern)} characters, at most {MOST_CHARACTERS}"
        )
    options = _options(groups)
    found = _by_re2(f"^(?:{pattern})$", options, pattern)
    if not groups:
        _by_re2(pattern, options, pattern)
    return found


def _options(groups: bool) -> re2.Options:
    options = re2.Options()
    options.max_mem = _MOST_BYTES
    options.log_errors = False
    options.never_capture = not groups
    return options


def _by_re2(text: str, options: re2.Options, pattern: str) -> "re2._Regexp":
    """Compiles `text`, which holds `pattern`. The first mistake counts, be it RE2's or one that only Go takes for one."""
    place, words = _unknown_to_go(text)
    try:
        found = re2.compile(text, options=options)
    except re2.error as error:
        what, where = _told(error)
        if what.startswith(("pattern too large", "DFA out of memory")):
            raise BadPatternError(f"error parsing regexp: expression is too large: {go_quote(pattern[:50])}") from None
        if what == "missing closing )":
            where = text
        before = text.find(where) < place and where != text
        raise BadPatternError(f"error parsing regexp: {what}: `{where}`" if before or not words else words) from None
    if words:
        raise BadPatternError(words)
    return found


def _unknown_to_go(text: str) -> tuple[int, str]:
    """Where something stands that RE2 takes and Go does not, outside of quotes and classes, and what Go says; ("", end) if nowhere."""
    for part in _PARTS.finditer(text):
        if part[0] in _ONLY_RE2:
            return part.start(), f"error parsing regexp: {_ONLY_RE2[part[0]]}: `{part[0]}`"
    return len(text), ""


def _told(error: re2.error) -> tuple[str, str]:
    """What is wrong, in Go's words, and the part of the text that it is about."""
    detail = error.args[0] if error.args else ""
    text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    what, _, where = text.partition(": ")
    if what == "bad repetition operator" and (count := _TOO_OFTEN.search(where)) and count[0] != "{1000}":
        return "invalid repeat count", count[0]
    if what == "invalid repetition size":
        where = where.removesuffix("?")
    return _IN_GO.get(what, what), where
