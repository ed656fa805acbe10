"""What people and receivers are told."""

import pytest
from django.db.models import Q

from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, Delivery
from alerts.incidents.intake import IncomingAlert
from alerts.incidents.messages import common
from monitoring.checks.actions import service_save
from tests.alerts.incidents.world import World, only_incident

pytestmark = pytest.mark.django_db


def message(kind: str = "firing") -> Message:
    return Message.of_json(Delivery.objects.get(Q(kind=kind)).message)


def test_a_message_says_what_where_since_when_and_what_to_do(world: World, hook: Channel) -> None:
    service_save(name="Shop", slug="shop", owner="Storefront", runbook_url="https://wiki.example.org/shop")
    labels = {"alertname": "DiskFull", "service": "shop", "severity": "critical"}
    world.send(IncomingAlert(labels, {"summary": "Disk of shop is full", "description": "97 % used"}))
    world.later(30)
    told, number = message(), only_incident().pk
    assert (told.title, told.text, told.severity) == ("Disk of shop is full", "97 % used", "critical")
    assert (told.number, told.subject, told.thread) == (number, f"incident:{number}", f"incident:{number}/0")
    assert told.url.endswith(f"/incidents/{number}/")
    assert told.runbook_url == "https://wiki.example.org/shop"
    assert told.facts == {"Service": "Shop", "Since": "2026-03-02 09:00:30 UTC", "Owner": "Storefront"}
    assert told.answerable


def test_an_annotation_names_a_better_runbook(world: World, hook: Channel) -> None:
    world.send(IncomingAlert({"alertname": "A"}, {"runbook_url": "https://wiki.example.org/a"}))
    world.later(30)
    assert message().runbook_url == "https://wiki.example.org/a"


def test_the_end_has_the_thread_of_its_beginning_and_offers_no_answer(world: World, hook: Channel) -> None:
    world.fire()
    world.later(30)
    world.resolve()
    end = message("resolved")
    assert (end.title, end.thread, end.answerable) == ("Resolved: DiskFull", message().thread, False)
    assert [one.status for one in end.alerts] == ["resolved"]
    assert end.alerts[0].ends_at


def test_what_opens_again_is_a_thread_of_its_own(world: World, hook: Channel) -> None:
    world.fire()
    world.later(30)
    world.resolve()
    world.fire()
    world.later(330)
    threads = list(Delivery.objects.filter(kind="firing").order_by("id").values_list("thread", flat=True))
    number = only_incident().pk
    assert threads == [f"incident:{number}/0", f"incident:{number}/1"]


def test_a_hundred_alerts_are_shown_and_the_rest_is_counted(world: World, hook: Channel) -> None:
    world.send(*(IncomingAlert({"alertname": "A", "instance": str(n)}) for n in range(130)))
    world.later(30)
    told = message()
    assert (len(told.alerts), told.truncated_alerts) == (100, 30)
    assert told.title == "A (and 129 more alerts)"


def test_a_group_is_told_with_what_alertmanagers_webhook_has(world: World, plain_hook: Channel) -> None:
    world.fire(instance="a", team="db")
    world.fire(instance="b", team="db")
    world.later(30)
    told = message()
    assert told.group_key == '{}:{alertname="DiskFull"}'
    assert told.group_labels == {"alertname": "DiskFull"}
    assert told.common_labels == {"alertname": "DiskFull", "team": "db"}
    assert told.receiver == "Everybody"
    assert [len(one.fingerprint) for one in told.alerts] == [16, 16]


def test_what_all_have_in_common() -> None:
    assert common([{"a": "1", "b": "2"}, {"a": "1", "b": "3"}, {"a": "1"}]) == {"a": "1"}
    assert common([]) == {}
