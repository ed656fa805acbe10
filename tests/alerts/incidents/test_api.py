"""Incidents, silences and routes through `/api/v1/`."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery.models import Attempt, Channel, Delivery
from alerts.incidents.models import Alert, Incident, Silence
from security.access.models import User
from tests.alerts.incidents.world import World, only_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def now_world(hook: Channel) -> World:
    """A world whose time is the clock's, with one incident."""
    world = World(now=timezone.now() - timedelta(seconds=31))
    world.fire(service="shop", severity="critical", instance="a")
    world.now += timedelta(seconds=30)
    world.tick()
    return world


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/{path}/", body, content_type="application/json")


def test_the_list_is_filtered(now_world: World, vera_client: Client) -> None:
    def found(query: str) -> int:
        return len(vera_client.get(f"/api/v1/incidents/?{query}").json()["results"])

    for query in (
        "unresolved=true",
        "state=open",
        "severity=critical",
        "service=shop",
        "search=diskfull",
        "since=2020-01-01T00:00Z",
    ):
        assert found(query) == 1, query
    for query in ("state=resolved", "severity=info", "service=blog", "search=nothing", "assignee=ada", "mine=true"):
        assert found(query) == 0, query
    assert found(f"search=%23{only_incident().pk}") == 1


def test_an_operator_acknowledges_once(now_world: World, otto_client: Client) -> None:
    path = f"incidents/{only_incident().pk}/acknowledge"
    first, second = post(otto_client, path).json(), post(otto_client, path).json()
    assert (first["done"], first["incident"]["acknowledged_by"]) == (True, "otto")
    assert second["done"] is False
    assert second["words"].startswith("Already acknowledged by otto")


def test_a_viewer_answers_to_nothing(now_world: World, vera_client: Client) -> None:
    assert post(vera_client, f"incidents/{only_incident().pk}/resolve").status_code == 403


def test_each_answer_is_done_and_stands_in_the_timeline(now_world: World, ada_client: Client, ada: User) -> None:
    path = f"incidents/{only_incident().pk}"
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    for verb, body in (
        ("assign", {"to": "ada"}),
        ("comment", {"text": "looking"}),
        ("severity", {"severity": "info"}),
        ("snooze", {"until": until}),
        ("unacknowledge", {}),
        ("resolve", {}),
        ("reopen", {}),
        ("postmortem", {"text": "learnt"}),
    ):
        answer = post(ada_client, f"{path}/{verb}", **body)
        assert (answer.status_code, answer.json()["done"]) == (200, True), (verb, answer.content)
    lines = ada_client.get(f"/api/v1/{path}/timeline/").json()
    kinds = [line["kind"] for line in lines if line["source"] == "incident"]
    assert kinds == [
        "opened", "assigned", "comment", "severity", "snoozed", "reopened", "resolved", "reopened", "postmortem",
    ]  # fmt: skip


def test_the_timeline_has_each_message_with_each_attempt(now_world: World, vera_client: Client) -> None:
    sent = Delivery.objects.get()
    times = {"started_at": timezone.now(), "duration_s": 0.2}
    Attempt.objects.create(delivery=sent, number=1, outcome="retry", status_code=503, answer="busy", **times)
    lines = vera_client.get(f"/api/v1/incidents/{only_incident().pk}/timeline/").json()
    line = next(one for one in lines if one["source"] == "delivery")
    assert line["summary"] == "Firing to Hook: Waiting"
    assert [(one["status_code"], one["answer"]) for one in line["attempts"]] == [(503, "busy")]


def test_a_time_that_cannot_be_is_refused_by_field(now_world: World, otto_client: Client) -> None:
    answer = post(otto_client, f"incidents/{only_incident().pk}/snooze", until="2020-01-01T00:00:00Z")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["until"]


def test_an_incident_is_split_and_merged_again(now_world: World, otto_client: Client) -> None:
    now_world.now = timezone.now()
    now_world.fire(service="shop", instance="b")
    now_world.now += timedelta(seconds=301)
    now_world.tick()
    whole, taken = only_incident(), Alert.objects.get(labels__instance="b")
    made = post(otto_client, f"incidents/{whole.pk}/split", alerts=[taken.pk]).json()["incident"]["id"]
    assert made != whole.pk
    answer = post(otto_client, f"incidents/{whole.pk}/merge", incidents=[made])
    assert answer.json()["words"] == f"#{made} merged into #{whole.pk}."
    assert Incident.objects.get(pk=made).state == "merged"


def test_alerts_are_found_by_label(now_world: World, vera_client: Client) -> None:
    assert len(vera_client.get("/api/v1/alerts/?firing=true&label=instance=a").json()["results"]) == 1
    assert vera_client.get("/api/v1/alerts/?label=instance=z").json()["results"] == []
    assert vera_client.get("/api/v1/alerts/?label=instance").status_code == 400


def test_a_silence_is_made_previewed_changed_and_ended(now_world: World, otto_client: Client) -> None:
    covered = post(otto_client, "silences/preview", matchers=["service=shop"]).json()
    assert (covered["count"], covered["services"]) == (1, ["shop"])
    ends_at = (timezone.now() + timedelta(hours=1)).isoformat()
    made = post(otto_client, "silences", matchers=["service=shop"], ends_at=ends_at, comment="known").json()
    assert (made["state"], made["created_by"]) == ("active", "otto")
    changed = otto_client.patch(
        f"/api/v1/silences/{made['id']}/", {"matchers": ["service=blog"]}, content_type="application/json"
    ).json()
    assert changed["id"] != made["id"]
    assert post(otto_client, f"silences/{changed['id']}/expire").json() == {"expired": True}
    assert otto_client.get("/api/v1/silences/?state=active").json()["results"] == []
    assert Silence.objects.count() == 2


def test_the_tester_shows_the_way_of_an_alert(hook: Channel, ada_client: Client, vera_client: Client) -> None:
    root = ada_client.get("/api/v1/routes/").json()["results"][0]["id"]
    other = post(ada_client, "receivers", name="Others", targets=[{"channel": "hook"}])
    assert other.status_code == 201, other.content
    made = post(ada_client, "routes", parent=root, name="DB", matchers=["team=db"], receiver="Others")
    assert made.status_code == 201, made.content
    found = post(vera_client, "routes/test", labels={"team": "db"}).json()
    assert found["receivers"] == ["Others"]
    assert [one["taken"] for one in found["tried"]] == [False, True]
    assert post(vera_client, "routes/test", labels={"team": "web"}).json()["receivers"] == ["Everybody"]


def test_a_tree_that_cannot_be_is_refused(hook: Channel, ada_client: Client) -> None:
    answer = post(ada_client, "routes", parent=None, name="another root", receiver="Everybody")
    assert answer.status_code == 400


def test_the_settings_are_changed_in_part(db: None, ada_client: Client) -> None:
    path = "/api/v1/incident-settings/1/"
    answer = ada_client.patch(path, {"correlate": False}, content_type="application/json").json()
    assert (answer["correlate"], answer["resolve_timeout_s"]) == (False, 300)
