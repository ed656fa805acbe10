"""`POST /prometheus/api/v1/write`, as senders meet it."""

import base64
from collections.abc import Callable
from typing import Any

import cramjam
import numpy as np
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from monitoring.metrics import ingest
from monitoring.metrics.known import known as store_known
from monitoring.metrics.promql.storage import STALE_BITS
from monitoring.metrics.push import admission, known
from security.access.actions import api_token_create
from security.access.models import User
from tests.fakes.remote_writer import VERSION_1, VERSION_2, Series, packed, request_1, request_2
from tests.monitoring.metrics.push.conftest import bits, now_ms, stored

Write = Callable[..., HttpResponse]
UP = {"__name__": "up", "instance": "web1:9100", "job": "node"}
DOWN = {"__name__": "up", "instance": "web2:9100", "job": "node"}
KEY = (("instance", "web1:9100"), ("job", "node"))
CUT_OFF = packed(request_1(Series(UP, [(0, 1.0)])))[:-1]
WRITTEN = "X-Prometheus-Remote-Write-Samples-Written"


@pytest.mark.parametrize(("request_of", "version"), [(request_1, VERSION_1), (request_2, VERSION_2)])
def test_samples_are_stored_bit_by_bit(write: Write, request_of: Any, version: dict[str, str]) -> None:
    stale = np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0]
    values = [1.5, 0.0, -0.0, float("inf"), float("nan"), stale]
    samples = [(now_ms() + place, value) for place, value in enumerate(values)]
    response = write(request_of(Series(UP, samples)), version)
    assert (response.status_code, response.content, response[WRITTEN]) == (204, b"", "6")
    found = stored("up")[KEY]
    assert [time for time, _ in found] == [time for time, _ in samples]
    assert bits([value for _, value in found]) == bits(values)


def test_the_same_request_again_changes_nothing(write: Write) -> None:
    request = request_1(Series(UP, [(now_ms(), 1.0)]))
    assert [write(request).status_code for _ in range(3)] == [204, 204, 204]
    assert len(stored("up")[KEY]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_known_series_is_found_by_its_bytes(write: Write) -> None:
    write(request_1(Series(UP, [(now_ms(), 1.0)])))
    assert len(known.series) == 1
    write(request_1(Series(UP, [(now_ms() + 1, 2.0)])))
    assert [value for _, value in stored("up")[KEY]] == [1.0, 2.0]


@pytest.mark.django_db(transaction=True)
def test_known_and_new_series_come_together(write: Write) -> None:
    every = [{"__name__": "up", "instance": f"web{number}:9100"} for number in range(60)]
    at = now_ms()
    write(request_1(*(Series(labels, [(at, 1.0)]) for labels in every[:40])))
    response = write(request_1(*(Series(labels, [(at + 1, number)]) for number, labels in enumerate(every))))
    assert response.status_code == 204
    assert {dict(labels)["instance"]: samples[-1] for labels, samples in stored("up").items()} == {
        f"web{number}:9100": (at + 1, float(number)) for number in range(60)
    }


@pytest.mark.django_db(transaction=True)
def test_a_series_that_expired_meanwhile_is_made_anew(write: Write) -> None:
    at = now_ms()
    write(request_1(Series(UP, [(at, 1.0)])))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_hot")
        cursor.execute("DELETE FROM metrics_series")
    store_known.forget()
    assert len(known.series) == 1
    assert write(request_1(Series(UP, [(at + 1, 2.0)]))).status_code == 204
    assert stored("up")[KEY][-1] == (at + 1, 2.0)


def test_the_good_part_is_kept_and_the_bad_part_told(write: Write) -> None:
    response = write(request_1(Series(UP, [(now_ms(), 1.0)]), Series({"job": "node"}, [(now_ms(), 1.0)])))
    assert (response.status_code, response[WRITTEN]) == (400, "1")
    assert response.content.decode().startswith("1 of 2 samples were refused, the others are stored.")
    assert list(stored("up")) == [KEY]


@pytest.mark.parametrize("time", [-1, -(2**63), 2**63 - 1, 10**14])
def test_an_absurd_time_is_refused(write: Write, time: int) -> None:
    response = write(request_1(Series(UP, [(now_ms(), 1.0), (time, 2.0)])))
    assert response.status_code == 400
    assert "1 of 2 samples were refused" in response.content.decode()
    assert len(stored("up")[KEY]) == 1


def test_a_token_is_taken_as_the_password_of_basic_authentication(write: Write, token: str) -> None:
    pair = base64.b64encode(f"anybody:{token}".encode()).decode()
    response = write(request_1(Series(UP, [(now_ms(), 1.0)])), HTTP_AUTHORIZATION=f"Basic {pair}")
    assert response.status_code == 204


def test_without_a_token_nothing_is_read(db: None) -> None:
    response = Client().post("/prometheus/api/v1/write", b"x", content_type="application/x-protobuf")
    assert response.status_code == 401
    assert "Basic" in response["WWW-Authenticate"]


def test_a_wrong_token_is_401(write: Write) -> None:
    response = write(request_1(), HTTP_AUTHORIZATION=f"Bearer ops_{'x' * 43}")
    assert response.status_code == 401


def test_an_account_without_the_permission_is_403(write: Write, mallory: User) -> None:
    _, token = api_token_create(user=mallory, name="theirs")
    response = write(request_1(Series(UP, [(now_ms(), 1.0)])), HTTP_AUTHORIZATION=f"Bearer {token}")
    assert response.status_code == 403
    assert b"metrics.push_samples" in response.content
    assert stored("up") == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"CONTENT_TYPE": "application/json"},
        {"CONTENT_TYPE": "application/x-protobuf;proto=io.prometheus.write.v3.Request"},
        {"CONTENT_TYPE": ""},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"HTTP_CONTENT_ENCODING": ""},
    ],
)
def test_another_form_is_415_and_says_what_to_send(write: Write, headers: dict[str, str]) -> None:
    response = write(request_1(), VERSION_1 | headers)
    assert response.status_code == 415
    assert response.content.startswith(b"Send Content-")
    assert response[WRITTEN] == "0"


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_post_is_taken(db: None, method: str) -> None:
    response = getattr(Client(), method)("/prometheus/api/v1/write")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"\xff" * 10, b"\x05abc", b"not snappy at all", CUT_OFF])
