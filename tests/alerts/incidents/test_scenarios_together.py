"""Virtual time: what belongs together is one incident, by itself or because somebody says so."""

import pytest

from alerts.delivery.models import Channel, Delivery
from alerts.incidents import actions
from alerts.incidents.intake import IncomingAlert, alerts_receive
from alerts.incidents.models import Incident
from monitoring.checks.actions import service_save
from security.access.models import User
from tests.alerts.incidents.world import World, only_incident, pages, paging_root, told, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(db: None) -> None:
    """shop needs api, api needs db; blog needs nothing."""
    database = service_save(name="Database", slug="db")
    api = service_save(name="API", slug="api", depends_on=[database])
    service_save(name="Shop", slug="shop", depends_on=[api])
    service_save(name="Blog", slug="blog")


def test_services_that_depend_on_one_another_are_one_incident_with_its_root(
    world: World, hook: Channel, services: None
) -> None:
    world.fire("ShopDown", service="shop")
    world.later(45)
    world.fire("DatabaseDown", service="db")
    world.later(45)
    incident = only_incident()
    assert (incident.root_cause, incident.title, incident.service) == ("db", "DatabaseDown", "db")
    assert incident.root_reason == "db fails and depends on nothing that does; shop depends on it."
    reasons = list(incident.entries.filter(kind="correlated").values_list("summary", flat=True))
    assert reasons[0] == "shop depends on db, and “ShopDown” fires there"


def test_a_service_on_which_nothing_depends_is_an_incident_of_its_own(
    world: World, hook: Channel, services: None
) -> None:
    world.fire("ShopDown", service="shop")
    world.fire("BlogDown", service="blog")
    world.later(45)
    assert Incident.objects.count() == 2


def test_a_dependency_that_fails_much_later_is_an_incident_of_its_own(
    world: World, hook: Channel, services: None
) -> None:
    world.fire("ShopDown", service="shop")
    world.later(400)
    world.fire("DatabaseDown", service="db")
    world.later(45)
    assert Incident.objects.count() == 2


def test_alerts_of_one_host_that_start_together_are_one_incident(world: World, hook: Channel) -> None:
    world.fire("DiskSlow", instance="web-1:9100")
    world.later(20)
    world.fire("LoadHigh", instance="web-1:9100")
    world.later(45)
    assert "Started together with “DiskSlow”, with the same instance web-1:9100" in list(
        only_incident().entries.values_list("summary", flat=True)
    )


def test_alerts_of_one_host_that_start_apart_are_two_incidents(world: World, hook: Channel) -> None:
    world.fire("DiskSlow", instance="web-1")
    world.later(200)
    world.fire("LoadHigh", instance="web-1")
    world.later(45)
    assert Incident.objects.count() == 2


@pytest.mark.parametrize("switch_first", [True, False])
def test_many_hosts_behind_one_failing_switch_are_one_page(world: World, ada: User, switch_first: bool) -> None:
    paging_root(ada, group_by=["alertname", "instance"])
    hosts = [
        IncomingAlert({"alertname": "HostDown", "instance": f"host-{n}", "parent": "switch-3"}) for n in range(500)
    ]
    switch = IncomingAlert({"alertname": "SwitchDown", "instance": "switch-3"})
    alerts_receive([switch, *hosts] if switch_first else [*hosts, switch], source="test", now=world.now)
    world.later_paging(60)
    incident = only_incident()
    assert incident.firing_count == 501
    assert (incident.root_cause, incident.title) == ("switch-3", "SwitchDown")
    assert incident.root_reason == "switch-3 fails, and 500 alerts hang on it."
    assert len(pages(ada)) == 1


def test_a_root_that_fails_last_brings_two_incidents_together(world: World, ada: User, services: None) -> None:
    paging_root(ada)
    service_save(name="Mobile", slug="mobile", depends_on=[])
    from monitoring.checks.models import Service

    service_save(
        service=Service.objects.get(slug="mobile"), name="Mobile", depends_on=[Service.objects.get(slug="api")]
    )
    world.fire("ShopDown", service="shop")
    world.fire("MobileDown", service="mobile")
    world.later_paging(45)
    assert Incident.objects.filter(state="open").count() == 2
    world.fire("ApiDown", service="api")
    world.later_paging(45)
    merged = Incident.objects.get(state="merged")
    assert merged.merged_into == Incident.objects.get(state="open")
    assert Incident.objects.get(state="open").firing_count == 3


