"""People's answers and the reducer at the same moment: one waits for the other, never each for the other."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from alerts.delivery.models import Channel
from alerts.incidents.actions import Answer, incident_merge, incident_reopen, incident_resolve, incident_split
from alerts.incidents.choices import IncidentState
from alerts.incidents.models import Group, Incident, IncidentAlert
from alerts.incidents.reducer.ticking import leading
from tests.alerts.incidents.world import World

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"


@pytest.fixture
def two(world: World, hook: Channel) -> World:
    """Two incidents, of two alerts and of one."""
    world.fire("One", disk="1", host="a")
    world.fire("One", disk="2", host="a")
    world.fire("Two", host="b")
    world.later(30)
    assert Incident.objects.count() == 2
    return world


def beside_the_reducer(world: World, act: Callable[[], Answer]) -> Answer:
    """`act` begins while the reducer has the groups and wants the incidents, the last one first."""
    answers: list[Any] = []

    def acting() -> None:
        try:
            answers.append(act())
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=acting)
    with leading(world.now):
        list(Group.objects.select_for_update())
        other.start()
        until_one_waits()
        for pk in Incident.objects.order_by("-pk").values_list("pk", flat=True):
            Incident.objects.select_for_update().get(pk=pk)
    other.join(timeout=20)
    assert len(answers) == 1
    assert isinstance(answers[0], Answer), answers[0]
    return answers[0]


def until_one_waits() -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_merge_waits_for_the_reducer(two: World) -> None:
    into, source = Incident.objects.order_by("pk")
    answer = beside_the_reducer(two, lambda: incident_merge(incidents=[source], into=into, by=None, now=two.now))
    assert (answer.done, Incident.objects.get(pk=source.pk).state) == (True, IncidentState.MERGED)


def test_a_split_waits_for_the_reducer(two: World) -> None:
    first = Incident.objects.earliest("pk")
    alert = IncidentAlert.objects.filter(incident=first).earliest("pk").alert_id
    assert beside_the_reducer(two, lambda: incident_split(incident=first, alerts=[alert], by=None, now=two.now)).done


def test_a_reopening_waits_for_the_reducer(two: World) -> None:
    first = Incident.objects.earliest("pk")
    incident_resolve(incident=first, by=None, now=two.now)
    assert beside_the_reducer(two, lambda: incident_reopen(incident=first, by=None, now=two.now)).done


def test_while_somebody_merges_the_reducer_waits_and_loses_nothing(two: World) -> None:
    into, source = Incident.objects.order_by("pk")
    with transaction.atomic():
        incident_merge(incidents=[source], into=into, by=None, now=two.now)
        assert Group.objects.filter(incident=into).count() == 2
    two.tick()
    assert Incident.objects.filter(state=IncidentState.OPEN).get() == into
