"""When there is nobody to tell: skipped at once and said loudly, and never the end of it. In virtual time."""

from typing import Any

import pytest

from alerts.delivery.models import ContactMethod, Delivery
from alerts.oncall.failing import deliveries_failed
from alerts.oncall.models import Escalation, EscalationEntry
from security.access.models import User
from tests.alerts.oncall.world import (
    START,
    World,
    channel,
    contact,
    outcomes,
    policy,
    rule,
    schedule,
    state,
    step,
    target,
    team,
    times,
    told,
    user_target,
    warnings,
)


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_nobody_on_call_is_passed_over_at_once_and_said_loudly(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(target("schedule", schedule("Primary"))), step(user_target(ada))))
    world.run()
    assert times() == [(0, "ada by Mail")]
    assert outcomes() == ["empty", "told"]
    assert warnings() == ["Step 1: nobody to tell (nobody is on call in Primary); the next one follows at once."]


def test_an_empty_team_is_passed_over_at_once(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(target("team", team("Ops"))), step(user_target(ada))))
    world.run()
    assert times() == [(0, "ada by Mail")]
    assert "nobody is in team Ops" in warnings()[0]


def test_a_disabled_account_is_nobody(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    User.objects.filter(pk=otto.pk).update(is_active=False)
    world.start(policy(step(user_target(otto)), step(user_target(ada))))
    world.run()
    assert told() == ["ada by Mail"]
    assert "not active" in warnings()[0]


def test_a_person_without_a_contact_is_nobody(world: World, ada: User, otto: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(otto)), step(user_target(ada))))
    world.run()
    assert told() == ["ada by Mail"]
    assert "otto has no contact" in warnings()[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enabled": False}, "Mail is switched off"),
        ({"verified_at": None}, "Mail is not verified"),
        ({"stopped_at": START}, "Mail was stopped by an answer STOP"),
    ],
)
def test_a_contact_that_cannot_be_used_is_none(world: World, ada: User, fields: dict[str, Any], words: str) -> None:
    contact(ada, **fields)
    world.start(policy(step(user_target(ada))))
    world.run()
    assert told() == []
    assert words in warnings()[0]


def test_a_contact_on_a_channel_that_is_switched_off_is_none(world: World, ada: User) -> None:
    contact(ada)
    ContactMethod.objects.get().channel.__class__.objects.update(enabled=False)
    world.start(policy(step(user_target(ada))))
    world.run()
    assert "Mail goes by Mail, which is switched off" in warnings()[0]


def test_a_channel_that_is_switched_off_is_passed_over_at_once(world: World, ada: User) -> None:
    contact(ada)
    room = channel("Room", "slack", enabled=False)
    world.start(policy(step(target("channel", room)), step(user_target(ada))))
    world.run()
    assert told() == ["ada by Mail"]


def test_a_target_that_was_deleted_is_passed_over_at_once(world: World, ada: User) -> None:
    contact(ada)
    primary = schedule("Primary", ada)
    rules = policy(step(target("schedule", primary)), step(user_target(ada)))
    primary.delete()
    world.start(rules)
    world.run()
    assert times() == [(0, "ada by Mail")]


def test_one_empty_target_of_several_is_named_though_the_others_are_told(world: World, ada: User) -> None:
    contact(ada)
    world.start(policy(step(target("schedule", schedule("Primary")), user_target(ada))))
    world.run()
    assert told() == ["ada by Mail"]
    assert EscalationEntry.objects.get().summary.endswith("Not told: nobody is on call in Primary.")


def test_when_every_step_is_empty_the_default_policy_takes_over_at_once(world: World, ada: User, otto: User) -> None:
    contact(ada)
    policy(step(user_target(ada)), name="Default", is_default=True)
    world.start(policy(step(user_target(otto)), name="Shop"))
    world.run()
    assert times() == [(0, "ada by Mail")]
    assert warnings()[1] == "Policy Shop reached nobody: policy Default takes over."


def test_when_the_default_policy_is_empty_all_administrators_are_told(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(ada, "Phone")
    world.start(policy(step(user_target(otto)), is_default=True))
    world.run()
    assert times() == [(0, "ada by Mail"), (0, "ada by Phone")]
    assert outcomes() == ["empty", "last"]


def test_without_a_default_policy_all_administrators_are_told(world: World, ada: User, otto: User) -> None:
    contact(ada)
    world.start(policy(step(user_target(otto))))
    world.run()
    assert told() == ["ada by Mail"]


def test_when_no_administrator_can_be_told_either_it_says_so_and_goes_on_trying(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=300), repeat=1))
    world.run()
    assert warnings()[-1] == "Policy Default reached nobody: no administrator can be told either."
    contact(ada)
    world.run(300)
    assert times() == [(300, "ada by Mail")]


def test_a_policy_without_anybody_does_not_spin(world: World, otto: User) -> None:
    world.start(policy(step(user_target(otto), wait_s=0), repeat=9))
    world.run(540)
    assert len([one for one in outcomes() if one == "last"]) == 10
    assert state() == "exhausted"


def test_when_everything_that_was_sent_failed_the_next_step_follows_at_once(
    world: World, ada: User, otto: User
) -> None:
    contact(ada), contact(otto)
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(otto))))
    world.run(20)
    world.fail()
    world.run()
    assert times() == [(0, "ada by Mail"), (20, "otto by Mail")]
    assert outcomes() == ["told", "failed", "told"]


def test_a_failure_beside_a_success_waits_for_its_time(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(ada, "Phone"), contact(otto)
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(otto))))
    world.run(20)
    ContactMethod.objects.get(name="Phone").deliveries.update(state="delivered")
    world.fail()
    world.run()
    assert "otto by Mail" not in told()
    world.run(280)
    assert times()[-1] == (300, "otto by Mail")


def test_a_failure_is_followed_by_the_persons_next_rule_at_once(world: World, ada: User, otto: User) -> None:
    rule(contact(ada, "Mail")), rule(contact(ada, "Phone"), 240), contact(otto)
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(otto))))
    world.run(20)
    world.fail()
    world.run()
    assert times() == [(0, "ada by Mail"), (20, "ada by Phone")]


def test_a_failure_told_twice_is_one(world: World, ada: User, otto: User, vera: User) -> None:
    contact(ada), contact(otto), contact(vera)
    world.start(policy(step(user_target(ada)), step(user_target(otto)), step(user_target(vera))))
    world.run(20)
    world.fail()
    world.run()
    deliveries_failed(Delivery.objects.filter(state="failed"), world.now)
    world.run()
    assert told()[-1] == "otto by Mail"


def test_when_the_last_step_failed_too_the_last_resort_is_told(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    policy(step(user_target(ada)), name="Default", is_default=True)
    world.start(policy(step(user_target(otto), wait_s=60), name="Shop"))
    world.run()
    world.fail()
    world.run()
    assert times() == [(0, "otto by Mail"), (0, "ada by Mail")]
    assert Escalation.objects.get(policy__name="Shop").state == "exhausted"


def test_when_all_failed_by_the_end_of_an_exhausted_policy_the_last_resort_is_told(
    world: World, ada: User, otto: User
) -> None:
    contact(ada), contact(otto)
    policy(step(user_target(ada)), name="Default", is_default=True)
    world.start(policy(step(user_target(otto), wait_s=60), name="Shop"))
    world.run(120)
    assert state() == "exhausted"
    world.fail()
    world.run()
    assert told()[-1] == "ada by Mail"
