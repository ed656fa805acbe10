"""The admin of incidents: what is written there is written by the same actions, and the tester shows the way of an alert."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery.models import Channel
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    RecurringMaintenance,
    Route,
    Silence,
    TimeInterval,
)
from alerts.oncall.models import EscalationPolicy
from monitoring.events.models import Event
from tests.alerts.incidents.world import World, only_incident

pytestmark = pytest.mark.django_db
ADMIN = "/admin/incidents"


def test_a_route_is_added_below_the_root(hook: Channel, ada_client: Client) -> None:
    root = Route.objects.get()
    data = {
        "parent": root.pk,
        "position": 0,
        "name": "DB",
        "matchers": "team=db\nenv!=test",
        "group_by": "alertname, team",
    }
    answer = ada_client.post(f"{ADMIN}/route/add/", data)
    assert answer.status_code == 302, answer.context["errors"]
    route = Route.objects.get(name="DB")
    assert (route.parent, route.matchers, route.group_by) == (root, ['team="db"', 'env!="test"'], ["alertname", "team"])
    assert Event.objects.filter(kind="alerts.route.created", payload__by="ada").exists()


def test_a_route_that_cannot_be_says_why_beside_its_field(hook: Channel, ada_client: Client) -> None:
    answer = ada_client.post(
        f"{ADMIN}/route/add/", {"parent": Route.objects.get().pk, "position": 0, "matchers": "a=~("}
    )
    assert b"a=~(" in answer.content
    assert "matchers" in answer.context["adminform"].form.errors


def test_routes_are_listed_as_the_tree_reads(hook: Channel, ada_client: Client) -> None:
    root = Route.objects.get()
    late = Route.objects.create(parent=root, name="Late", matchers=["a=b"], position=2)
    Route.objects.create(parent=root, name="Early", matchers=["a=c"], position=1)
    Route.objects.create(parent=late, name="Below", matchers=["c=d"], position=0)
    text = ada_client.get(f"{ADMIN}/route/").content.decode()
    places = [text.index(f"└ {name}") for name in ("Early", "Late", "Below")]
    assert places == sorted(places)


def test_the_tester_shows_the_way(hook: Channel, ada_client: Client) -> None:
    Route.objects.create(parent=Route.objects.get(), name="DB", matchers=['team="db"'])
    page = f"{ADMIN}/route/tester/"
    assert b"Show the way" in ada_client.get(page, follow=True).content
    text = ada_client.post(page, {"labels": "alertname=X\nteam=db"}).content.decode()
    assert "Told: Everybody" in text
    assert "1 below: DB" in text
    assert "write name=value" in ada_client.post(page, {"labels": "nonsense"}).content.decode()


def test_a_receiver_has_its_channels_and_policies(hook: Channel, ada_client: Client) -> None:
    policy = EscalationPolicy.objects.create(name="Shop", slug="shop")
    data = {"name": "Shop", "channels": [hook.pk], "policies": [policy.pk], "send_resolved": "on", "per_incident": "on"}
    answer = ada_client.post(f"{ADMIN}/receiver/add/", data)
    assert answer.status_code == 302, answer.context["errors"]
    receiver = Receiver.objects.get(name="Shop")
    assert {str(target) for target in receiver.targets.all()} == {"Hook", "Shop"}
    page = ada_client.get(f"{ADMIN}/receiver/{receiver.pk}/change/")
    assert page.context["adminform"].form.initial["channels"] == [hook.pk]


def test_an_operator_silences_and_ends_it(hook: Channel, otto_client: Client) -> None:
    ends_at = timezone.now() + timedelta(hours=1)
    data = {
        "matchers": "service=shop", "starts_at_0": "", "starts_at_1": "", "ends_at_0": f"{ends_at:%Y-%m-%d}",
        "ends_at_1": f"{ends_at:%H:%M:%S}", "comment": "known",
    }  # fmt: skip
    answer = otto_client.post(f"{ADMIN}/silence/add/", data)
    assert answer.status_code == 302, answer.context["errors"]
    silence = Silence.objects.get()
    otto_client.post(f"{ADMIN}/silence/", {"action": "expire", "_selected_action": [silence.pk]})
    silence.refresh_from_db()
    assert silence.ends_at <= timezone.now()


def test_what_stands_beside_the_tree_is_added(db: None, ada_client: Client) -> None:
    for model, data in {
        "inhibitionrule": {"name": "host", "source_matchers": "a=b", "target_matchers": "a=c", "equal": "host", "enabled": "on"},
        "timeinterval": {"name": "weekend", "intervals": '[{"weekdays": ["saturday", "sunday"]}]'},
        "recurringmaintenance": {
            "name": "night", "matchers": "a=b", "recurrence": "0 3 * * *", "first_at_0": "2026-03-02", "first_at_1": "00:00",
            "duration_s": 3600, "time_zone": "Europe/Vienna", "enabled": "on",
        },
    }.items():  # fmt: skip
        answer = ada_client.post(f"{ADMIN}/{model}/add/", data)
        assert answer.status_code == 302, (model, answer.context["errors"])
        assert ada_client.get(f"{ADMIN}/{model}/").status_code == 200
    assert (InhibitionRule.objects.count(), TimeInterval.objects.count(), RecurringMaintenance.objects.count()) == (
        1,
        1,
        1,
    )


def test_the_settings_are_one_page(db: None, ada_client: Client) -> None:
    page = ada_client.get(f"{ADMIN}/incidentsettings/", follow=True)
    form = page.context["adminform"].form
    data = {name: form.initial[name] for name in form.fields} | {"telling_labels": "instance", "reopen_window_s": 60}
    answer = ada_client.post(f"{ADMIN}/incidentsettings/1/change/", data)
    assert answer.status_code == 302, answer.context["errors"]
    stored = IncidentSettings.objects.get()
    assert (stored.reopen_window_s, stored.telling_labels) == (60, ["instance"])


def test_incidents_and_alerts_can_be_looked_at(world: World, hook: Channel, ada_client: Client) -> None:
    world.fire(service="shop")
    world.later(30)
    incident = only_incident()
    text = ada_client.get(f"{ADMIN}/incident/{incident.pk}/change/").content.decode()
    assert "Opened: DiskFull" in text
    alert = incident.members.get().alert
    assert "alertname = DiskFull" in ada_client.get(f"{ADMIN}/alert/{alert.pk}/change/").content.decode()
