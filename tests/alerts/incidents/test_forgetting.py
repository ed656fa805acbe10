"""What was told of groups that are gone is forgotten, what is owed is not."""

from datetime import timedelta

import pytest

from alerts.delivery.models import Channel
from alerts.incidents.forgetting import AFTER, EVERY, forget
from alerts.incidents.models import Told
from tests.alerts.incidents.world import World

pytestmark = pytest.mark.django_db


def test_what_is_owed_is_never_forgotten(world: World, plain_hook: Channel) -> None:
    world.fire("Owed")
    world.later(30)
    assert forget(world.now + AFTER * 2) == world.now + AFTER * 2 + EVERY
    assert Told.objects.count() == 1


def test_what_ended_long_ago_is_forgotten(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(30)
    world.resolve()
    world.later(400)
    forget(world.now + AFTER - timedelta(days=1))
    assert Told.objects.count() == 1
    forget(world.now + AFTER + timedelta(days=1))
    assert not Told.objects.exists()
