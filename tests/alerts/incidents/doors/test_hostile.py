"""What is sent to do harm to Alertmanager's door: a clear 4xx, in bounded memory and nothing in the log that alarms."""

import tracemalloc
from typing import Any

import orjson
import pytest
from django.test import Client

from alerts.incidents.doors.alertmanager import posting
from alerts.incidents.models import Inbox

API = "/alertmanager/api/v2/alerts"
pytestmark = pytest.mark.django_db
MANY_LABELS = {f"l{number}": "x" for number in range(100_000)}


def post(door: Client, body: Any, path: str = API) -> Any:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return door.post(path, raw, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"labels": MANY_LABELS}], "100000 of them"),
        ([{"labels": {"a": "x" * 5_000_000}}], "5,000,000 characters"),
        ([{"labels": {"x" * 1_000_000: "a"}}], "at most 200"),
        ([{"labels": {"a": "\x00"}}], "NUL"),
        ([{"labels": {"a": {"b": "c"}}}], "must be a text"),
        ([{"labels": {"a": "b"}, "annotations": {"t": "x" * 2_000_000}}], "1,000,000 characters"),
        ([{"labels": {"a": "b"}, "startsAt": {"year": 2026}}], "parsing time"),
        (b'[{"labels": {"a": "\xc3\x28"}}]', "parsing alerts body"),
        (b'[{"labels": {"a": "\\udfff"}}]', "parsing alerts body"),
        (b'{"a":' * 200_000, "parsing alerts body"),
        (b"\x1f\x8b\x08\x00", "parsing alerts body"),
        ([None] * 3, "0.labels"),
    ],
)
def test_it_is_refused_in_words_that_name_the_fault(door: Client, body: Any, words: str) -> None:
    answer = post(door, body)
    assert 400 <= answer.status_code < 500
    assert words in answer.content.decode()
    assert len(answer.content) < 10_000
    assert not Inbox.objects.exists()


def test_a_body_beyond_the_cap_is_refused_without_being_read_whole(
    door: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "MOST_BYTES", 100_000)
    body = b"[" + b" " * 5_000_000 + b"]"
    tracemalloc.start()
    try:
        assert post(door, body).status_code == 413
        assert tracemalloc.get_traced_memory()[1] < 25_000_000
    finally:
        tracemalloc.stop()


def test_faults_of_many_alerts_are_told_of_the_first_ones(door: Client) -> None:
    answer = post(door, [{"labels": {}}] * 20_000)
    assert answer.status_code == 400
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "path", ["/alertmanager/api/v2/silences", "/pagerduty/v2/enqueue", "/alerts/in/alertmanager-webhook"]
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b'"x"',
        b"[[]]",
        b"{}",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"alerts": {}, "payload": 5}',
        b"\x00",
    ],
)
def test_no_door_fails_over_what_is_sent(door: Client, path: str, body: bytes) -> None:
    answer = post(door, body, path)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()
