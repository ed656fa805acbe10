import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.matching import (
    Matcher,
    MatcherError,
    in_order,
    matches_all,
    matches_empty,
    parse,
    parse_all,
    parse_list,
    written,
)

VALUES = st.text(alphabet='ab.|*"\\\n ,{}=~ü', max_size=6)
NAMES = st.sampled_from(["a", "b_1", "c:d"])


def test_quotes_may_be_left_out_and_space_around_does_not_count() -> None:
    assert parse(' severity = "critical" ') == parse("severity=critical") == Matcher("severity", "=", "critical")


def test_a_comma_in_quotes_is_part_of_a_value() -> None:
    assert parse_list('{a="b,c",d=~"e|f"}') == (Matcher("a", "=", "b,c"), Matcher("d", "=~", "e|f"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'a="\""', '"'),
        (r'a="\\n"', "\\n"),
        (r'a="\n"', "\n"),
        (r'a="\d"', "\\d"),
        ('a="b}"', "b}"),
        ("a=\\", "\\"),
        ("a=", ""),
        ('a=""', ""),
    ],
)
def test_escapes_are_those_of_alertmanager(text: str, value: str) -> None:
    assert parse(text).value == value


@given(NAMES, st.sampled_from(["=", "!="]), VALUES)
def test_what_is_written_is_read_as_the_same(name: str, op: str, value: str) -> None:
    matcher = Matcher(name, op, value)
    assert parse_list(written([matcher, matcher])) == (matcher, matcher)


@pytest.mark.parametrize("text", ["a", 'a="b', 'a=b"c', 'a="b"c', "x-y=3", "a~b", "1a=b", ",a=b", "a=b,,c=d"])
def test_what_is_no_matcher_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(MatcherError, match=r"At character [0-9]+: "):
        parse_list(text)


def test_the_place_of_a_mistake_is_that_of_its_matcher() -> None:
    with pytest.raises(MatcherError, match=r'At character 8: .*write name="value"'):
        parse_list("{a=bcd,e}")


def test_a_comma_at_the_end_is_no_matcher_of_its_own() -> None:
    assert parse_list("a=b,") == (Matcher("a", "=", "b"),)
    assert parse_list("{}") == parse_list("") == ()


def test_an_expression_that_is_none_is_named() -> None:
    with pytest.raises(MatcherError, match=r"'\(b'.*missing closing"):
        parse("a=~(b")


def test_an_expression_matches_the_whole_value() -> None:
    assert not Matcher("a", "=~", "b").matches({"a": "abc"})
    assert Matcher("a", "=~", ".b.").matches({"a": "abc"})
    assert not Matcher("a", "=~", ".*").matches({"a": "b\nc"}), "the dot is no end of a line"


@pytest.mark.parametrize(
    ("op", "value", "hit"),
    [("=", "", True), ("!=", "x", True), ("=~", "x?", True), ("=~", ".+", False), ("!~", "", False)],
)
def test_a_missing_label_has_the_value_of_nothing(op: str, value: str, hit: bool) -> None:
    assert Matcher("gone", op, value).matches({}) is Matcher("gone", op, value).matches({"gone": ""}) is hit


def test_a_silence_that_would_match_nearly_everything_is_known() -> None:
    assert matches_empty(parse_all(["a!=x", 'b=~".*"']))
    assert not matches_empty(parse_all(["a!=x", "b=y"]))


def test_matchers_are_sorted_as_alertmanager_sorts_them() -> None:
    assert written(in_order(parse_all(["b=x", 'a=~"y"', "a=y", "a!=b"]))) == '{a!="b",a="y",a=~"y",b="x"}'


@given(
    st.dictionaries(NAMES, VALUES),
    st.lists(
        st.tuples(
            NAMES,
            st.sampled_from(["=", "!=", "=~", "!~"]),
            st.sampled_from(["a", "", "a|b", "a*", ".+", "ab?", "(a|b)+"]),
        ),
        max_size=4,
    ),
)
def test_matching_is_what_python_s_expressions_say(labels: dict[str, str], wanted: list[tuple[str, str, str]]) -> None:
    def naive(name: str, op: str, value: str) -> bool:
        has = labels.get(name, "")
        hit = has == value if op[-1] == "=" else re.fullmatch(value, has) is not None
        return hit != (op[0] == "!")

    matchers = [Matcher(*one) for one in wanted]
    assert matches_all(matchers, labels) is all(naive(*one) for one in wanted)
    assert matches_all(matchers, labels) is all(naive(*one) for one in wanted), "and once more, now from memory"


def test_an_operator_that_is_none_is_refused() -> None:
    with pytest.raises(MatcherError, match="is no operator"):
        Matcher("a", "==", "b")
