"""`POST /api/v1/metrics`, as scripts meet it."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from monitoring.metrics.push import admission
from tests.monitoring.metrics.push.conftest import bits, now_ms, stored

Push = Callable[..., Any]
ADDRESS = "/api/v1/metrics"


@pytest.fixture
def push(token: str) -> Push:
    """Send JSON (anything but text) or text; status and answer."""

    def send(body: Any, content_type: str = "", **extra: Any) -> tuple[int, Any]:
        is_text = isinstance(body, str | bytes)
        content_type = content_type or ("text/plain" if is_text else "application/json")
        data = body if is_text else json.dumps(body)
        headers: Any = {"HTTP_AUTHORIZATION": f"Bearer {token}"} | extra
        response = Client().post(ADDRESS, data, content_type=content_type, **headers)
        return response.status_code, response.json()

    return send


def sample(**changes: Any) -> dict[str, Any]:
    return {"metrics": [{"name": "queue_length", "labels": {"queue": "mail"}, "value": 3} | changes]}


def test_json_is_stored_at_its_time(push: Push) -> None:
    at = now_ms() - 5_000
    assert push(sample(timestamp=at / 1000)) == (200, {"written": 1, "refused": []})
    assert stored("queue_length") == {(("queue", "mail"),): [(at, 3.0)]}


def test_a_sample_without_a_time_is_of_now(push: Push) -> None:
    before = now_ms()
    push({"metrics": [{"name": "queue_length", "value": 1}]})
    ((time, _),) = stored("queue_length")[()]
    assert before <= time <= now_ms()


@pytest.mark.parametrize(("sent", "value"), [("NaN", "nan"), ("+Inf", "inf"), ("-Inf", "-inf"), (-2.5, "-2.5")])
def test_values_that_json_cannot_say_are_strings(push: Push, sent: Any, value: str) -> None:
    assert push(sample(value=sent))[0] == 200
    ((_, found),) = stored("queue_length")[(("queue", "mail"),)]
    assert bits([found]) == bits([float(value)])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": "three"}, "metrics.0.value"),
        ({"value": True}, "metrics.0.value"),
        ({"value": None}, "metrics.0.value"),
        ({"name": ""}, "metrics.0.name"),
        ({"name": "x" * 600}, "metrics.0.name"),
        ({"labels": {"__name__": "x"}}, "metrics.0.labels"),
        ({"labels": {"": "x"}}, "metrics.0.labels"),
        ({"labels": {str(number): "x" for number in range(90)}}, "metrics.0.labels"),
        ({"labels": ["a"]}, "metrics.0.labels"),
        ({"timestamp": "yesterday"}, "metrics.0.timestamp"),
        ({"timestamp": "2026-11-24T08:30:00"}, "metrics.0.timestamp"),
        ({"timestamp": -1}, "metrics.0.timestamp"),
        ({"timestamp": 1e300}, "metrics.0.timestamp"),
    ],
)
def test_a_fault_names_its_field_and_nothing_is_stored(push: Push, changes: dict[str, Any], field: str) -> None:
    status, problem = push({"metrics": [*sample()["metrics"], *sample(**changes)["metrics"]]})
    assert status == 400
    assert list(problem["errors"]) == [field.replace(".0.", ".1.")]
    assert stored("queue_length") == {}


def test_what_is_too_old_is_told_and_the_rest_stored(push: Push) -> None:
    old = sample(timestamp="2001-01-01T00:00:00Z")["metrics"]
    status, answer = push({"metrics": [*old, *sample()["metrics"]]})
    assert (status, answer["written"]) == (200, 1)
    assert [(one["reason"], one["count"]) for one in answer["refused"]] == [("too_old", 1)]


def test_text_is_stored_with_its_metadata(push: Push) -> None:
    text = '# HELP queue_length Mails.\n# TYPE queue_length gauge\nqueue_length{queue="mail"} 3\nqueue_length 4\n'
    assert push(text) == (200, {"written": 2, "refused": []})
    assert {labels: [value for _, value in samples] for labels, samples in stored("queue_length").items()} == {
        (): [4.0],
        (("queue", "mail"),): [3.0],
    }


def test_text_may_have_times_and_be_packed(push: Push) -> None:
    at = now_ms() - 1_000
    status, _ = push(gzip.compress(f"queue_length 4 {at}\n".encode()), "text/plain", HTTP_CONTENT_ENCODING="gzip")
    assert status == 200
    assert stored("queue_length") == {(): [(at, 4.0)]}


def test_openmetrics_is_taken(push: Push) -> None:
    text = "# TYPE mails counter\nmails_total 4\n# EOF\n"
    assert push(text, "application/openmetrics-text; version=1.0.0; charset=utf-8")[0] == 200
    assert list(stored("mails_total")) == [()]


def test_a_faulty_line_is_named(push: Push) -> None:
    status, problem = push("queue_length 3\nqueue_length{ 4\n")
    assert status == 400
    assert problem["errors"]["body"][0].startswith("line 2 ")
    assert stored("queue_length") == {}


def test_a_gzip_bomb_is_413(push: Push) -> None:
    bomb = gzip.compress(b"x" * 200_000_000)
    assert push(bomb, "text/plain", HTTP_CONTENT_ENCODING="gzip")[0] == 413


@pytest.mark.parametrize("body", ["[" * 100_000, '{"metrics": [' + "[" * 5_000, "{", '{"metrics": [NaN]}'])
def test_broken_or_deep_json_is_400(push: Push, body: str) -> None:
    assert push(body, "application/json")[0] == 400


@pytest.mark.parametrize("body", [{}, {"metrics": []}, {"metrics": {}}, [], {"metrics": [1]}])
def test_another_shape_is_400(push: Push, body: Any) -> None:
    assert push(body)[0] == 400


def test_more_samples_than_a_push_may_have_is_400(push: Push) -> None:
    status, problem = push({"metrics": sample()["metrics"] * 10_001})
    assert (status, list(problem["errors"])) == (400, ["metrics.non_field_errors"])


def test_another_type_is_415(push: Push) -> None:
    assert push(b"\x00", "application/octet-stream")[0] == 415


def test_a_sender_is_not_throttled_as_a_person_is(push: Push, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1/hour")
    monkeypatch.setattr("opsportal.api.throttling.api_settings.DEFAULT_THROTTLE_RATES", rates)
    assert [push(sample())[0] for _ in range(3)] == [200, 200, 200]


def test_who_finds_all_places_taken_is_told_to_come_again(
    push: Push, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = admission.Admission(1, wait_s=0)
    monkeypatch.setattr(admission, "every", full)
    with full.place():
        assert push(sample())[0] == 429
    assert push(sample())[0] == 200


def test_without_the_permission_it_is_403(mallory_client: Client) -> None:
    response = mallory_client.post(ADDRESS, "x 1\n", content_type="text/plain")
    assert response.status_code == 403
