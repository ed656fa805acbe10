"""Posts of alerts as they are read: what is taken, what is refused, and in which words."""

from typing import Any

import orjson
import pytest

from alerts.incidents.doors.alertmanager.reading import MOST_ALERTS, alerts_of
from alerts.incidents.doors.errors import BodyError


def read(*posted: Any) -> tuple[list[dict[str, Any]], list[str]]:
    return alerts_of(orjson.dumps(list(posted)))


def test_an_alert_is_put_as_the_inbox_holds_it() -> None:
    posted = {"labels": {"alertname": "A", "empty": ""}, "startsAt": "2026-03-02T09:00:00.123456789Z"}
    good, faults = read(posted)
    assert faults == []
    assert good[0]["labels"] == {"alertname": "A"}
    assert good[0]["starts_at"] == "2026-03-02T09:00:00.123456+00:00"
    assert good[0]["ends_at"] is None


def test_the_zero_time_of_go_is_no_time() -> None:
    good, _ = read({"labels": {"a": "b"}, "startsAt": "0001-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z"})
    assert (good[0]["starts_at"], good[0]["ends_at"]) == (None, None)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"labels": {}}, "at least one"),
        ({"labels": {"a": ""}}, "at least one"),
        ({"labels": {"a-b": "c"}}, "a-b"),
        ({"labels": {"a": 1}}, "a"),
        ({"labels": {"a": "x" * 5000}}, "5,000"),
        ({"labels": {"a": "\x00"}}, "NUL"),
        ({"labels": {f"l{number}": "x" for number in range(101)}}, "101"),
        (
            {"labels": {"a": "b"}, "startsAt": "2026-03-02T09:00:00Z", "endsAt": "2026-03-02T08:00:00Z"},
            "start time must be before end time",
        ),
    ],
)
def test_a_bad_alert_is_named_and_the_others_are_taken(bad: dict[str, Any], words: str) -> None:
    good, faults = read(bad, {"labels": {"good": "1"}})
    assert [alert["labels"] for alert in good] == [{"good": "1"}]
    assert len(faults) == 1
    assert words in faults[0]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "alerts in body is required"),
        (b"{{{", 400, "parsing alerts body"),
        (b'{"labels": {}}', 400, "array"),
        (b'[{"annotations": {}}]', 422, "0.labels in body is required"),
        (b"[1]", 422, "0.labels in body is required"),
        (b'[{"labels": "x"}]', 400, "labels"),
        (b'[{"labels": {"a": "b"}, "startsAt": "yesterday"}]', 400, "yesterday"),
        (b'[{"labels": {"a": "b"}, "startsAt": 5}]', 400, "parsing time"),
        (b'[{"labels": {"a": "b"}, "annotations": {"x": 1}}]', 400, "quotes"),
        (b'[{"labels": {"a": "\xff"}}]', 400, "parsing alerts body"),
        (b"[" * 100_000, 400, "parsing alerts body"),
        (b"[" + b"{}," * MOST_ALERTS + b"{}]", 400, "at most"),
    ],
)
def test_a_bad_body_is_refused_as_a_whole(body: bytes, status: int, words: str) -> None:
    with pytest.raises(BodyError) as refused:
        alerts_of(body)
    assert refused.value.status == status
    assert words in str(refused.value.body)


def test_what_postgresql_cannot_hold_is_replaced_in_texts() -> None:
    good, _ = read({"labels": {"a": "b"}, "annotations": {"text": "a\x00b"}})
    assert good[0]["annotations"] == {"text": "a\N{REPLACEMENT CHARACTER}b"}
