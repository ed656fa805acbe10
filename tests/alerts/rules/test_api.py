"""Rules under /api/v1/: written, switched, looked at and tried."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from alerts.incidents.models import Inbox
from alerts.rules.actions import group_save, rule_save
from alerts.rules.evaluating import due_evaluated
from alerts.rules.models import AlertRule, RuleHit, RuleState
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from monitoring.events.models import Event
from monitoring.metrics.ingest import Source, append, resolve

JSON = "application/json"
DOWN = {"name": "Down", "kind": "metric", "expression": "up_now", "comparator": "lt", "threshold": 1}


def sample(value: float, **labels: str) -> None:
    ids = resolve(Source("push", "test"), [tuple(sorted({"__name__": "up_now", **labels}.items()))]).ids
    append(ids, np.array([int(timezone.now().timestamp() * 1000) - 2000]), np.array([value]))


@pytest.fixture
def rule(db: None) -> AlertRule:
    return rule_save(now=timezone.now(), **DOWN)  # type: ignore[arg-type]


def test_a_rule_is_made(ada_client: Client) -> None:
    answer = ada_client.post("/api/v1/rules/", DOWN | {"labels": {"team": "shop"}}, content_type=JSON)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["slug"], body["labels"], body["settings"]["forget_after_s"]) == ("down", {"team": "shop"}, 86_400.0)
    assert body["schedule"]["next_at"] is not None
    assert Event.objects.get(kind="alerts.rule.created").payload["by"] == "ada"


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"expression": "sum(up_now"}, "expression", "1:11: parse error: unclosed left parenthesis"),
        ({"expression": "up_now[5m]"}, "expression", "returns a matrix"),
        ({"expression": " "}, "expression", "Write a PromQL expression"),
        ({"kind": "nosuch"}, "kind", "not a valid choice"),
        ({"threshold": None}, "threshold", "Give the value to compare with"),
        ({"recovery_threshold": 0}, "recovery_threshold", "must not be below the threshold"),
        ({"comparator": "present"}, "threshold", "compares with nothing"),
        ({"labels": {"a-b": "x"}}, "labels", "not a label name"),
        ({"labels": {"alertname": "x"}}, "labels", "name of the rule"),
        ({"labels": {"policy": "x"}}, "labels", "Choose the policy"),
        ({"labels": {"a": "{{ nosuch }}"}}, "labels", "template cannot be read"),
        ({"annotations": {"summary": "{{ if }}"}}, "annotations", "template cannot be read"),
        ({"settings": {"nosuch": 1}}, "settings.nosuch", "Not a setting of this kind"),
        ({"settings": {"forget_after_s": -1}}, "settings.forget_after_s", "greater than or equal to 0"),
        ({"interval_s": 0.5}, "interval_s", "greater than or equal to 1"),
        ({"slug": "try"}, "slug", "an address of its own"),
        ({"kind": "event"}, "expression", "asks no expression"),
        ({"kind": "event", "expression": "", "threshold": None}, "settings.kinds", "Name the kinds of events"),
        ({"policy": "nosuch"}, "policy", "does not exist"),
    ],
)
def test_a_wrong_rule_is_refused_by_field(ada_client: Client, wrong: dict[str, Any], place: str, words: str) -> None:
    answer = ada_client.post("/api/v1/rules/", DOWN | wrong, content_type=JSON)
    assert answer.status_code == 400
    assert words in " ".join(answer.json()["errors"][place]), answer.json()


def test_a_rule_is_edited_in_part(ada_client: Client, rule: AlertRule) -> None:
    answer = ada_client.patch("/api/v1/rules/down/", {"threshold": 0.5}, content_type=JSON)
    assert answer.status_code == 200
    assert (answer.json()["threshold"], answer.json()["revision"]) == (0.5, 2)


def test_an_edit_that_changes_nothing_is_none(ada_client: Client, rule: AlertRule) -> None:
    ada_client.patch("/api/v1/rules/down/", {"threshold": 1}, content_type=JSON)
    rule.refresh_from_db()
    assert rule.revision == 1
    assert not Event.objects.filter(kind="alerts.rule.saved").exists()


def test_an_operator_switches_a_rule_off_and_on(otto_client: Client, rule: AlertRule) -> None:
    assert otto_client.post("/api/v1/rules/down/disable/").json() == {"changed": 1}
    assert otto_client.post("/api/v1/rules/down/disable/").json() == {"changed": 0}
    assert otto_client.post("/api/v1/rules/down/enable/").json() == {"changed": 1}
    assert list(Event.objects.filter(kind__startswith="alerts.rule.").order_by("id").values_list("kind", flat=True))[1:] == [
        "alerts.rule.disabled", "alerts.rule.enabled",
    ]  # fmt: skip


def test_states_are_shown(vera_client: Client, rule: AlertRule) -> None:
    sample(0, host="a")
    due_evaluated(timezone.now())
    (state,) = vera_client.get("/api/v1/rules/down/states/").json()["results"]
    assert (state["labels"], state["phase"], state["value"]) == ({"host": "a"}, "firing", 0.0)
    assert vera_client.get("/api/v1/rule-states/?phase=pending").json()["results"] == []
    assert vera_client.get("/api/v1/rules/?firing=true").json()["results"][0]["firing_count"] == 1


def test_a_new_rule_is_tried_without_effect(ada_client: Client) -> None:
    sample(0, host="a")
    sample(1, host="b")
    answer = ada_client.post(
        "/api/v1/rules/try/", DOWN | {"annotations": {"summary": "{{ $labels.host }}"}}, content_type=JSON
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert [(one["labels"], one["problem"], one["phase"]) for one in body["series"]] == [
        ({"host": "a"}, True, "firing"),
        ({"host": "b"}, False, "inactive"),
    ]
    assert [alert["annotations"] for alert in body["alerts"]] == [{"summary": "a"}]
    assert not AlertRule.objects.exists()
    assert not RuleState.objects.exists()
    assert not Inbox.objects.exists()
    assert not Event.objects.exists()


def test_a_stored_rule_is_tried_with_changes_from_its_states_on(ada_client: Client, rule: AlertRule) -> None:
    sample(0, host="a")
    body = ada_client.post("/api/v1/rules/down/try/", {"for_s": 300}, content_type=JSON).json()
    assert [one["phase"] for one in body["series"]] == ["pending"]
    rule.refresh_from_db()
    assert rule.for_s == 0


def test_an_event_rule_is_tried_on_what_happened(ada_client: Client) -> None:
    for _ in range(3):
        event_emit(kind="user.login.failed", severity=Severity.NOTICE, subject="user:ada", summary="No.")
    asked = {"name": "Log-ins", "kind": "event", "settings": {"kinds": ["user.login"], "count": 3, "by": ["subject"]}}
    body = ada_client.post("/api/v1/rules/try/", asked, content_type=JSON).json()
    assert [(one["labels"], one["value"]) for one in body["series"]] == [({"subject": "user:ada"}, 3.0)]
    assert not RuleHit.objects.exists()


def test_a_trial_says_what_is_wrong(ada_client: Client) -> None:
    sample(0, host="a")
    wrong = DOWN | {
        "expression": 'label_replace(up_now, "host", "x", "", "") + on () up_now',
        "labels": {"host": "all"},
    }
    sample(0, host="b")
    assert ada_client.post("/api/v1/rules/try/", wrong, content_type=JSON).json()["error"]


def test_a_rule_is_deleted(ada_client: Client, rule: AlertRule) -> None:
    assert ada_client.delete("/api/v1/rules/down/").status_code == 204
    assert Event.objects.filter(kind="alerts.rule.deleted").exists()


def test_groups_and_recordings_are_written(ada_client: Client) -> None:
    group = ada_client.post("/api/v1/rule-groups/", {"name": "shop", "interval_s": 30}, content_type=JSON).json()
    asked = {"group": group["id"], "record": "job:up:sum", "expression": "sum(up_now)"}
    assert ada_client.post("/api/v1/recording-rules/", asked, content_type=JSON).status_code == 201
    wrong = asked | {"record": "job up", "expression": "sum("}
    errors = ada_client.post("/api/v1/recording-rules/", wrong, content_type=JSON).json()["errors"]
    assert set(errors) == {"record", "expression"}
    assert ada_client.get(f"/api/v1/rule-groups/{group['id']}/").json()["recording_count"] == 1


def test_the_kinds_say_what_they_can_be_told(vera_client: Client) -> None:
    kinds = {one["kind"]: one for one in vera_client.get("/api/v1/rule-kinds/").json()}
    assert list(kinds) == ["metric", "event", "absence", "check_status", "burn_rate"]
    assert "window_s" in kinds["event"]["settings"]["properties"]


def test_prometheus_tools_see_rules_and_alerts(vera_client: Client, rule: AlertRule) -> None:
    now = timezone.now()
    group = group_save(name="shop", file="shop.yml", now=now)
    rule_save(name="Late", kind="metric", expression="up_now == 0", for_s=60, group=group, now=now)
    sample(0, host="a")
    due_evaluated(now + timedelta(seconds=1))
    groups = vera_client.get("/prometheus/api/v1/rules?type=alert").json()["data"]["groups"]
    told = {one["name"]: one for group in groups for one in group["rules"]}
    assert (told["Down"]["state"], told["Late"]["state"]) == ("firing", "pending")
    assert told["Down"]["query"] == "(up_now) < 1"
    assert told["Late"]["health"] == "ok"
    assert [group["name"] for group in groups] == ["shop", "every 60 s"]
    alerts = vera_client.get("/prometheus/api/v1/alerts").json()["data"]["alerts"]
    assert {(one["labels"]["alertname"], one["state"], one["value"]) for one in alerts} == {
        ("Down", "firing", "0"), ("Late", "pending", "0"),
    }  # fmt: skip
