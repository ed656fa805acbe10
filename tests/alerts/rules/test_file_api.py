"""Prometheus rule files through the API."""

import pytest
from django.test import Client

from alerts.rules.models import AlertRule
from monitoring.events.models import Event

JSON = "application/json"
TEXT = "groups:\n- name: shop\n  rules:\n  - {alert: Long, expr: queue > 10}\n"
FILE = {"file": "shop.yml", "text": TEXT}
PATH = "/api/v1/rules/import/"


def test_a_file_is_taken_and_given_back(ada_client: Client) -> None:
    answer = ada_client.post(PATH, FILE, content_type=JSON)
    assert answer.status_code == 200, answer.content
    assert [(one["verb"], one["thing"], one["name"]) for one in answer.json()["changes"]] == [
        ("added", "group", "shop"),
        ("added", "rule", "Long"),
    ]
    assert Event.objects.get(kind="alerts.rule.created").payload["by"] == "ada"
    given = ada_client.get("/api/v1/rules/export/?file=shop.yml")
    assert given.headers["Content-Type"] == "application/yaml"
    assert "alert: Long" in given.content.decode()
    assert ada_client.post(PATH, FILE, content_type=JSON).json()["changes"] == []


def test_a_dry_run_changes_nothing(ada_client: Client) -> None:
    answer = ada_client.post(PATH, FILE | {"dry_run": True}, content_type=JSON).json()
    assert (answer["applied"], len(answer["changes"])) == (False, 2)
    assert not AlertRule.objects.exists()


def test_what_is_wrong_is_told_with_its_line(ada_client: Client) -> None:
    answer = ada_client.post(PATH, FILE | {"text": TEXT.replace("> 10", "> >")}, content_type=JSON)
    assert answer.status_code == 400
    assert "groups.0.rules.0.expr (line 4)" in answer.content.decode()


@pytest.mark.parametrize("client", ["vera_client", "otto_client"])
def test_only_who_may_write_rules_imports(client: str, request: pytest.FixtureRequest) -> None:
    asks: Client = request.getfixturevalue(client)
    assert asks.post(PATH, FILE, content_type=JSON).status_code == 403
    assert not AlertRule.objects.exists()


def test_mallory_exports_nothing(mallory_client: Client) -> None:
    assert mallory_client.get("/api/v1/rules/export/").status_code == 403
