"""New labels from old. The words and the results are promtool 2.42's."""

import pytest

from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.functions.labels import without_name
from monitoring.metrics.promql.storage import Labels
from tests.monitoring.metrics.promql.functions.arguments import made, vector

SOURCE: Labels = (("__name__", "m"), ("src", "src-val"))


def replaced(target: str, template: str, expression: str, source: str = "src") -> dict[str, str]:
    found = made("label_replace", vector({SOURCE: [1]}), target, template, source, expression)
    assert list(found.labels[0]) == sorted(found.labels[0])
    return dict(found.labels[0])


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("$1-$2", "src-val"),
        ("${2}x", "valx"),
        ("$2x", ""),
        ("$second", "val"),
        ("${second}s", "vals"),
        ("$none", ""),
        ("$99", ""),
        ("$01", ""),
        ("$$1", "$1"),
        ("a$", "a$"),
        ("${", "${"),
        ("${}", "${}"),
        ("$-", "$-"),
        ("$1²", "src²"),
        ("$é", ""),
        ("$0!", "src-val!"),
    ],
)
def test_templates_are_filled_as_go_fills_them(template: str, value: str) -> None:
    assert replaced("dst", template, "(.*)-(?P<second>.*)").get("dst", "") == value


def test_a_group_that_took_no_part_is_empty() -> None:
    assert replaced("dst", "<$1$2>", "(x)?src-(val)")["dst"] == "<val>"


def test_an_expression_has_to_match_the_whole_value() -> None:
    assert "dst" not in replaced("dst", "$0", "src")
    assert "dst" not in replaced("dst", "$0", "val")


def test_a_label_that_is_missing_is_empty() -> None:
    assert replaced("dst", "was empty", "", source="none")["dst"] == "was empty"


def test_an_empty_result_takes_the_label_off() -> None:
    assert replaced("src", "", ".*") == {"__name__": "m"}


def test_the_name_stays_and_may_be_replaced() -> None:
    assert replaced("__name__", "$1", "(.*)-val") == {"__name__": "src", "src": "src-val"}


def test_what_does_not_match_stays() -> None:
    assert replaced("src", "x", "other") == dict(SOURCE)


@pytest.mark.parametrize("expression", ["(", "[", "a**", "a{1001}", r"\pQ"])
def test_a_broken_expression_is_an_error(expression: str) -> None:
    with pytest.raises(PromqlError, match="invalid regular expression in label_replace") as raised:
        replaced("dst", "$1", expression)
    assert raised.value.message == f"invalid regular expression in label_replace(): {expression}"
    assert raised.value.kind == "execution"


@pytest.mark.parametrize("target", ["", "1a", "a-b", "é", "a\n"])
def test_a_target_has_to_be_a_label_name(target: str) -> None:
    with pytest.raises(PromqlError) as raised:
        replaced(target, "$1", "(.*)")
    assert raised.value.message == f"invalid destination label name in label_replace(): {target}"


def test_errors_do_not_wait_for_series() -> None:
    with pytest.raises(PromqlError):
        made("label_replace", vector({}), "dst", "$1", "src", "(")


def test_an_expression_made_to_explode_does_not() -> None:
    hard: Labels = (("src", "a" * 5000),)
    found = made("label_replace", vector({hard: [1]}), "dst", "$1", "src", "(a*)*(a*)*(a*)*b")
    assert found.labels == [hard]


def test_labels_are_joined_in_the_order_given() -> None:
    found = made("label_join", vector({SOURCE: [1]}), "dst", "/", "src", "none", "__name__")
    assert dict(found.labels[0])["dst"] == "src-val//m"


def test_joining_nothing_takes_the_label_off() -> None:
    assert made("label_join", vector({SOURCE: [1]}), "src", "").labels == [(("__name__", "m"),)]


def test_joined_names_have_to_be_label_names() -> None:
    with pytest.raises(PromqlError, match=r"^invalid source label name in label_join\(\): $"):
        made("label_join", vector({SOURCE: [1]}), "1d", "-", "")
    with pytest.raises(PromqlError, match=r"^invalid destination label name in label_join\(\): 1d$"):
        made("label_join", vector({SOURCE: [1]}), "1d", "-", "src")


def test_a_name_need_not_come_first_to_be_taken_off() -> None:
    assert without_name((("A", "1"), ("__name__", "m"), ("b", "2"))) == (("A", "1"), ("b", "2"))
    assert without_name((("__name__", "m"),)) == ()
