"""JSON of any form, with a key: what is stored, what is answered, and who is refused."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from alerts.incidents.doors import limits
from alerts.incidents.doors.sweeping import forget
from alerts.incidents.models import Alert, Inbox, IntegrationKey, OpenAlert, RememberedAnswer
from alerts.incidents.reducer.ticking import Reducer
from tests.alerts.incidents.doors.conftest import KeyMaker
from tests.alerts.incidents.world import receiver_made, root_made

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(make_key: KeyMaker) -> str:
    return make_key()[1]


def send(key: str, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Client().post(f"/alerts/in/json/{key}", raw, content_type="application/json", headers=headers)


def test_an_alert_is_stored_before_it_is_answered(key: str) -> None:
    answer = send(key, {"summary": "Build broken", "dedup": "b1"})
    assert (answer.status_code, answer.json()) == (202, {"outcome": "triggered", "dedup": "b1"})
    assert Inbox.objects.get().source == "json:jenkins"


def test_the_key_may_stand_in_the_authorization(key: str) -> None:
    asking = Client(headers={"Authorization": f"Bearer {key}"})
    assert asking.post("/alerts/in/json", {"summary": "x"}, content_type="application/json").status_code == 202


def test_a_problem_comes_and_goes(key: str) -> None:
    root_made(receiver_made("Team"))
    outcomes = [
        send(key, {"summary": "x", "status": status}).json()["outcome"] for status in ("down", "down", "up", "up")
    ]
    assert outcomes == ["triggered", "updated", "resolved", "dropped"]
    Reducer().tick(timezone.now())
    assert not Alert.objects.filter(is_firing=True).exists()


def test_an_unknown_payload_becomes_one_alert_that_says_so(key: str) -> None:
    for number in range(3):
        assert send(key, {"number": number}).json()["outcome"] == "unknown"
    assert OpenAlert.objects.count() == 1
    assert Inbox.objects.order_by("-id")[0].payload[0]["annotations"]["payload"] == '{"number":2}'


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"[" * 100_000, b'{"a": NaN}', b"\x00", b"hello"]
)
def test_what_is_no_json_is_refused(key: str, body: bytes) -> None:
    answer = send(key, body)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"summary": "a\x00b", "service": "\x00", "dedup": "\x00"},
        {"summary": {"deep": [1, 2, {"x": None}]}, "severity": ["critical"], "dedup": {"a": 1}},
        {"summary": "x" * 900_000},
        {"summary": "x", "severity": 5, "service": True, "status": 7.5, "url": "javascript:alert(1)"},
        [{"summary": "x"}] * 1_000,
        {f"key{number}": "x" for number in range(50_000)},
    ],
)
def test_hostile_payloads_become_alerts_that_the_reducer_takes(key: str, body: Any) -> None:
    root_made(receiver_made("Team"))
    assert send(key, body).status_code == 202
    Reducer().tick(timezone.now())
    assert Alert.objects.filter(is_firing=True).count() == 1


def test_a_body_over_a_megabyte_is_refused(key: str) -> None:
    assert send(key, b'"' + b"x" * 1_000_000 + b'"').status_code == 413


@pytest.mark.parametrize("text", ["wrong", "x" * 32, "y" * 5_000, "%00", "ä"])
def test_a_wrong_key_is_refused(db: None, text: str) -> None:
    assert send(text, {"summary": "x"}).status_code in (400, 401)
    assert not Inbox.objects.exists()


def test_a_key_of_another_kind_or_one_switched_off_is_refused(make_key: KeyMaker) -> None:
    assert send(make_key("pagerduty", "PD")[1], {"summary": "x"}).status_code == 401
    assert send(make_key("json", "Off", enabled=False)[1], {"summary": "x"}).status_code == 401


def test_other_methods_are_refused(key: str) -> None:
    answer = Client().get(f"/alerts/in/json/{key}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_flood_is_told_when_to_come_again(make_key: KeyMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    _, text = make_key(rate_per_minute=3)
    monkeypatch.setattr(limits, "hit", lambda name, window_s: (0, 0.0))  # Valkey is away: each process counts
    monkeypatch.setattr(limits, "own", limits.Counts())
    monkeypatch.setattr("time.time", lambda: 1_000_000_020.0)
    answers = [send(text, {"summary": "x"}) for _ in range(5)]
    assert [one.status_code for one in answers] == [202, 202, 202, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert Inbox.objects.count() == 3


def test_a_flood_is_counted_in_valkey_for_all_processes(make_key: KeyMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "hit", lambda name, window_s: (601, 12.3))
    answer = send(make_key()[1], {"summary": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "13")


def test_counting_forgets_the_oldest_names() -> None:
    counts = limits.Counts()
    for number in range(limits.MOST_NAMES + 10):
        counts.hit(f"key:{number}", 0.0)
    assert len(counts.seen) == limits.MOST_NAMES


def test_a_signed_body_is_taken_and_another_is_not(make_key: KeyMaker) -> None:
    _, text = make_key(secret="s3cret")
    body = b'{"summary": "x"}'
    signature = "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert send(text, body, **{"X-Hub-Signature-256": signature}).status_code == 202
    for wrong in ("", "sha256=00", "ä"):
        assert send(text, body, **{"X-Signature-256": wrong}).status_code == 401
    assert send(text, body + b" ", **{"X-Hub-Signature-256": signature}).status_code == 401


def test_the_same_request_again_is_done_once(key: str) -> None:
    first, second = (send(key, {"summary": "x"}, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert Inbox.objects.count() == 1


def test_another_request_may_not_have_its_idempotency_key(key: str, make_key: KeyMaker) -> None:
    send(key, {"summary": "x"}, **{"Idempotency-Key": "k1"})
    assert send(key, {"summary": "y"}, **{"Idempotency-Key": "k1"}).status_code == 422
    assert send(make_key(name="Other")[1], {"summary": "y"}, **{"Idempotency-Key": "k1"}).status_code == 202
    assert send(key, {"summary": "y"}, **{"Idempotency-Key": "k" * 256}).status_code == 400


def test_a_refused_request_is_not_remembered(key: str) -> None:
    assert send(key, b"{", **{"Idempotency-Key": "k1"}).status_code == 400
    assert send(key, {"summary": "x"}, **{"Idempotency-Key": "k1"}).status_code == 202


def test_answers_are_forgotten_after_a_day(key: str) -> None:
    send(key, {"summary": "x"}, **{"Idempotency-Key": "k1"})
    forget(timezone.now() + timedelta(hours=23))
    assert RememberedAnswer.objects.count() == 1
    forget(timezone.now() + timedelta(hours=25))
    assert RememberedAnswer.objects.count() == 0


def test_a_key_says_when_it_was_used_last(key: str) -> None:
    send(key, {"summary": "x"})
    assert IntegrationKey.objects.get().last_used_at is not None
