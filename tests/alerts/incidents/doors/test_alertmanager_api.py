"""Alertmanager's API: what is posted is kept, shown, silenced, in its forms."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery.messages import iso
from alerts.incidents.models import Inbox, Silence
from alerts.incidents.reducer.ticking import Reducer
from tests.alerts.incidents.world import receiver_made, root_made

API = "/alertmanager/api/v2"
pytestmark = pytest.mark.django_db


def post(door: Client, *alerts: dict[str, Any]) -> Any:
    return door.post(f"{API}/alerts", list(alerts), content_type="application/json")


def taken(door: Client, *alerts: dict[str, Any]) -> None:
    assert post(door, *alerts).status_code == 200
    Reducer().tick(timezone.now())


def silence(**changed: Any) -> dict[str, Any]:
    now = timezone.now()
    matcher = {"name": "alertname", "value": "A", "isRegex": False, "isEqual": True}
    plain = {"matchers": [matcher], "startsAt": iso(now), "endsAt": iso(now + timedelta(hours=1))}
    return plain | {"createdBy": "otto", "comment": "known"} | changed


def test_a_post_is_in_the_inbox_when_it_is_answered(door: Client) -> None:
    assert post(door, {"labels": {"alertname": "A"}}).status_code == 200
    row = Inbox.objects.get()
    assert row.source == "alertmanager:ada"
    assert row.payload[0]["labels"] == {"alertname": "A"}


def test_what_fires_is_shown_in_alertmanagers_form(door: Client) -> None:
    root_made(receiver_made("Team"))
    taken(door, {"labels": {"alertname": "A", "i": "1"}, "annotations": {"s": "x"}, "generatorURL": "http://x/g"})
    (shown,) = door.get(f"{API}/alerts").json()
    assert shown["fingerprint"] == "caaaffbd9ccf039f"  # as Alertmanager 0.25 names these labels
    assert shown["receivers"] == [{"name": "Team"}]
    assert shown["status"] == {"inhibitedBy": [], "silencedBy": [], "state": "active"}
    assert shown["generatorURL"] == "http://x/g"
    assert shown["endsAt"].endswith("Z")


def test_alerts_are_filtered_by_matchers_and_receiver(door: Client) -> None:
    root_made(receiver_made("Team"))
    taken(door, {"labels": {"alertname": "A"}}, {"labels": {"alertname": "B"}})
    asked = {"filter": ['alertname=~"A|C"'], "receiver": "Te.m"}
    assert [one["labels"]["alertname"] for one in door.get(f"{API}/alerts", asked).json()] == ["A"]
    assert door.get(f"{API}/alerts", {"receiver": "Tea"}).json() == []


def test_groups_hold_their_alerts(door: Client) -> None:
    root_made(receiver_made("Team"))
    taken(door, {"labels": {"alertname": "A", "i": "1"}}, {"labels": {"alertname": "A", "i": "2"}})
    (group,) = door.get(f"{API}/alerts/groups").json()
    assert group["labels"] == {"alertname": "A"}
    assert group["receiver"] == {"name": "Team"}
    assert len(group["alerts"]) == 2


def test_a_silence_is_made_shown_and_ended(door: Client) -> None:
    made = door.post(f"{API}/silences", silence(), content_type="application/json")
    name = made.json()["silenceID"]
    (shown,) = door.get(f"{API}/silences").json()
    assert (shown["id"], shown["status"], shown["createdBy"]) == (name, {"state": "active"}, "otto")
    assert door.delete(f"{API}/silence/{name}").status_code == 200
    assert door.get(f"{API}/silence/{name}").json()["status"] == {"state": "expired"}


def test_a_silence_that_is_read_and_posted_again_stays_the_same_one(door: Client) -> None:
    name = door.post(f"{API}/silences", silence(), content_type="application/json").json()["silenceID"]
    (shown,) = door.get(f"{API}/silences").json()
    changed = shown | {"endsAt": iso(timezone.now() + timedelta(hours=3))}
    assert door.post(f"{API}/silences", changed, content_type="application/json").json()["silenceID"] == name
    assert Silence.objects.count() == 1


def test_a_silenced_alert_says_so_at_once(door: Client) -> None:
    root_made(receiver_made("Team"))
    taken(door, {"labels": {"alertname": "A"}})
    name = door.post(f"{API}/silences", silence(), content_type="application/json").json()["silenceID"]
    (shown,) = door.get(f"{API}/alerts").json()
    assert shown["status"] == {"inhibitedBy": [], "silencedBy": [name], "state": "suppressed"}
    assert door.get(f"{API}/alerts", {"silenced": "false"}).json() == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"matchers": []}, 422),
        ({"comment": None}, 422),
        ({"endsAt": "2020-01-01T00:00:00Z"}, 400),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400),
        ({"matchers": [{"name": "a", "value": "", "isRegex": False}]}, 400),
        ({"id": "00000000-0000-0000-0000-000000000000"}, 404),
        ({"endsAt": "tomorrow"}, 400),
    ],
)
def test_a_wrong_silence_is_refused(door: Client, changed: dict[str, Any], status: int) -> None:
    answer = door.post(f"{API}/silences", silence(**changed), content_type="application/json")
    assert answer.status_code == status, answer.content
    assert not Silence.objects.exists()


def test_a_stranger_is_told_how_to_log_in() -> None:
    answer = Client().post(f"{API}/alerts", [], content_type="application/json")
    assert answer.status_code == 401
    assert "Bearer" in answer["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/v1/alerts", 410), ("/api/v2/nothing", 404), ("/-/healthy", 200), ("/-/ready", 200)],
)
def test_other_addresses_answer_as_alertmanagers(door: Client, path: str, status: int) -> None:
    assert door.get(f"/alertmanager{path}").status_code == status


def test_a_wrong_method_names_those_there_are(door: Client) -> None:
    answer = door.delete(f"{API}/alerts")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST"


def test_status_and_receivers_are_there(door: Client) -> None:
    receiver_made("Team")
    assert door.get(f"{API}/receivers").json() == [{"name": "Team"}]
    assert door.get(f"{API}/status").json()["versionInfo"]["version"] == "0.25.0"