def test_a_body_that_is_not_snappy_is_400(write: Write, body: bytes) -> None:
    response = write(body)
    assert (response.status_code, response[WRITTEN]) == (400, "0")
    assert b"snappy" in response.content


def test_a_body_that_is_not_protobuf_is_400(write: Write) -> None:
    response = write(bytes(cramjam.snappy.compress_raw(b"\x0a\xffbroken")))
    assert response.status_code == 400
    assert b"nothing of it is stored" in response.content


def test_a_bomb_is_413_before_it_is_unpacked(write: Write) -> None:
    response = write(bytes(cramjam.snappy.compress_raw(b"\x00" * 200_000_000)))
    assert response.status_code == 413
    assert b"16777216 bytes" in response.content


def test_a_preamble_that_promises_gigabytes_is_413(write: Write) -> None:
    assert write(b"\xff\xff\xff\xff\x0f" + b"\x00" * 20).status_code == 413


def test_a_body_that_is_too_large_is_413(write: Write, settings: Any) -> None:
    settings.METRICS_PUSH_MAX_BYTES = 65_536
    assert write(b"\x00" * 65_537).status_code == 413


def test_who_finds_all_places_taken_is_told_to_come_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    full = admission.Admission(1, wait_s=0)
    monkeypatch.setattr(admission, "every", full)
    with full.place():
        response = write(request_1())
    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert write(request_1()).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_without_postgresql_the_sender_is_told_to_send_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    request = request_1(Series(UP, [(now_ms(), 1.0)]))
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        response = write(request)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert b"nowhere" not in response.content
    assert write(request).status_code == 204


def test_an_empty_request_is_fine(write: Write) -> None:
    assert write(request_1()).status_code == 204


def test_series_of_one_scrape_share_a_source(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = []

    def resolve(source: ingest.Source, identities: Any) -> ingest.Resolved:
        sources.append(source)
        return ingest.Resolved(np.full(len(identities), -1, dtype=np.int64), ())

    monkeypatch.setattr(ingest, "resolve", resolve)
    write(request_1(*(Series(labels, [(now_ms(), 1.0)]) for labels in (UP, DOWN, UP | {"a": "b"}, {"__name__": "x"}))))
    assert [tuple(source) for source in sources] == [
        ("remote_write", "node/web1:9100"),
        ("remote_write", "node/web2:9100"),
        ("remote_write", "prometheus"),
    ]


def test_metadata_is_written_when_it_is_new(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(ingest, "metadata_write", lambda source, metadata: calls.append(metadata))
    request = request_1()
    request.metadata.add(type=1, metric_family_name=b"http_requests", help=b"Requests.")
    write(request)
    assert [[one.metric for one in call] for call in calls] == [["http_requests"]]
