"""Conditions on labels: RE2, anchored, bounded, in Prometheus's words."""

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.matchers import any_of, filter_labels, matcher_check, predicate
from monitoring.metrics.promql.patterns import MOST_CHARACTERS
from monitoring.metrics.promql.storage import Matcher
from tests.monitoring.metrics.promql.stores import labels


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "missing closing ): `^(?:()$`"),
        (")", "unexpected ): `^(?:))$`"),
        ("[a", "missing closing ]: `[a)$`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<x>y)", "invalid or unsupported Perl syntax: `(?<`"),
        (r"\8", r"invalid escape sequence: `\8`"),
        ("((a{100}){100}){100}", "invalid repeat count: `{100}`"),
    ],
)
def test_a_bad_expression_is_told_as_go_tells_it(pattern: str, told: str) -> None:
    assert matcher_check(Matcher("a", "=~", pattern)) == f"error parsing regexp: {told}"


def test_a_very_long_expression_is_refused_but_words_are_not() -> None:
    assert "at most" in matcher_check(Matcher("a", "=~", "(x)" * MOST_CHARACTERS))
    assert matcher_check(Matcher("a", "=~", "|".join(map(str, range(MOST_CHARACTERS))))) == ""


def test_an_expression_that_explodes_elsewhere_takes_linear_time() -> None:
    assert not predicate(Matcher("a", "=~", "(x+x+)+y"))("x" * 100_000)


@given(st.text("ab|\\.-*", max_size=7), st.text("ab|\\.-*", max_size=4))
def test_the_short_way_for_words_is_that_of_the_expression(pattern: str, text: str) -> None:
    options = re2.Options()
    options.log_errors = False
    matcher = Matcher("a", "=~", pattern)
    if not matcher_check(matcher):
        assert predicate(matcher)(text) == (re2.fullmatch(f"(?:{pattern})", text, options) is not None)


@given(st.lists(st.text(max_size=5), min_size=1, max_size=5))
def test_any_of_some_words_matches_just_them(words: list[str]) -> None:
    pattern = any_of(words)
    assert pattern is not None
    test = predicate(Matcher("a", "=~", pattern))
    assert all(test(word) for word in words)
    assert not test("no word of theirs")


def test_filtering_keeps_the_places() -> None:
    series = [labels("up{a=1}"), labels("up{a=2}"), labels("up")]
    assert filter_labels(series, [Matcher("a", "!=", "1"), Matcher("__name__", "=~", "u.")]) == [1, 2]
