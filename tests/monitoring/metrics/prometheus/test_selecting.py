import pytest

from monitoring.metrics.prometheus.envelope import ApiError
from monitoring.metrics.prometheus.selecting import EMPTY, selector, selectors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up", {("__name__", "=", "up")}),
        ('up{job="a",x!~"b.*"}', {("__name__", "=", "up"), ("job", "=", "a"), ("x", "!~", "b.*")}),
        ('{job=~"a|b",}', {("job", "=~", "a|b")}),
        ("sum", {("__name__", "=", "sum")}),
        ('job:x:y{by="1"}', {("__name__", "=", "job:x:y"), ("by", "=", "1")}),
        (' up # a comment\n{a="b"} ', {("__name__", "=", "up"), ("a", "=", "b")}),
    ],
)
def test_a_selector_is_its_conditions(text: str, expected: set[tuple[str, str, str]]) -> None:
    assert {tuple(matcher) for matcher in selector(text)} == expected


# As the real Prometheus 2.42 says it.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: parse error: unexpected end of input"),
        ("foo[5m]", '1:4: parse error: unexpected "["'),
        ("sum(", '1:4: parse error: unexpected "("'),
        ("up{", "1:4: parse error: unexpected end of input inside braces"),
        ("1", '1:1: parse error: unexpected number "1"'),
        ("up{a='b", "1:6: parse error: unterminated quoted string"),
        ('{a="b"}x', '1:8: parse error: unexpected identifier "x"'),
        ("up up", '1:4: parse error: unexpected identifier "up"'),
        ('up{a=~"("}', "1:4: parse error: error parsing regexp: missing closing ): `^(?:()$`"),
        ("up{a}", '1:5: parse error: unexpected "}" in label matching, expected label matching operator'),
        ("up{a=b}", '1:6: parse error: unexpected identifier "b" in label matching, expected string'),
        ("up,", '1:3: parse error: unexpected ","'),
        ("(up)", '1:1: parse error: unexpected "("'),
        ("up{,}", '1:4: parse error: unexpected "," in label matching, expected identifier or "}"'),
        ("$x", "1:1: parse error: unexpected character: '$'"),
    ],
)
def test_anything_else_is_refused_in_prometheus_words(text: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        selector(text)
    assert caught.value.message == message


@pytest.mark.parametrize("text", ["{}", '{a=~".*"}', '{a=""}', '{a!="b"}'])
def test_a_selector_that_could_mean_everything_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        selectors(["up", text])
    assert caught.value.message == EMPTY


def test_a_selector_beyond_all_measure_is_not_read() -> None:
    with pytest.raises(ApiError, match="65536 characters"):
        selector("a" * 70_000)
