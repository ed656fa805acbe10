"""PagerDuty's Events API v2: its events, its answers, and what becomes of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.incidents.choices import IncidentState
from alerts.incidents.doors.sweeping import acknowledge_waiting
from alerts.incidents.models import Alert, Inbox, Incident, OpenAlert
from alerts.incidents.reducer.ticking import Reducer
from monitoring.events.models import Event
from tests.alerts.incidents.doors.conftest import KeyMaker
from tests.alerts.incidents.world import receiver_made, root_made

pytestmark = pytest.mark.django_db
PAYLOAD = {"summary": "Disk full", "source": "web-1", "severity": "critical", "custom_details": {"free": "2 %"}}


@pytest.fixture
def routing_key(make_key: KeyMaker) -> str:
    return make_key("pagerduty", "Nagios")[1]


def send(routing_key: str, action: str, path: str = "enqueue", **more: Any) -> Any:
    event = {"routing_key": routing_key, "event_action": action} | more
    return Client().post(f"/pagerduty/v2/{path}", event, content_type="application/json")


def trigger(routing_key: str, dedup: str = "disk/web-1", **payload: Any) -> Any:
    return send(routing_key, "trigger", dedup_key=dedup, payload=PAYLOAD | payload)


def tick(seconds: float = 0) -> None:
    Reducer().tick(timezone.now() + timedelta(seconds=seconds))


def test_a_trigger_is_stored_before_it_is_answered(routing_key: str) -> None:
    answer = trigger(routing_key)
    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "disk/web-1"}
    row = Inbox.objects.get()
    assert row.source == "pagerduty:nagios"
    wanted = {"alertname": "Disk full", "severity": "critical", "instance": "web-1", "integration": "nagios"}
    assert row.payload[0]["labels"] == wanted | {"dedup_key": "disk/web-1"}
    assert row.payload[0]["annotations"]["description"] == '{"free":"2 %"}'


def test_a_trigger_without_a_key_is_given_one(routing_key: str) -> None:
    answers = [send(routing_key, "trigger", payload=PAYLOAD).json()["dedup_key"] for _ in range(2)]
    assert len(answers[0]) == 32
    assert answers[0] != answers[1]


def test_an_alert_does_not_end_by_the_resolve_timeout(routing_key: str) -> None:
    root_made(receiver_made("Team"))
    trigger(routing_key)
    tick()
    tick(3_600)
    assert Alert.objects.get().is_firing


def test_a_resolve_needs_the_deduplication_key_only(routing_key: str) -> None:
    root_made(receiver_made("Team"))
    trigger(routing_key)
    tick()
    assert send(routing_key, "resolve", dedup_key="disk/web-1").status_code == 202
    tick()
    alert = Alert.objects.get()
    assert not alert.is_firing
    assert alert.annotations["summary"] == "Disk full"
    assert not OpenAlert.objects.exists()


def test_what_is_triggered_again_stays_the_same_alert(routing_key: str) -> None:
    root_made(receiver_made("Team"))
    trigger(routing_key)
    trigger(routing_key, summary="Disk full, still", source="elsewhere")
    tick()
    alert = Alert.objects.get()
    assert alert.labels["instance"] == "web-1"
    assert alert.annotations["summary"] == "Disk full, still"


def test_another_severity_ends_the_former_alert_and_begins_another(routing_key: str) -> None:
    root_made(receiver_made("Team"))
    trigger(routing_key, severity="warning")
    tick()
    trigger(routing_key, severity="critical")
    tick()
    assert {alert.severity: alert.is_firing for alert in Alert.objects.all()} == {"warning": False, "critical": True}
    send(routing_key, "resolve", dedup_key="disk/web-1")
    tick()
    assert not Alert.objects.filter(is_firing=True).exists()


def test_after_its_resolve_a_trigger_is_a_new_alert(routing_key: str) -> None:
    root_made(receiver_made("Team"))
    for _ in range(2):
        trigger(routing_key)
        send(routing_key, "resolve", dedup_key="disk/web-1")
    trigger(routing_key)
    tick()
    assert Alert.objects.filter(is_firing=True).count() == 1


def test_an_acknowledge_acknowledges_the_incident(routing_key: str) -> None:
    root_made(receiver_made("Team"), group_wait_s=0)
    trigger(routing_key)
    tick()
    assert send(routing_key, "acknowledge", dedup_key="disk/web-1").status_code == 202
    incident = Incident.objects.get()
    assert incident.state == IncidentState.ACKNOWLEDGED
    assert "Nagios" in incident.entries.get(kind="acknowledged").summary


def test_an_acknowledge_that_comes_before_the_incident_is_not_lost(routing_key: str) -> None:
    root_made(receiver_made("Team"), group_wait_s=0)
    trigger(routing_key)
    send(routing_key, "acknowledge", dedup_key="disk/web-1")
    now = timezone.now()
    assert acknowledge_waiting(now) == now + timedelta(seconds=2)
    tick()
    assert acknowledge_waiting(now + timedelta(seconds=3)) is None
    assert Incident.objects.get().state == IncidentState.ACKNOWLEDGED


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_what_is_not_open_is_dropped_with_a_202(routing_key: str, action: str) -> None:
    assert send(routing_key, action, dedup_key="nothing").status_code == 202
    assert not Inbox.objects.exists()


def test_a_deduplication_key_belongs_to_its_routing_key(routing_key: str, make_key: KeyMaker) -> None:
    trigger(routing_key)
    send(make_key("pagerduty", "Zabbix")[1], "resolve", dedup_key="disk/web-1")
    assert OpenAlert.objects.count() == 1


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event_action": "explode"}, "'event_action'"),
        ({"event_action": "resolve"}, "'dedup_key' is missing"),
        ({"event_action": "resolve", "dedup_key": 5}, "'dedup_key' is not a string"),
        ({"event_action": "trigger", "dedup_key": "d" * 256, "payload": PAYLOAD}, "256 characters"),
        ({"event_action": "trigger"}, "'payload' is missing"),
        ({"event_action": "trigger", "payload": []}, "'payload' is missing"),
        ({"event_action": "trigger", "payload": PAYLOAD | {"summary": " "}}, "'payload.summary'"),
        ({"event_action": "trigger", "payload": PAYLOAD | {"source": None}}, "'payload.source'"),
        ({"event_action": "trigger", "payload": PAYLOAD | {"severity": "page"}}, "'payload.severity'"),
        ({"event_action": ["trigger"], "payload": PAYLOAD}, "'event_action'"),
        ({"routing_key": ""}, "'routing_key' is missing"),
        ({"routing_key": 7}, "'routing_key' is missing"),
        ({"routing_key": "x" * 32}, "'routing_key' is not the key"),
    ],
)
def test_an_invalid_event_is_refused_as_documented(routing_key: str, event: dict[str, Any], words: str) -> None:
    sent = {"routing_key": routing_key} | event
    answer = Client().post("/pagerduty/v2/enqueue", sent, content_type="application/json")
    assert answer.status_code == 400
    body = answer.json()
    assert (body["status"], body["message"]) == ("invalid event", "Event object is invalid")
    assert words in body["errors"][0]
    assert not Inbox.objects.exists()


def test_a_change_is_an_event_on_the_timeline(routing_key: str) -> None:
    answer = send(routing_key, "", "change/enqueue", payload={"summary": "Deployed 1.2", "source": "ci"})
    assert (answer.status_code, answer.json()["message"]) == (202, "Change event processed")
    event = Event.objects.get(kind="change.received")
    assert (event.subject, event.summary, event.payload["source"]) == ("integration:nagios", "Deployed 1.2", "ci")
    assert send(routing_key, "", "change/enqueue", payload={}).status_code == 400
