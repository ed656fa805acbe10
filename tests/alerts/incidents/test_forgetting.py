"""What is long over is forgotten, what is open or owed is not."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.delivery.models import Channel
from alerts.incidents import forgetting
from alerts.incidents.actions import incident_merge
from alerts.incidents.choices import IncidentState
from alerts.incidents.forgetting import EVERY, forget
from alerts.incidents.models import Alert, Inbox, Incident, IncidentAlert, IncidentEntry, Silence, Told
from tests.alerts.incidents.world import START, World, only_incident, told

pytestmark = pytest.mark.django_db
KEPT = timedelta(days=settings.INCIDENTS_KEPT_DAYS)
LONG = KEPT + timedelta(days=60)
DAY = timedelta(days=1)


def over(world: World, name: str = "DiskFull") -> None:
    """An alert comes, is told, and ends."""
    world.fire(name)
    world.later(30)
    world.resolve(name)
    world.later(400)


def forgotten(now: datetime) -> None:
    """Until there is no more."""
    for _ in range(100):
        if forget(now) > now:
            return
    raise AssertionError("there is always more to forget")


def test_what_is_owed_is_never_forgotten(world: World, plain_hook: Channel) -> None:
    world.fire("Owed")
    world.later(30)
    assert forget(world.now + LONG) == world.now + LONG + EVERY
    assert Told.objects.count() == 1


def test_what_ended_long_ago_is_forgotten(world: World, plain_hook: Channel) -> None:
    over(world)
    forgotten(world.now + KEPT)
    assert Told.objects.count() == 1
    forgotten(world.now + LONG)
    assert not Told.objects.exists()


def test_what_fires_again_after_a_while_is_told_under_a_key_of_its_own(world: World, plain_hook: Channel) -> None:
    over(world)
    world.now += timedelta(days=60)
    forgotten(world.now)
    over(world)
    assert told(plain_hook) == ["firing DiskFull", "resolved -DiskFull"] * 2


def test_an_incident_goes_with_its_timeline_and_its_alerts(world: World, hook: Channel) -> None:
    over(world)
    forgotten(world.now + KEPT + DAY)
    assert [model.objects.count() for model in (Incident, IncidentEntry, IncidentAlert, Alert, Told)] == [0] * 5


def test_an_incident_stays_for_as_long_as_is_set(world: World, hook: Channel) -> None:
    over(world)
    forgotten(world.now + KEPT - DAY)
    assert (Incident.objects.count(), Alert.objects.count()) == (1, 1)
    assert IncidentEntry.objects.exists()


def test_what_is_open_stays_however_old_it_is_with_alerts_that_left_it(world: World, hook: Channel) -> None:
    world.fire(hours=24_000, host="db-1")
    world.fire(host="db-1", disk="2")
    world.later(60)
    world.resolve(host="db-1", disk="2")
    forgotten(world.now + LONG)
    assert (Incident.objects.get().state, Alert.objects.count()) == (IncidentState.OPEN, 2)


def test_an_incident_that_owes_an_end_stays(world: World, hook: Channel) -> None:
    over(world)
    Told.objects.update(owed=["an identity"])
    forgotten(world.now + KEPT + DAY)
    assert Incident.objects.count() == 1


def test_what_was_merged_into_an_open_incident_stays_with_it(world: World, hook: Channel) -> None:
    for name in ("One", "Two"):
        world.fire(name, hours=24_000)
        world.later(60)
    into, source = Incident.objects.order_by("pk")
    incident_merge(incidents=[source], into=into, by=None, now=world.now)
    forgotten(world.now + LONG)
    assert Incident.objects.count() == 2


def test_an_incident_of_very_many_lines_goes_in_several_looks(
    world: World, hook: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    over(world)
    incident, now = only_incident(), world.now + KEPT + DAY
    IncidentEntry.objects.bulk_create(
        IncidentEntry(incident=incident, time=START, kind="comment", summary="x") for _ in range(25)
    )
    monkeypatch.setattr(forgetting, "MOST", 10)
    assert forget(now) == now
    assert Incident.objects.exists()
    forgotten(now)
    assert not Incident.objects.exists()


def test_an_alert_of_which_an_old_end_is_told_today_stays(world: World, hook: Channel) -> None:
    over(world)
    IncidentAlert.objects.all().delete()
    Alert.objects.update(starts_at=START - LONG, ends_at=START - LONG)
    forgotten(world.now + DAY)
    assert Alert.objects.count() == 1


def test_silences_that_ended_long_ago_are_forgotten(world: World) -> None:
    for ends_at in (START, START + KEPT):
        Silence.objects.create(
            uuid=uuid4(), matchers=['a="b"'], starts_at=START - DAY, ends_at=ends_at, created_by="ada", comment="x",
            created_at=START, updated_at=START,
        )  # fmt: skip
    forgotten(START + KEPT + DAY)
    assert [one.ends_at for one in Silence.objects.all()] == [START + KEPT]


def test_of_what_was_set_aside_the_newest_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "MOST_BROKEN", 2)
    Inbox.objects.bulk_create(Inbox(received_at=START, source=str(n), payload=[], is_broken=n != 3) for n in range(5))
    forgotten(START + DAY)
    assert list(Inbox.objects.order_by("id").values_list("source", flat=True)) == ["2", "3", "4"]
    forgotten(START + KEPT + DAY)
    assert list(Inbox.objects.values_list("source", flat=True)) == ["3"]


def test_looking_costs_the_same_statements_however_much_there_is(world: World, hook: Channel) -> None:
    for number in range(3):
        over(world, f"Alert{number}")
    with CaptureQueriesContext(
        connection,
    ) as some:
        forget(world.now + LONG)
    assert not Incident.objects.exists()
    assert len(some) < 20