def test_correlation_can_be_switched_off(world: World, hook: Channel, services: None) -> None:
    actions.settings_save(correlate=False)
    world.fire("ShopDown", service="shop")
    world.fire("DatabaseDown", service="db")
    world.later(45)
    assert Incident.objects.count() == 2


def test_a_channel_is_told_of_an_incident_once_and_of_what_joined_at_the_interval(world: World, hook: Channel) -> None:
    world.fire("DiskSlow", instance="web-1")
    world.later(15)
    world.fire("LoadHigh", instance="web-1")
    world.later(45)
    assert told(hook) == ["firing web-1"]
    world.later(300)
    assert told(hook) == ["firing web-1", "update web-1+web-1"]


def test_a_channel_told_as_alertmanager_is_told_of_each_group(world: World, plain_hook: Channel) -> None:
    world.fire("DiskSlow", instance="web-1")
    world.fire("LoadHigh", instance="web-1")
    world.later(45)
    assert told(plain_hook) == ["firing web-1", "firing web-1"]


def test_a_storm_of_ten_thousand_alerts_in_ten_groups_is_ten_notifications(world: World, plain_hook: Channel) -> None:
    alerts = [
        IncomingAlert({"alertname": f"Storm{number % 10}", "instance": f"host-{number}"}) for number in range(10_000)
    ]
    for start in range(0, len(alerts), 64):
        alerts_receive(alerts[start : start + 64], source="test", now=world.now)
    world.later(30)
    assert Delivery.objects.count() == 10
    counts = [len(row.message["alerts"]) + row.message["truncated_alerts"] for row in Delivery.objects.all()]
    assert counts == [1000] * 10


def two_incidents(world: World) -> list[Incident]:
    world.fire("DiskSlow", instance="a")
    world.fire("LoadHigh", instance="b")
    world.later_paging(45)
    return list(Incident.objects.order_by("pk"))


def test_merged_incidents_are_one_and_end_together(world: World, ada: User) -> None:
    paging_root(ada)
    first, second = two_incidents(world)
    Delivery.objects.update(state="delivered", attempts_made=1)
    actions.incident_merge(incidents=[second], into=first, by=ada, now=world.now)
    assert pages(ada)[-1] == f"resolved Merged into #{first.pk}: LoadHigh"
    world.resolve("DiskSlow", instance="a")
    assert Incident.objects.get(pk=first.pk).state == "open"
    world.resolve("LoadHigh", instance="b")
    assert Incident.objects.get(pk=first.pk).state == "resolved"


def test_an_answer_to_a_merged_incident_is_one_to_what_it_is_part_of(world: World, hook: Channel, ada: User) -> None:
    first, second = two_incidents(world)
    actions.incident_merge(incidents=[second], into=first, by=ada, now=world.now)
    answer = actions.incident_acknowledge(incident=second, by=ada, now=world.now)
    assert answer.incident == first
    assert Incident.objects.get(pk=first.pk).state == "acknowledged"


def test_what_is_split_off_is_an_incident_with_pages_of_its_own(world: World, ada: User) -> None:
    paging_root(ada, group_by=["alertname"])
    world.fire("DiskSlow", instance="a")
    world.fire("LoadHigh", instance="a")
    world.later_paging(45)
    incident = only_incident()
    alert = incident.members.get(alert__labels__alertname="LoadHigh").alert
    made = actions.incident_split(incident=incident, alerts=[alert.pk], by=ada, now=world.now).incident
    world.later_paging(45)
    assert made.title == "LoadHigh"
    assert pages(ada) == ["firing DiskSlow (and another alert)", "firing LoadHigh"]
    assert "split" in words(incident)


def test_what_is_split_off_of_a_group_stays_apart_and_has_its_own_end(world: World, hook: Channel, ada: User) -> None:
    world.fire(instance="a")
    world.fire(instance="b")
    world.later(30)
    whole = only_incident()
    alert = whole.members.get(alert__labels__instance="b").alert
    made = actions.incident_split(incident=whole, alerts=[alert.pk], by=ada, now=world.now).incident
    world.later(650)
    assert [(one.pk, one.firing_count) for one in Incident.objects.order_by("pk")] == [(whole.pk, 1), (made.pk, 1)]
    world.resolve(instance="b")
    assert told(hook) == ["firing a+b", "firing b", "resolved -b"]
    assert Incident.objects.get(pk=whole.pk).state == "open"
