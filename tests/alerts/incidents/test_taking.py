"""The inbox: what is new, what was sent again, what is over, and what cannot be taken in."""

from datetime import timedelta

import pytest

from alerts.delivery.models import Channel
from alerts.incidents.intake import IncomingAlert, alerts_receive
from alerts.incidents.models import Alert, Inbox, Incident
from tests.alerts.incidents.world import World, told

pytestmark = pytest.mark.django_db


def test_what_is_taken_is_gone_from_the_inbox_and_an_alert(world: World, hook: Channel) -> None:
    world.send(
        IncomingAlert({"alertname": "A", "severity": "page", "service": "shop", "empty": ""}, {"summary": "Bad"})
    )
    alert = Alert.objects.get()
    assert not Inbox.objects.exists()
    assert (alert.labels, alert.severity, alert.service) == (
        {"alertname": "A", "severity": "page", "service": "shop"},
        "critical",
        "shop",
    )


def test_copies_of_one_alert_in_one_batch_are_one_alert_with_the_last_ones_words(world: World, hook: Channel) -> None:
    for words in ("first", "second", "third"):
        alerts_receive([IncomingAlert({"alertname": "A"}, {"summary": words})], source=words, now=world.now)
    world.tick()
    alert = Alert.objects.get()
    assert (alert.annotations, alert.source) == ({"summary": "third"}, "third")


def test_overlapping_copies_have_the_earliest_start_and_the_latest_end(world: World, hook: Channel) -> None:
    hour = timedelta(hours=1)
    world.send(IncomingAlert({"a": "b"}, starts_at=world.now - hour, ends_at=world.now + 3 * hour))
    world.send(IncomingAlert({"a": "b"}, starts_at=world.now - 2 * hour, ends_at=world.now + 2 * hour))
    alert = Alert.objects.get()
    assert (alert.starts_at, alert.ends_at) == (world.now - 2 * hour, world.now + 3 * hour)


def test_a_new_episode_is_a_row_of_its_own(world: World, hook: Channel) -> None:
    world.fire()
    world.resolve()
    world.fire()
    assert list(Alert.objects.order_by("id").values_list("is_firing", flat=True)) == [False, True]


def test_a_resolve_of_what_never_fired_is_nothing(world: World, hook: Channel) -> None:
    world.resolve()
    assert not Alert.objects.exists()


def test_what_is_no_alert_is_left_out_and_the_rest_is_taken(world: World, hook: Channel) -> None:
    good = IncomingAlert({"alertname": "A"}).as_json()
    broken = [
        {"labels": "x"},
        {"labels": {"a": "b"}, "starts_at": "noon"},
        7,
        {"labels": {"a": "b"}, "ends_at": "2026-01-01"},
    ]
    Inbox.objects.create(received_at=world.now, source="t", payload=[*broken, good])
    Inbox.objects.create(received_at=world.now, source="t", payload={"no": "list"})
    world.tick()
    assert [alert.labels for alert in Alert.objects.all()] == [{"alertname": "A"}]
    assert not Inbox.objects.exists()


def test_a_row_that_cannot_be_stored_is_set_aside_and_holds_up_no_other(world: World, hook: Channel) -> None:
    bad = {
        "labels": {"alertname": "B"},
        "annotations": {},
        "generator_url": ["no text"],
        "starts_at": "0001-01-01T00:00:00+00:00",
    }
    Inbox.objects.create(
        received_at=world.now, source="t" * 120, payload=[bad | {"labels": {"alertname": "B", "n": 1}}]
    )
    alerts_receive([IncomingAlert({"alertname": "A"})], source="t", now=world.now)
    world.tick()
    assert Alert.objects.filter(labels__alertname="A").exists()
    assert not Inbox.objects.filter(is_broken=False).exists()


def test_without_a_routing_tree_alerts_wait_for_one(world: World, db: None) -> None:
    from tests.alerts.incidents.world import channel_made, receiver_made, root_made

    world.fire()
    world.later(60)
    assert Alert.objects.filter(is_firing=True).count() == 1
    channel = channel_made()
    root_made(receiver_made("Everybody", channel))
    world.restart()
    world.later(60)
    assert told(channel) == ["firing DiskFull"]


def test_while_another_process_leads_nothing_is_done(world: World, hook: Channel) -> None:
    import psycopg

    from alerts.incidents.leading import LEADER
    from opsportal.database import conninfo

    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LEADER])
        alerts_receive([IncomingAlert({"alertname": "A"})], source="t", now=world.now)
        assert world.reducer.tick(world.now) == world.now + timedelta(seconds=0.5)
        assert not Alert.objects.exists()
    world.tick()
    assert Alert.objects.exists()


def test_a_group_that_cannot_be_told_keeps_no_other_from_being_told(
    world: World, plain_hook: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alerts.incidents.reducer.notifying import Notifier

    whole = Notifier.tell

    def breaking(self: Notifier, look: object) -> None:
        if look.labels == {"alertname": "Bad"}:  # type: ignore[attr-defined]
            raise RuntimeError("cannot be told")
        whole(self, look)  # type: ignore[arg-type]

    monkeypatch.setattr(Notifier, "tell", breaking)
    world.fire("Bad")
    world.fire("Good")
    world.now += timedelta(seconds=30)
    world.reducer.tick(world.now)
    assert told(plain_hook) == ["firing Good"]
    monkeypatch.undo()
    world.later(30)
    assert told(plain_hook) == ["firing Good", "firing Bad"]


def test_the_next_look_is_when_something_is_due(world: World, hook: Channel) -> None:
    world.fire(hours=1)
    assert world.tick() == world.now + timedelta(seconds=30)
    world.later(30)
    assert world.tick() == world.now + timedelta(seconds=300)
    assert Incident.objects.count() == 1
