"""`POST /otlp/v1/metrics`, as SDKs and collectors meet it."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from monitoring.metrics.push import admission
from monitoring.metrics.push.messages import Status
from security.access.actions import api_token_create
from security.access.models import User
from tests.fakes.otlp_sender import DELTA, export, gauge, histogram, total
from tests.monitoring.metrics.push.conftest import now_ms, stored

Send = Callable[..., Any]
PROTOBUF, JSON = "application/x-protobuf", "application/json"
OWN = (("instance", "cart-1"), ("job", "shop/cart"))
ADDRESS = "/otlp/v1/metrics"


@pytest.fixture
def send(token: str) -> Send:
    """Export a request, or raw bytes, as protobuf unless told."""

    def post(request: Any, content_type: str = PROTOBUF, **extra: Any) -> Any:
        body = request if isinstance(request, bytes) else encoded(request, content_type)
        headers: Any = {"HTTP_AUTHORIZATION": f"Bearer {token}"} | extra
        return Client().post(ADDRESS, body, content_type=content_type, **headers)

    return post


def encoded(request: ExportMetricsServiceRequest, content_type: str) -> bytes:
    if content_type == PROTOBUF:
        return request.SerializeToString()
    return json.dumps(json_format.MessageToDict(request)).encode()


def answered(response: Any) -> ExportMetricsServiceResponse:
    assert response.status_code == 200, response.content
    if response["Content-Type"] == PROTOBUF:
        return ExportMetricsServiceResponse.FromString(response.content)
    return json_format.Parse(response.content, ExportMetricsServiceResponse())


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_samples_are_stored_and_the_answer_is_in_the_encoding_of_the_request(send: Send, content_type: str) -> None:
    at = now_ms()
    response = send(export(gauge("queue.length", 3.0, at)), content_type)
    assert response["Content-Type"] == content_type
    assert not answered(response).HasField("partial_success")
    assert stored("queue_length") == {OWN: [(at, 3.0)]}


def test_gzip_is_taken(send: Send) -> None:
    body = gzip.compress(export(gauge("queue.length", 3.0, now_ms())).SerializeToString())
    answered(send(body, HTTP_CONTENT_ENCODING="gzip"))
    assert list(stored("queue_length")) == [OWN]


def test_json_has_hex_ids_and_long_numbers_as_text_and_what_is_unknown_is_passed_over(send: Send) -> None:
    at = now_ms()
    point = {
        "timeUnixNano": str(at * 1_000_000),
        "asInt": "9007199254740993",
        "exemplars": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "asInt": "1"}],
        "futureField": {"a": [1]},
    }
    sums = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "requests", "sum": sums}]}]}]}
    answered(send(json.dumps(body).encode(), JSON))
    assert stored("requests_total") == {(): [(at, 9007199254740992.0)]}


def test_what_is_refused_is_counted_and_the_rest_stored(send: Send) -> None:
    old = gauge("old", 1, now_ms() - 30 * 86_400_000)
    answer = answered(send(export(old, total("x", 1, now_ms(), 0), gauge("good", 1, now_ms()))))
    assert answer.partial_success.rejected_data_points == 2
    assert "neither cumulative nor delta" in answer.partial_success.error_message
    assert (list(stored("good")), stored("old")) == ([OWN], {})


def test_differences_become_a_counter_whoever_sends_them_twice(send: Send) -> None:
    at = now_ms() - 10_000
    exports = [export(total("requests", 5, at + step * 1_000, DELTA)) for step in range(3)]
    for request in [exports[0], exports[1], exports[1], exports[0], exports[2]]:
        answered(send(request))
    assert [value for _, value in stored("requests_total")[OWN]] == [5.0, 10.0, 15.0]


def test_differences_of_a_histogram_are_added_up_by_bucket(send: Send) -> None:
    at = now_ms() - 10_000
    for step in range(2):
        answered(send(export(histogram("wait", [1, 2, 3], at + step * 1_000, DELTA))))
    assert [value for _, value in stored("wait_seconds_count")[OWN]] == [6.0, 12.0]
    buckets = {dict(labels)["le"]: samples for labels, samples in stored("wait_seconds_bucket").items()}
    assert {bound: [value for _, value in samples] for bound, samples in buckets.items()} == {
        "0.1": [1.0, 2.0],
        "1": [3.0, 6.0],
        "+Inf": [6.0, 12.0],
    }


def test_a_difference_far_ahead_does_not_stop_the_clock_of_its_total(send: Send) -> None:
    at = now_ms() - 10_000
    ahead = send(export(total("requests", 5, at + 30 * 86_400_000, DELTA)))
    assert answered(ahead).partial_success.rejected_data_points == 1
    answered(send(export(total("requests", 7, at, DELTA))))
    assert [value for _, value in stored("requests_total")[OWN]] == [7.0]


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_a_body_that_cannot_be_read_is_400_with_a_status(send: Send, content_type: str) -> None:
    response = send(b"\xff\xff\xff", content_type)
    assert (response.status_code, response["Content-Type"]) == (400, content_type)
    code = json.loads(response.content)["code"] if content_type == JSON else Status.FromString(response.content).code
    assert code == 3


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"[" * 100_000,
        b'{"resourceMetrics": 3}',
        b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": {"dataPoints": [{"asInt": "x"}]}}]}]}]}',
        b'{"resourceMetrics": [{"resource": {"attributes": [' + b'{"value": {"arrayValue": {"values": [' * 200,
    ],
)
def test_json_of_another_shape_is_400(send: Send, body: bytes) -> None:
    assert send(body, JSON).status_code == 400


def test_values_nested_too_deeply_are_400(send: Send) -> None:
    value: Any = {"stringValue": "x"}
    for _ in range(300):
        value = {"arrayValue": {"values": [value]}}
    body = {"resourceMetrics": [{"resource": {"attributes": [{"key": "a", "value": value}]}}]}
    assert send(json.dumps(body).encode(), JSON).status_code == 400


def test_a_gzip_bomb_is_413(send: Send) -> None:
    response = send(gzip.compress(b"\x00" * 200_000_000), HTTP_CONTENT_ENCODING="gzip")
    assert response.status_code == 413
    assert Status.FromString(response.content).code == 8


def test_a_body_above_a_quarter_of_what_a_push_may_have_is_413(send: Send) -> None:
    assert send(b"\x00" * 4_200_000).status_code == 413


@pytest.mark.parametrize(
    ("content_type", "encoding"), [("text/plain", ""), ("", ""), (PROTOBUF, "snappy"), (JSON, "br")]
)
def test_another_form_is_415(send: Send, content_type: str, encoding: str) -> None:
    response = send(b"x", content_type, HTTP_CONTENT_ENCODING=encoding)
    assert response.status_code == 415


def test_without_a_token_it_is_401_and_without_the_permission_403(send: Send, mallory: User) -> None:
    _, theirs = api_token_create(user=mallory, name="theirs")
    assert send(export(), HTTP_AUTHORIZATION="").status_code == 401
    assert send(export(), HTTP_AUTHORIZATION=f"Bearer {theirs}").status_code == 403


def test_a_large_body_waits_for_its_turn(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    full = admission.Admission(1, wait_s=0)
    monkeypatch.setattr(admission, "heavy", full)
    large = export(*(gauge(f"gauge_{number}", 1, now_ms(), label="x" * 2_000) for number in range(300)))
    with full.place():
        response = send(large)
        small = send(export(gauge("x", 1, now_ms())))
    assert (response.status_code, response["Retry-After"], small.status_code) == (429, "1", 200)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_changed_bytes_are_taken_or_refused_but_never_the_portals_fault(send: Send, data: Any) -> None:
    whole = export(gauge("a.b", 1, now_ms(), x="y"), histogram("h", [1, 2], now_ms(), DELTA)).SerializeToString()
    octets = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    assert send(bytes(octets)).status_code in (200, 400)


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = ["resourceMetrics", "scopeMetrics", "metrics", "gauge", "dataPoints", "attributes", "value", "arrayValue"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(JSONS, st.integers(0, len(PLACES)))
def test_json_of_any_shape_is_taken_or_refused_but_never_the_portals_fault(send: Send, inner: Any, depth: int) -> None:
    for name in reversed(PLACES[:depth]):
        inner = {name: inner if name in ("gauge", "value", "arrayValue") else [inner]}
    assert send(json.dumps(inner).encode(), JSON).status_code in (200, 400)
