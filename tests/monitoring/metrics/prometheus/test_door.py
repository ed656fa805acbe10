import base64
import gzip
from typing import Any

import pytest
from django.test import Client

from security.access import actions
from security.access.models import User
from tests.monitoring.metrics.prometheus import estate
from tests.monitoring.metrics.prometheus.conftest import Asker

QUERY = "/prometheus/api/v1/query?query=1%2B1&time=4"


def test_basic_authentication_with_a_token_is_a_way_in(vera: User) -> None:
    _, token = actions.api_token_create(user=vera, name="grafana")
    credentials = base64.b64encode(f"grafana:{token}".encode()).decode()
    answer = Client().get(QUERY, headers={"Authorization": f"Basic {credentials}"})
    assert answer.json() == {"status": "success", "data": {"resultType": "scalar", "result": [4, "2"]}}


def test_a_stranger_gets_an_envelope_and_is_told_both_ways_in(client: Client, db: None) -> None:
    answer = client.get(QUERY)
    assert (answer.status_code, answer.json()["errorType"]) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert ", Basic " in answer["WWW-Authenticate"]


def test_whoever_may_not_look_at_series_gets_403(mallory_client: Client) -> None:
    answer = mallory_client.get(QUERY)
    assert (answer.status_code, answer.json()["errorType"]) == (403, "forbidden")


def test_a_token_of_another_scope_gets_403(vera: User) -> None:
    _, token = actions.api_token_create(user=vera, name="agent", scopes=["checks.view_check"])
    assert Asker(token).get("api/v1/labels").status_code == 403


def test_a_page_of_the_portal_may_ask_with_its_session(vera_client: Client) -> None:
    assert vera_client.get(QUERY).status_code == 200


def test_a_form_of_a_browser_needs_its_csrf_token(vera: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(vera)
    assert browser.post("/prometheus/api/v1/query", {"query": "1"}).status_code == 403
    browser.get("/password/")
    token = browser.cookies["csrftoken"].value
    answer = browser.post("/prometheus/api/v1/query", {"query": "1"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head"])
def test_another_method_is_405_and_says_which_there_are(asker: Asker, method: str) -> None:
    answer = getattr(asker.client, method)("/prometheus/api/v1/query", headers=asker.headers)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, OPTIONS, POST")


def test_options_are_told(asker: Asker) -> None:
    answer = asker.client.options("/prometheus/api/v1/label/job/values")
    assert (answer.status_code, answer["Allow"]) == (204, "GET, OPTIONS")


@pytest.mark.parametrize("address", ["api/v1/nothing", "api/v1/status/nothing", "api/v2/query", "x", "api/v1/query/"])
def test_an_unknown_address_is_404_in_the_same_form(asker: Asker, address: str) -> None:
    answer = asker.get(address)
    assert (answer.status_code, answer.json()["errorType"]) == (404, "not_found")


def test_a_large_answer_is_compressed_where_that_is_understood(asker: Asker, measured: None) -> None:
    address = f"api/v1/query_range?query=temperature&start={estate.T0}&end={estate.END}&step=1"
    bare, packed = asker.get(address), asker.get(address, **{"Accept-Encoding": "gzip, deflate, br"})
    assert "Content-Encoding" not in bare
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(bare.content) / 2
    assert gzip.decompress(packed.content) == bare.content


def test_a_form_beyond_all_measure_is_refused(asker: Asker) -> None:
    answer = asker.post("api/v1/query", "query=" + "1" * 3_000_000)
    assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")
    assert answer.json()["error"] == "the form is too large"


def test_a_form_of_too_many_fields_is_refused(asker: Asker) -> None:
    answer = asker.post("api/v1/series", "&".join(["match[]=up"] * 5_000))
    assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "x"])
def test_a_body_that_is_no_form_holds_no_query(asker: Asker, content_type: str) -> None:
    answer = asker.post("api/v1/query", '{"query": "1"}', content_type)
    assert (answer.status_code, answer.json()["errorType"]) == (400, "bad_data")


def test_a_fault_of_the_portal_is_internal_and_keeps_its_words_to_itself(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setattr("monitoring.metrics.querying.backend", broken)
    answer = asker.get("api/v1/query?query=1")
    assert (answer.status_code, answer.json()["errorType"]) == (500, "internal")
    assert "hunter2" not in answer.content.decode()
    assert "hunter2" in caplog.text
