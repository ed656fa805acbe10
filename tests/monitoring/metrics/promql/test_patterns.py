"""Regular expressions as Go takes them: what Prometheus 2.42 says of each was asked of it."""

import pytest

from monitoring.metrics.promql.patterns import BadPatternError, compiled


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"{1,3}\C", "missing argument to repetition operator: `{1,3}`"),
        (r"(?=(?<x", "invalid or unsupported Perl syntax: `(?=`"),
        (r"\Cx{1001}", r"invalid escape sequence: `\C`"),
        (r"\Qb", r"missing closing ): `^(?:\Qb)$`"),
        (r"\s)\Q", r"unexpected ): `\s)\Q`"),
        (r")(?i-s:^", "unexpected ): `)(?i-s:^`"),
        (r"\Q(?<", r"missing closing ): `^(?:\Q(?<)$`"),
        (r".{1001}??", "invalid repeat count: `{1001}`"),
        (r"+?{1001}", "missing argument to repetition operator: `+?`"),
        (r".{1000}{1001}", "invalid repeat count: `{1001}`"),
    ],
)
def test_the_first_mistake_is_told(pattern: str, told: str) -> None:
    with pytest.raises(BadPatternError) as caught:
        compiled(pattern)
    assert str(caught.value) == f"error parsing regexp: {told}"


@pytest.mark.parametrize("pattern", [r"[(?<]+", r"\Q(?<\E.", r"\\C", r"[]$(?<-]x", r"a\\(?:<)"])
def test_what_only_looks_like_a_mistake_is_none(pattern: str) -> None:
    compiled(pattern)


def test_the_dot_stops_at_the_end_of_a_line() -> None:
    assert compiled("a.b").fullmatch("a\nb") is None
    assert compiled("(?s)a.b").fullmatch("a\nb") is not None


def test_groups_are_there_when_they_are_asked_for() -> None:
    match = compiled("(.)(?P<rest>.*)", groups=True).fullmatch("hall")
    assert match is not None
    assert (match.group(1), match.group("rest")) == ("h", "all")


def test_an_expression_closed_by_its_anchors_counts_where_groups_are_wanted() -> None:
    assert compiled("a)(?i-s:b", groups=True).fullmatch("ab") is not None
