"""Escalations that ended long ago are forgotten; those whose episodes stand in keys of deliveries are not."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from alerts.delivery.models import Delivery
from alerts.oncall import forgetting
from alerts.oncall.forgetting import EVERY, forget
from alerts.oncall.models import Escalation, EscalationEntry, Page
from security.access.models import User
from tests.alerts.oncall.world import World, contact, policy, rule, step, user_target

pytestmark = pytest.mark.django_db
LONG = timedelta(days=settings.INCIDENTS_KEPT_DAYS + 1)


@pytest.fixture
def paged(ada: User) -> World:
    """Ada is told, and would be again by a later rule."""
    world, method = World(), contact(ada)
    rule(method)
    rule(method, delay_s=600)
    world.start(policy(step(user_target(ada))))
    world.run(5)
    world.send()
    return world


def forgotten(now: datetime) -> None:
    for _ in range(100):
        if forget(now) > now:
            return
    raise AssertionError("there is always more to forget")


def test_what_ended_long_ago_goes_with_what_its_steps_did(paged: World) -> None:
    paged.resolve()
    Delivery.objects.all().delete()
    forgotten(paged.now + LONG)
    assert not Escalation.objects.exists()
    assert not EscalationEntry.objects.exists()
    assert not Page.objects.exists()


def test_what_still_runs_stays(paged: World) -> None:
    Delivery.objects.all().delete()
    assert forget(paged.now + LONG) == paged.now + LONG + EVERY
    assert Escalation.objects.count() == 1


def test_what_ended_lately_stays(paged: World) -> None:
    paged.resolve()
    Delivery.objects.all().delete()
    forgotten(paged.now + LONG - timedelta(days=2))
    assert Escalation.objects.count() == 1


def test_what_deliveries_name_stays(paged: World) -> None:
    paged.resolve()
    forgotten(paged.now + LONG)
    assert Escalation.objects.count() == 1


def test_one_with_very_many_entries_goes_in_several_looks(paged: World, monkeypatch: pytest.MonkeyPatch) -> None:
    paged.resolve()
    Delivery.objects.all().delete()
    one = Escalation.objects.get()
    EscalationEntry.objects.bulk_create(
        EscalationEntry(escalation=one, time=paged.now, episode=0, step=0, lap=0, outcome="told", summary="x")
        for _ in range(25)
    )
    monkeypatch.setattr(forgetting, "MOST_PARTS", 10)
    assert forget(paged.now + LONG) == paged.now + LONG
    assert Escalation.objects.exists()
    forgotten(paged.now + LONG)
    assert not Escalation.objects.exists()
