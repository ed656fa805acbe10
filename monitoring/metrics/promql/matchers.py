"""Conditions on labels: regular expressions of RE2, anchored, compiled once and bounded in memory. Pure."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from monitoring.metrics.promql.patterns import MOST_CHARACTERS, BadPatternError, compiled
from monitoring.metrics.promql.storage import Labels, Matcher, Matchers

_WORD = r"(?:[A-Za-z0-9_:/@ -]|\\[.+*?()\[\]{}|^$\\-])*"
_ALTERNATIVES = re.compile(rf"{_WORD}(?:\|{_WORD})*")
_BETWEEN_BARS = re.compile(r"(?:^|\|)((?:[^|\\]|\\.)*)")
_SPECIAL = re.compile(r"([.+*?()\[\]{}|^$\\])")

Predicate = Callable[[str], bool]


def predicate(matcher: Matcher) -> Predicate:
    """Whether a label's value meets the condition. BadPatternError."""
    op, value = matcher.op, matcher.value
    if op == "=":
        return lambda text: text == value
    if op == "!=":
        return lambda text: text != value
    return _expression(value, op == "!~")


@lru_cache(maxsize=128)
def _expression(pattern: str, negated: bool) -> Predicate:
    if _is_words(pattern):
        words = frozenset(re.sub(r"\\(.)", r"\1", word) for word in _BETWEEN_BARS.findall(pattern))
        return (lambda text: text not in words) if negated else (lambda text: text in words)
    fullmatch = compiled(pattern).fullmatch
    return (lambda text: fullmatch(text) is None) if negated else (lambda text: fullmatch(text) is not None)


def any_of(words: Collection[str]) -> str | None:
    """An expression that matches just these words; None if it would be too long."""
    plain = "|".join(words)
    pattern = "|".join(_SPECIAL.sub(r"\\\1", word) for word in words)
    return pattern if len(pattern) <= MOST_CHARACTERS or (pattern == plain and _is_words(pattern)) else None


def _is_words(pattern: str) -> bool:
    """Whether it is words with `|` between. Very many words may be, as long as nothing is escaped in them."""
    return bool(_ALTERNATIVES.fullmatch(pattern)) and (len(pattern) <= MOST_CHARACTERS or "\\" not in pattern)


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
