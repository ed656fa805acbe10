"""Alertmanager's webhook, version 4, and what Grafana adds to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery.messages import iso
from alerts.incidents.models import Alert, Inbox
from alerts.incidents.reducer.ticking import Reducer
from security.access.actions import api_token_create
from tests import people
from tests.alerts.incidents.world import receiver_made, root_made
from tests.people import person

PATH = "/alerts/in/alertmanager-webhook"
pytestmark = pytest.mark.django_db


def alert(status: str = "firing", **changed: Any) -> dict[str, Any]:
    times = {"startsAt": iso(timezone.now() - timedelta(minutes=1)), "endsAt": "0001-01-01T00:00:00Z"}
    return {"status": status, "labels": {"alertname": "A"}, "annotations": {"summary": "s"}} | times | changed


def post(door: Client, *alerts: Any, **headers: str) -> Any:
    body = {"version": "4", "status": "firing", "receiver": "portal", "alerts": list(alerts)}
    return door.post(PATH, body, content_type="application/json", headers=headers)


def test_a_notification_is_stored_before_it_is_answered(door: Client) -> None:
    answer = post(door, alert())
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "refused": []})
    assert Inbox.objects.get().source == "webhook:ada"


def test_it_fires_until_it_is_said_to_be_over(door: Client) -> None:
    root_made(receiver_made("Team"))
    post(door, alert())
    for later in (0, 3_600):
        Reducer().tick(timezone.now() + timedelta(seconds=later))
    assert Alert.objects.get().is_firing
    post(door, alert("resolved", endsAt=iso(timezone.now() + timedelta(hours=1))))  # the clock there is ahead
    Reducer().tick(timezone.now())
    assert not Alert.objects.get().is_firing


def test_links_of_grafana_are_annotations(door: Client) -> None:
    post(door, alert(dashboardURL="https://grafana.example/d/1", values={"A": 1}, valueString="[ ]"))
    wanted = {"summary": "s", "dashboard_url": "https://grafana.example/d/1"}
    assert Inbox.objects.get().payload[0]["annotations"] == wanted


def test_a_bad_alert_is_named_and_the_others_are_taken(door: Client) -> None:
    answer = post(
        door,
        alert(),
        alert("burning"),
        alert(labels={"a-b": "c"}),
        7,
        alert(startsAt="yesterday"),
        alert(annotations=5),
    )
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)
    assert [one.split(":")[0] for one in answer.json()["refused"]] == [f"alerts.{place}" for place in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"alerts": 5}', 400),
        (b'{"version": "4"}', 400),
        (b'{"alerts": [{"status": "firing", "labels": "x"}]}', 400),
        (b'{"alerts": [' + b"1," * 20_001 + b"1]}", 400),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
def test_what_is_no_notification_is_refused(door: Client, body: bytes, status: int) -> None:
    answer = door.post(PATH, body, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["error"]
    assert not Inbox.objects.exists()


def test_a_notification_that_comes_again_is_taken_once(door: Client) -> None:
    sent = alert()
    for _ in range(2):
        assert post(door, sent, **{"Idempotency-Key": "n1"}).status_code == 200
    assert Inbox.objects.count() == 1


def test_who_may_not_send_is_told_so(db: None) -> None:
    assert post(Client(), alert()).status_code == 401
    token = api_token_create(user=person(people.VERA), name="t")[1]
    assert post(Client(headers={"Authorization": f"Bearer {token}"}), alert()).status_code == 403
