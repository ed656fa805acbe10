"""Virtual time: whoever was told that something fires is told of its end, whatever came between."""

from datetime import timedelta

import pytest

from alerts.delivery.models import Channel, Delivery
from alerts.incidents.actions import (
    inhibition_save,
    interval_save,
    maintenance_save,
    receiver_save,
    route_save,
    silence_save,
)
from alerts.incidents.models import Receiver, ReceiverTarget, Route
from alerts.incidents.record import Record
from monitoring.checks.actions import maintenance_save as window_save
from monitoring.checks.actions import service_save
from security.access.models import User
from tests.alerts.incidents.world import World, channel_made, receiver_made, told

pytestmark = pytest.mark.django_db

BOTH = ["firing DiskFull", "resolved -DiskFull"]


@pytest.fixture(params=["once per incident", "as Alertmanager"])
def channel(request: pytest.FixtureRequest) -> Channel:
    """The root's receiver, in both its forms."""
    fixture = "hook" if request.param == "once per incident" else "plain_hook"
    found: Channel = request.getfixturevalue(fixture)
    return found


def silenced(world: World, by: User, hours: float = 5) -> None:
    silence_save(
        matchers=["alertname=DiskFull"], starts_at=None, ends_at=world.now + timedelta(hours=hours), comment="known", by=by,
        now=world.now,
    )  # fmt: skip


def test_a_resolve_is_told_though_a_silence_came_between(world: World, channel: Channel, ada: User) -> None:
    world.fire()
    world.later(60)
    silenced(world, ada)
    world.later(400)
    world.resolve()
    world.later(400)
    assert told(channel) == BOTH


def test_a_resolve_is_told_though_the_alert_is_inhibited_by_then(world: World, channel: Channel) -> None:
    inhibition_save(name="dead", source_matchers=["alertname=HostDown"], target_matchers=["alertname=DiskFull"])
    world.fire()
    world.later(60)
    world.fire("HostDown")
    world.later(400)
    world.resolve()
    world.later(400)
    assert told(channel) == ["firing DiskFull", "firing HostDown", "resolved -DiskFull"]


def test_a_resolve_is_told_though_the_route_is_muted_by_then(world: World, channel: Channel) -> None:
    evening = interval_save(name="evening", intervals=[{"times": [{"start_time": "09:02", "end_time": "23:00"}]}])
    root = Route.objects.get()
    route_save(parent=root, matchers=["alertname=DiskFull"], mute_times=[evening])
    world.fire()
    world.later(60)
    world.later(300)
    world.resolve()
    world.later(400)
    assert told(channel) == BOTH


def test_a_resolve_is_told_though_the_alert_goes_another_way_by_then(world: World, channel: Channel) -> None:
    world.fire()
    world.later(60)
    other = channel_made("Other")
    route_save(parent=Route.objects.get(), matchers=["alertname=DiskFull"], receiver=receiver_made("Others", other))
    world.later(400)
    world.resolve()
    world.later(400)
    assert told(channel) == BOTH
    assert told(other) == BOTH


def test_a_resolve_is_told_though_the_receiver_of_the_route_is_another(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(60)
    route_save(route=Route.objects.get(), receiver=receiver_made("Others", channel_made("Other")))
    world.later(400)
    world.resolve()
    world.later(400)
    assert told(plain_hook) == BOTH


def test_a_resolve_is_told_though_the_receiver_is_told_once_per_incident_by_then(
    world: World, plain_hook: Channel
) -> None:
    world.fire()
    world.later(60)
    receiver_save(receiver=Receiver.objects.get(), name="Everybody", per_incident=True)
    world.later(20)
    world.resolve()
    world.later(400)
    assert told(plain_hook)[0] == "firing DiskFull"
    assert told(plain_hook).count("resolved -DiskFull") == 1


def test_a_resolve_is_told_though_the_reducer_was_restarted(world: World, channel: Channel) -> None:
    world.fire()
    world.later(60)
    world.restart()
    world.resolve()
    world.restart()
    world.later(400)
    assert told(channel) == BOTH


def test_a_resolve_is_told_though_its_service_is_in_maintenance(world: World, channel: Channel) -> None:
    shop = service_save(name="Shop", slug="shop")
    world.fire(service="shop")
    world.later(60)
    window_save(service=shop, starts_at=world.now, ends_at=world.now + timedelta(hours=3), reason="move")
    world.later(400)
    world.resolve(service="shop")
    world.later(400)
    assert told(channel) == BOTH


def test_a_resolve_is_told_though_recurring_maintenance_is_under_way(world: World, channel: Channel) -> None:
    maintenance_save(
        name="night", matchers=["alertname=DiskFull"], recurrence="5 9 * * *", first_at=world.now, duration_s=3600
    )
    world.fire()
    world.later(600)
    world.resolve()
    world.later(400)
    assert told(channel) == BOTH


def test_whoever_wants_no_resolves_is_told_of_none(world: World, channel: Channel) -> None:
    ReceiverTarget.objects.update(send_resolved=False)
    world.fire()
    world.later(60)
    world.resolve()
    world.later(400)
    assert told(channel) == ["firing DiskFull"]


def test_whoever_was_told_of_nothing_is_told_of_no_end(world: World, channel: Channel, ada: User) -> None:
    silenced(world, ada)
    world.fire()
    world.later(400)
    world.resolve()
    world.later(400)
    assert told(channel) == []


def test_a_resolve_that_is_sent_again_is_not_told_again(world: World, channel: Channel) -> None:
    world.fire()
    world.later(60)
    for _ in range(5):
        world.resolve()
        world.later(200)
    assert told(channel) == BOTH


def test_whoever_is_killed_while_telling_has_told_nothing_and_the_next_tells_once(
    world: World, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fire()
    world.now += timedelta(seconds=30)
    with monkeypatch.context() as patch:
        patch.setattr(Record, "close", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.reducer.tick(world.now)
    assert not Delivery.objects.exists()
    world.restart()
    world.later(60)
    assert told(channel) == ["firing DiskFull"]


def test_whoever_is_killed_while_taking_in_a_resolve_loses_nothing(
    world: World, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fire()
    world.later(60)
    with monkeypatch.context() as patch:
        patch.setattr(Record, "close", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.resolve()
    world.restart()
    world.later(400)
    assert told(channel) == BOTH
