"""Conditions on labels: regular expressions of RE2, anchored, compiled once and bounded in memory. Pure."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

import re2

from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.storage import Labels, Matcher, Matchers

MOST_CHARACTERS = 10_000
_MOST_BYTES = 8 * 1024 * 1024
_OPTIONS = re2.Options()
_OPTIONS.max_mem = _MOST_BYTES
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_WORD = r"(?:[A-Za-z0-9_:/@ -]|\\[.+*?()\[\]{}|^$\\-])*"
_ALTERNATIVES = re.compile(rf"{_WORD}(?:\|{_WORD})*")
_GO_UNKNOWN = re.compile(r"(?<!\\)(?:\\\\)*(\(\?<|\\C)")  # what RE2 takes, and Go's does not
_BETWEEN_BARS = re.compile(r"(?:^|\|)((?:[^|\\]|\\.)*)")
_SPECIAL = re.compile(r"([.+*?()\[\]{}|^$\\])")

Predicate = Callable[[str], bool]


class BadPatternError(ValueError):
    """A text is no regular expression, in the words of Prometheus."""


def predicate(matcher: Matcher) -> Predicate:
    """Whether a label's value meets the condition. BadPatternError."""
    op, value = matcher.op, matcher.value
    if op == "=":
        return lambda text: text == value
    if op == "!=":
        return lambda text: text != value
    return _expression(value, op == "!~")


@lru_cache(maxsize=2_000)
def _expression(pattern: str, negated: bool) -> Predicate:
    if _ALTERNATIVES.fullmatch(pattern):
        words = frozenset(re.sub(r"\\(.)", r"\1", word) for word in _BETWEEN_BARS.findall(pattern))
        return (lambda text: text not in words) if negated else (lambda text: text in words)
    if len(pattern) > MOST_CHARACTERS:
        raise BadPatternError(
            f"error parsing regexp: expression of {len(pattern)} characters, at most {MOST_CHARACTERS}"
        )
    if found := _GO_UNKNOWN.search(pattern):
        what = "invalid escape sequence" if found.group(1) == "\\C" else "invalid or unsupported Perl syntax"
        raise BadPatternError(f"error parsing regexp: {what}: `{found.group(1)}`")
    try:
        fullmatch = re2.compile(f"^(?:{pattern})$", _OPTIONS).fullmatch
    except re2.error as error:
        raise BadPatternError(_told(pattern, error)) from None
    return (lambda text: fullmatch(text) is None) if negated else (lambda text: fullmatch(text) is not None)


def _told(pattern: str, error: re2.error) -> str:
    """Go's message. RE2 in C++ says almost the same; where Go quotes the whole text we do too."""
    detail = error.args[0] if error.args else ""
    text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
    what, _, where = text.partition(": ")
    whole = f"^(?:{pattern})$"
    if what == "no argument for repetition operator":
        what = "missing argument to repetition operator"
    elif what == "bad repetition operator":
        what = "invalid nested repetition operator"
    elif what == "invalid repetition size":
        what = "invalid repeat count"
    elif what == "invalid perl operator":
        what = "invalid or unsupported Perl syntax"
    elif what == "invalid named capture group":
        what = "invalid named capture"
    elif what == "missing ]":
        what = "missing closing ]"
    elif what == "missing )":
        what = "missing closing )"
        where = whole
    elif what.startswith(("pattern too large", "DFA out of memory")):
        return f"error parsing regexp: expression is too large: {go_quote(pattern[:50])}"
    return f"error parsing regexp: {what}: `{where}`"


def any_of(words: Collection[str]) -> str | None:
    """An expression that matches just these words; None if it would be too long."""
    plain = "|".join(words)
    pattern = "|".join(_SPECIAL.sub(r"\\\1", word) for word in words)
    return pattern if len(pattern) <= MOST_CHARACTERS or pattern == plain else None


def matcher_check(matcher: Matcher) -> str:
    """What is wrong with a matcher; nothing if it is right."""
    if matcher.op in ("=~", "!~"):
        try:
            predicate(matcher)
        except BadPatternError as error:
            return str(error)
    return ""


def matches_nothing_given(matcher: Matcher) -> bool:
    """Whether a series without the label meets the condition."""
    return predicate(matcher)("")


def matches(labels: Labels, matchers: Matchers) -> bool:
    """Whether a series meets all conditions."""
    own = dict(labels)
    return all(predicate(matcher)(own.get(matcher.name, "")) for matcher in matchers)


def filter_labels(candidates: Sequence[Labels], matchers: Matchers) -> list[int]:
    """The places of the series that meet all conditions; every value of a label is tried once."""
    chosen = list(range(len(candidates)))
    for matcher in matchers:
        test, name = predicate(matcher), matcher.name
        known: dict[str, bool] = {}
        kept: list[int] = []
        for place in chosen:
            value = next((text for key, text in candidates[place] if key == name), "")
            hit = known.get(value)
            if hit is None:
                hit = known[value] = test(value)
            if hit:
                kept.append(place)
        chosen = kept
    return chosen
