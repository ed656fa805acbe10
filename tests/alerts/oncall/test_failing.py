"""Failures as delivery tells them: the whole way from a refusal to the next tier."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from alerts.delivery import fallbacks
from alerts.delivery.choices import State
from alerts.delivery.models import Channel, Delivery
from alerts.oncall.failing import deliveries_failed, origin
from alerts.oncall.models import Escalation
from security.access.models import User
from tests.alerts.oncall.world import START, World, channel, contact, policy, step, times, user_target


@pytest.fixture
def world(db: None) -> World:
    return World()


def refuse(*names: str) -> None:
    """The named deliveries are refused for good, as the sender marks it."""
    waiting = Delivery.objects.filter(target_name__in=names, state=State.PENDING)
    waiting.update(state=State.FAILED, finished_at=START, last_error="550 no such user")


def settle(world: World) -> None:
    Delivery.objects.filter(state=State.FAILED, fallback_at__isnull=False).update(fallback_at=world.now)
    fallbacks.fall_back(world.now)
    fallbacks.settle(world.now)


def test_what_delivery_gives_up_is_followed_by_the_next_tier_at_once(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    world.start(policy(step(user_target(ada)), step(user_target(otto))))
    world.run(5)
    refuse("ada by Mail")
    settle(world)
    world.run()
    assert times() == [(0, "ada by Mail"), (5, "otto by Mail")]


def test_while_a_fallback_may_deliver_the_next_tier_waits(world: World, ada: User, otto: User) -> None:
    room = channel("Room", "webhook")
    contact(ada), contact(otto)
    Channel.objects.filter(slug="mail").update(fallback=room)
    world.start(policy(step(user_target(ada)), step(user_target(otto))))
    world.run(5)
    refuse("ada by Mail")
    settle(world)
    world.run()
    assert [name for _, name in times()] == ["ada by Mail", "Room"]
    refuse("Room")
    settle(world)
    world.run()
    assert times()[-1] == (5, "otto by Mail")


def test_a_fallback_that_delivered_is_told_of_the_resolve(world: World, ada: User) -> None:
    contact(ada)
    Channel.objects.filter(slug="mail").update(fallback=channel("Room", "webhook"))
    world.start(policy(step(user_target(ada))))
    world.run()
    refuse("ada by Mail")
    settle(world)
    world.send()
    world.resolve()
    assert list(Delivery.objects.filter(kind="resolved").values_list("target_name", flat=True)) == ["Room"]


def test_a_failure_after_the_acknowledgement_calls_nobody(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    world.start(policy(step(user_target(ada)), step(user_target(otto))))
    world.run()
    Delivery.objects.update(state=State.FAILED)
    world.acknowledge()
    settle(world)
    world.run(1000)
    assert times() == [(0, "ada by Mail")]


def test_a_failure_of_an_earlier_episode_calls_nobody(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    world.start(policy(step(user_target(ada)), step(user_target(otto))))
    world.run()
    Delivery.objects.update(state=State.FAILED)
    world.acknowledge()
    world.acknowledgement_ends()
    world.run()
    world.send()
    settle(world)
    world.run()
    assert [name for _, name in times()] == ["ada by Mail", "ada by Mail"]


def test_a_key_of_a_step_is_read_and_no_other() -> None:
    found = origin("incident:42/e1/l2/s3/user:7/contact:9/fallback1", "incident:42")
    assert found is not None
    assert (found.episode, found.lap, found.step, found.user_id) == (1, 2, 2, 7)
    assert origin("incident:42/e1/l0/last/user:7/contact:9", "incident:42") is None
    assert origin("group:1/t5/n3", "incident:42") is None


@pytest.mark.django_db(transaction=True)
def test_an_escalation_in_somebody_elses_hands_is_tried_again_instead_of_waited_for() -> None:
    ada = User.objects.create_user("ada")
    contact(ada)
    world = World()
    world.start(policy(step(user_target(ada))))
    world.run()
    refuse("ada by Mail")
    seen: list[str] = []

    def other() -> None:
        try:
            deliveries_failed(Delivery.objects.all(), world.now)
        except OperationalError:
            seen.append("busy")
        finally:
            connection.close()

    with transaction.atomic():
        Escalation.objects.select_for_update().get()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
    assert seen == ["busy"]
