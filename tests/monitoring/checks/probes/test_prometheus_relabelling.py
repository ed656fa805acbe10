"""Relabelling by Prometheus's rules; the expected sets of labels are what Prometheus 2.42's documentation and source say."""

import hashlib
from typing import Any

import pytest

from monitoring.checks.probes.prometheus.relabelling import MOST_RULES, relabelled, rules_of

LABELS = {"a": "foo", "b": "bar", "c": "baz"}


def after(*rules: dict[str, Any], labels: dict[str, str] = LABELS) -> dict[str, str] | None:
    return relabelled(labels, rules_of(list(rules)))


REPLACED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"source_labels": ["a"], "target_label": "d"}, {"d": "foo"}),
    ({"source_labels": ["a", "b"], "target_label": "d"}, {"d": "foo;bar"}),
    ({"source_labels": ["a", "b"], "separator": "-", "target_label": "d"}, {"d": "foo-bar"}),
    ({"source_labels": ["a"], "regex": "f(.*)", "target_label": "d", "replacement": "ch${1}-ch$1"}, {"d": "choo-choo"}),
    ({"source_labels": ["a"], "regex": "f(?P<rest>.*)", "target_label": "d", "replacement": "$rest"}, {"d": "oo"}),
    ({"source_labels": ["a"], "regex": "(f).*", "target_label": "d", "replacement": "$1x${2}$$"}, {"d": "$"}),
    ({"source_labels": ["a"], "regex": "oo", "target_label": "d"}, {}),  # anchored
    ({"source_labels": ["a"], "regex": "(x)?foo", "target_label": "d", "replacement": "$1y"}, {}),
    ({"target_label": "d", "replacement": "fixed"}, {"d": "fixed"}),
    ({"source_labels": ["a"], "regex": "(foo)", "target_label": "$1", "replacement": "v"}, {"foo": "v"}),
    ({"source_labels": ["missing"], "target_label": "d", "replacement": "x$1"}, {"d": "x"}),
    ({"action": "uppercase", "source_labels": ["a"], "target_label": "d"}, {"d": "FOO"}),
    ({"action": "lowercase", "source_labels": ["d"], "target_label": "d"}, {}),
    ({"action": "Replace", "source_labels": ["a"], "target_label": "d"}, {"d": "foo"}),
]


@pytest.mark.parametrize(("rule", "added"), REPLACED)
def test_labels_are_added_and_rewritten(rule: dict[str, Any], added: dict[str, str]) -> None:
    assert after(rule) == LABELS | added


@pytest.mark.parametrize("rule", [{"replacement": ""}, {"source_labels": ["a"], "regex": "(x?).*"}])
def test_a_label_that_becomes_empty_is_gone(rule: dict[str, Any]) -> None:
    assert after({"target_label": "b"} | rule) == {"a": "foo", "c": "baz"}


@pytest.mark.parametrize(
    ("rule", "stays"),
    [
        ({"action": "keep", "source_labels": ["a"], "regex": "f.*"}, True),
        ({"action": "keep", "source_labels": ["a"], "regex": "o.*"}, False),
        ({"action": "drop", "source_labels": ["a", "b"], "regex": "foo;bar"}, False),
        ({"action": "drop", "source_labels": ["a"], "regex": "bar"}, True),
        ({"action": "keepequal", "source_labels": ["a"], "target_label": "b"}, False),
        ({"action": "dropequal", "source_labels": ["a"], "target_label": "b"}, True),
        ({"action": "dropequal", "source_labels": ["a"], "target_label": "a"}, False),
    ],
)
def test_sets_of_labels_are_kept_and_dropped(rule: dict[str, Any], stays: bool) -> None:
    assert after(rule) == (LABELS if stays else None)


def test_a_hash_is_taken_modulo_as_prometheus_takes_it() -> None:
    found = after({"action": "hashmod", "source_labels": ["c"], "target_label": "d", "modulus": 1000})
    assert found == LABELS | {"d": "976"}  # from relabel_test.go
    assert int.from_bytes(hashlib.md5(b"baz").digest()[8:], "big") % 1000 == 976


def test_names_are_mapped_dropped_and_kept_by_expression() -> None:
    meta = {"__meta_my_bar": "aaa", "__meta_my_baz": "bbb", "x": "1"}
    mapping = {"action": "labelmap", "regex": "__meta_(my.*)", "replacement": "${1}"}
    assert after(mapping, labels=meta) == meta | {"my_bar": "aaa", "my_baz": "bbb"}
    assert after({"action": "labeldrop", "regex": "__meta.*"}, labels=meta) == {"x": "1"}
    assert after({"action": "labelkeep", "regex": "x"}, labels=meta) == {"x": "1"}


def test_rules_work_on_what_the_rules_before_made() -> None:
    rules = [
        {"source_labels": ["a"], "target_label": "d"},
        {"action": "drop", "source_labels": ["d"], "regex": "foo"},
    ]
    assert after(*rules) is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("drop", "Rule 1: give a mapping with an action"),
        ({"action": "dorp"}, "Rule 1: 'dorp' is not an action; they are replace, keep, drop,"),
        ({"sourcelabels": ["a"]}, "Rule 1: sourcelabels is not a part of a rule"),
        ({"source_labels": "a"}, "Rule 1: source_labels is a list of names of labels"),
        ({"source_labels": ["a-b"]}, "Rule 1: source_labels is a list of names of labels"),
        ({"source_labels": ["a"]}, "Rule 1: replace needs a target_label."),
        ({"source_labels": ["a"], "target_label": "a-b"}, "Rule 1: target_label 'a-b' is not the name of a label."),
        ({"action": "lowercase", "source_labels": ["a"], "target_label": "$1"}, "Rule 1: target_label '$1' is not"),
        ({"action": "keep", "source_labels": ["a"], "regex": "("}, "Rule 1: regex: Not a regular expression"),
        ({"action": "keep", "source_labels": ["a"], "regex": "(?=x)"}, "Rule 1: regex: Not a regular expression"),
        ({"action": "hashmod", "source_labels": ["a"], "target_label": "b"}, "Rule 1: hashmod needs a modulus"),
        ({"action": "labelmap", "replacement": "a-b"}, "Rule 1: replacement 'a-b' does not make the name of a label."),
        ({"action": "drop"}, "Rule 1: drop needs source_labels."),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_with_its_number(rule: Any, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        rules_of([rule])
    assert str(raised.value).startswith(words)


def test_rules_are_a_bounded_list() -> None:
    for configured in ({"action": "keep"}, [{"target_label": "a"}] * (MOST_RULES + 1)):
        with pytest.raises(ValueError, match="a list of at most 100 rules"):
            rules_of(configured)


def test_a_name_made_to_stall_an_expression_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="is not the name of a label"):
        rules_of([{"target_label": "a$b" * 5_000 + "-"}])


def test_an_expression_made_to_explode_is_matched_in_linear_time() -> None:
    rule = {"action": "drop", "source_labels": ["a"], "regex": "(a+)+b"}
    assert after(rule, labels={"a": "a" * 50_000}) == {"a": "a" * 50_000}
