"""What payloads of any form become."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.doors.mapping import (
    CUT,
    MOST_ANNOTATION,
    MOST_LABEL,
    UNKNOWN,
    MappingError,
    Occurrence,
    mapping_check,
    occurrence,
)
from alerts.incidents.identity import labels_check

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def made(payload: object, mapping: dict[str, Any] | None = None, kind: str = "json") -> Occurrence:
    return occurrence(payload, mapping=mapping or {}, kind=kind, slug="jenkins", name="Jenkins")


def test_a_plain_payload_needs_no_mapping() -> None:
    found = made({"title": "Disk full", "severity": "Critical", "service": "shop", "dedup": "d1", "details": "98 %"})
    assert (found.action, found.dedup, found.understood) == ("trigger", "d1", True)
    wanted = {"alertname": "Disk full", "severity": "critical", "service": "shop", "integration": "jenkins"}
    assert found.labels == wanted | {"dedup_key": "d1"}
    assert found.annotations == {"summary": "Disk full", "description": "98 %"}


def test_values_are_found_mapped_and_defaulted() -> None:
    mapping = {
        "summary": "$.alert.name",
        "severity": {"path": "$.prio", "map": {"P1": "critical"}, "default": "notice"},
        "service": "shop",
        "labels.team": {"path": "$.tags[?@.key=='team'].value"},
        "annotations.raw": "$.alert",
    }
    body: dict[str, Any] = {"alert": {"name": "Slow"}, "prio": "P1", "tags": [{"key": "team", "value": "web"}]}
    found = made(body, mapping)
    assert (found.labels["severity"], found.labels["service"], found.labels["team"]) == ("critical", "shop", "web")
    assert found.annotations["raw"] == '{"name":"Slow"}'
    assert made(body | {"prio": None}, mapping).labels["severity"] == "notice"


@pytest.mark.parametrize(
    ("status", "action"),
    [("OK", "resolve"), ("closed", "resolve"), ("ack", "acknowledge"), ("down", "trigger"), (None, "trigger")],
)
def test_the_status_says_what_is_done(status: str | None, action: str) -> None:
    assert made({"summary": "x", "status": status}).action == action


def test_without_a_deduplication_key_the_same_labels_are_the_same_problem() -> None:
    one, worse = made({"summary": "x", "severity": "error"}), made({"summary": "x", "severity": "critical"})
    assert one.dedup == worse.dedup
    assert made({"summary": "y"}).dedup != one.dedup


@pytest.mark.parametrize("payload", [None, 7, [], {"hello": "world"}, {"status": "ok"}, "text", [[[]]]])
def test_what_is_not_understood_is_kept_and_named(payload: object) -> None:
    found = made(payload)
    assert not found.understood
    assert found.labels == {"alertname": UNKNOWN, "integration": "jenkins", "severity": "warning"}
    assert "Jenkins" in found.annotations["summary"]


def test_long_texts_are_cut_with_a_mark() -> None:
    found = made({"summary": "x" * 5_000, "details": "y" * 50_000, "service": "z" * 5_000, "dedup": "d" * 5_000})
    assert len(found.labels["service"]) == MOST_LABEL
    assert found.labels["service"].endswith(CUT)
    assert len(found.annotations["description"]) == MOST_ANNOTATION
    assert len(found.dedup) == 32


@given(payload=JSON)
def test_whatever_is_sent_becomes_labels_that_can_be_stored(payload: object) -> None:
    for body in (payload, {"summary": payload, "service": payload, "dedup": payload, "status": payload}):
        found = made(body)
        assert labels_check(found.labels) == found.labels
        assert "\x00" not in "".join([found.dedup, *found.annotations.values()])


def test_a_payload_that_is_nested_deeply_is_understood_or_named() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = {"a": deep}
    assert made(deep, {"summary": "$..nothing"}).labels["alertname"] == UNKNOWN
    assert made({"summary": "s", "details": deep}).annotations["description"] == "(nested too deeply to be shown)"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ([], "Write an object"),
        ({"nothing": "x"}, "no such field"),
        ({"labels.a-b": "x"}, "no such field"),
        ({"labels.severity": "x"}, "no such field"),
        ({"summary": 5}, "write a JSONPath"),
        ({"summary": {"path": "$.a", "value": "b"}}, "write a JSONPath"),
        ({"summary": {"path": "$.a", "else": "b"}}, "'else'"),
        ({"summary": "$.["}, "Not a JSONPath"),
        ({"summary": "$..a..b"}, "one `..`"),
        ({"summary": "$[?@.a =~ /x/]"}, "Regular expressions"),
        ({"summary": {"path": 5}}, "a path is a text"),
        ({"summary": {"path": "$.a", "map": {"a": 1}}}, "values are texts"),
        ({"summary": {"path": "$.a", "map": []}}, "map is an object"),
        ({"service": "x" * 2000}, "at most 1000"),
        ({f"labels.l{number}": "x" for number in range(100)}, "100 fields"),
    ],
)
def test_a_wrong_mapping_names_the_field(mapping: Any, words: str) -> None:
    with pytest.raises(MappingError) as refused:
        mapping_check(mapping, "json")
    assert words in str(refused.value)
