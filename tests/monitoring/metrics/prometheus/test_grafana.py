"""What Grafana's Prometheus data source sends, answered as it needs it.

Written down from its source: pkg/promlib (healthcheck.go, client.go, heuristics.go, querydata/request.go) and
packages/grafana-prometheus (datasource.ts, language_provider.ts, metric_find_query.ts). POST goes before GET; a 405 makes it fall back.
"""

import base64
import gzip
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from security.access import actions
from security.access.models import User
from tests.monitoring.metrics.prometheus import estate

AGENT = {
    "User-Agent": "Grafana/11.3.0",
    "Accept-Encoding": "gzip",
    "X-Grafana-User": "admin",
    "X-Grafana-Referer": "http://grafana/d/1",
}
FORM = "application/x-www-form-urlencoded"
START, END = estate.T0, estate.END


def told(answer: Any) -> Any:
    """The JSON of an answer that may be compressed."""
    packed = answer.get("Content-Encoding") == "gzip"
    return json.loads(gzip.decompress(answer.content) if packed else answer.content)


class Grafana:
    """A data source with basic authentication, `Prometheus type: Prometheus`, `HTTP method: POST`."""

    def __init__(self, token: str) -> None:
        credentials = base64.b64encode(f"grafana:{token}".encode()).decode()
        self.headers = AGENT | {"Authorization": f"Basic {credentials}"}
        self.client = Client(enforce_csrf_checks=True)

    def get(self, path: str, *pairs: tuple[str, Any]) -> Any:
        return self.client.get(f"/prometheus/api/v1/{path}?{urlencode(pairs)}", headers=self.headers)

    def post(self, path: str, *pairs: tuple[str, Any]) -> Any:
        return self.client.post(f"/prometheus/api/v1/{path}", urlencode(pairs), FORM, headers=self.headers)

    def asked(self, path: str, *pairs: tuple[str, Any]) -> Any:
        """As its resource calls do: POST, and GET when that is not allowed."""
        answer = self.post(path, *pairs)
        if answer.status_code in (400, 405):
            answer = self.get(path, *pairs)
        assert answer.status_code == 200, answer.content
        return told(answer)["data"]


@pytest.fixture
def grafana(vera: User, db: None) -> Grafana:
    _, token = actions.api_token_create(user=vera, name="grafana", scopes=["metrics.view_series"])
    estate.store()
    return Grafana(token)


def test_save_and_test_is_content(grafana: Grafana) -> None:
    answer = grafana.post("query", ("query", "1+1"), ("time", "4"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert told(answer) == {"status": "success", "data": {"resultType": "scalar", "result": [4, "2"]}}


def test_save_and_test_by_get_too(grafana: Grafana) -> None:
    assert grafana.get("query", ("query", "1+1"), ("time", "4")).status_code == 200


def test_the_flavour_is_told_by_buildinfo(grafana: Grafana) -> None:
    found = told(grafana.get("status/buildinfo"))["data"]
    assert tuple(int(part) for part in found["version"].split(".")) >= (2, 24, 0)
    assert not found.get("features")


def test_a_panel_is_drawn(grafana: Grafana) -> None:
    answer = grafana.post(
        "query_range",
        ("end", f"{END}"),
        ("query", 'sum by(code) (rate(requests_total{job=~"web|api"}[1m0s]))'),
        ("start", f"{START}"),
        ("step", "15"),
    )
    found = told(answer)["data"]
    assert found["resultType"] == "matrix"
    assert [series["metric"] for series in found["result"]] == [{"code": "200"}, {"code": "500"}]
    assert all(isinstance(value, str) for series in found["result"] for _, value in series["values"])


def test_a_panel_with_decimals_and_a_timeout_is_drawn(grafana: Grafana) -> None:
    pairs = [("query", "up"), ("start", f"{START}.123"), ("end", f"{END}.456"), ("step", "0.5"), ("timeout", "60s")]
    assert len(told(grafana.post("query_range", *pairs))["data"]["result"]) == 2


def test_a_table_is_filled(grafana: Grafana) -> None:
    found = told(grafana.post("query", ("query", "up"), ("time", f"{END}"), ("timeout", "60s")))["data"]
    assert (found["resultType"], len(found["result"])) == ("vector", 2)


def test_exemplars_are_asked_for_beside_every_panel(grafana: Grafana) -> None:
    answer = grafana.post("query_exemplars", ("end", END), ("query", "up"), ("start", START))
    assert told(answer) == {"status": "success", "data": []}


def test_the_labels_of_the_query_builder(grafana: Grafana) -> None:
    every = grafana.asked("labels", ("start", START), ("end", END))
    assert every == ["__name__", "code", "instance", "job", "kind", "room"]
    assert grafana.asked(
        "labels", ("match[]", '{__name__="up"}'), ("start", START), ("end", END), ("limit", 40000)
    ) == [
        "__name__",
        "instance",
        "job",
    ]


def test_the_values_of_a_label_fall_back_to_get(grafana: Grafana) -> None:
    assert grafana.post("label/job/values").status_code == 405
    assert grafana.asked("label/job/values", ("start", START), ("end", END)) == ["node", "web"]
    selected = [("match[]", 'up{job="node"}'), ("start", START), ("end", END), ("limit", 40000)]
    assert grafana.asked("label/instance/values", *selected) == ["a:1", "b:1"]


def test_the_metrics_of_the_metric_browser(grafana: Grafana) -> None:
    assert grafana.asked("label/__name__/values", ("start", START), ("end", END)) == sorted(
        {dict(one.labels)["__name__"] for one in estate.series()}
    )


def test_the_series_of_a_variable(grafana: Grafana) -> None:
    found = grafana.asked("series", ("match[]", "up"), ("match[]", "tiny"), ("start", START), ("end", END))
    assert {"__name__": "tiny"} in found
    assert len(found) == 3


def test_a_variable_by_query_result(grafana: Grafana) -> None:
    found = grafana.asked("query", ("query", "topk(1, requests_total)"), ("time", END))
    assert found["result"][0]["metric"]["code"] == "200"


def test_metadata_falls_back_to_get(grafana: Grafana) -> None:
    assert grafana.post("metadata").status_code == 405
    assert isinstance(grafana.asked("metadata", ("limit", 5000)), dict)


@pytest.mark.parametrize("path", ["rules", "alerts"])
def test_the_alerting_pages_find_nothing_yet(grafana: Grafana, path: str) -> None:
    answer = grafana.get(path)
    assert answer.status_code == 200
    assert list(told(answer)["data"].values()) == [[]]


def test_an_error_is_one_that_grafana_can_show(grafana: Grafana) -> None:
    answer = grafana.post("query_range", ("query", "sum("), ("start", START), ("end", END), ("step", 15))
    assert answer.status_code == 400
    assert told(answer) == {
        "status": "error",
        "errorType": "bad_data",
        "error": "1:5: parse error: unclosed left parenthesis",
    }


def test_a_wrong_token_is_401(grafana: Grafana) -> None:
    grafana.headers["Authorization"] = "Basic " + base64.b64encode(b"grafana:ops_wrong").decode()
    answer = grafana.post("query", ("query", "1+1"), ("time", "4"))
    assert (answer.status_code, told(answer)["status"]) == (401, "error")
