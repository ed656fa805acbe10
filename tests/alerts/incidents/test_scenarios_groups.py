"""Virtual time: groups, as Alertmanager has them, driven through the reducer against PostgreSQL."""

from datetime import timedelta

import pytest

from alerts.delivery.models import Channel
from alerts.incidents.intake import IncomingAlert
from alerts.incidents.models import Alert, Group
from tests.alerts.incidents.world import World, told

pytestmark = pytest.mark.django_db


def test_a_new_group_is_told_after_its_group_wait(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(29, step_s=29)
    assert told(plain_hook) == []
    world.later(1)
    assert told(plain_hook) == ["firing DiskFull"]


def test_an_alert_that_resolves_before_the_group_wait_is_never_told(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(10)
    world.resolve()
    world.later(600)
    assert told(plain_hook) == []
    assert not Group.objects.exists()


def test_what_joins_is_told_at_the_next_group_interval(world: World, plain_hook: Channel) -> None:
    world.fire(instance="a")
    world.later(60)
    world.fire(instance="b")
    world.later(200)
    assert told(plain_hook) == ["firing a"]
    world.later(100)
    assert told(plain_hook) == ["firing a", "firing a+b"]


def test_a_resolve_is_told_once(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(60)
    world.resolve()
    world.later(60)
    world.resolve()
    world.later(3600)
    assert told(plain_hook) == ["firing DiskFull", "resolved -DiskFull"]


def test_what_goes_on_firing_is_told_again_after_the_repeat_interval_at_a_tick(
    world: World, plain_hook: Channel
) -> None:
    world.fire()
    world.later(14_400, step_s=60)
    assert len(told(plain_hook)) == 1
    world.later(330, step_s=30)
    assert told(plain_hook) == ["firing DiskFull"] * 2


def test_an_alert_without_an_end_ends_with_the_resolve_timeout_unless_it_is_sent_again(
    world: World, plain_hook: Channel
) -> None:
    alert = IncomingAlert({"alertname": "DiskFull"})
    world.send(alert)
    world.later(200)
    world.send(alert)
    world.later(299, step_s=13)
    assert Alert.objects.get().is_firing
    world.later(2)
    assert not Alert.objects.get().is_firing


def test_an_alert_that_was_due_while_nobody_looked_is_told_firing_and_then_resolved(
    world: World, plain_hook: Channel
) -> None:
    from alerts.incidents.intake import alerts_receive

    labels = {"alertname": "DiskFull"}
    alerts_receive([IncomingAlert(labels, ends_at=world.now + timedelta(hours=1))], source="t", now=world.now)
    world.now += timedelta(seconds=60)
    alerts_receive([IncomingAlert(labels, ends_at=world.now)], source="t", now=world.now)
    world.now += timedelta(seconds=60)
    world.tick()
    world.later(330)
    assert told(plain_hook) == ["firing DiskFull", "resolved -DiskFull"]
