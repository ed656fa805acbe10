"""How one person is told: their rules, quiet hours and contacts. In virtual time."""

import pytest

from alerts.delivery.models import Delivery
from alerts.oncall.models import Page
from security.access.models import User
from tests.alerts.oncall.world import World, contact, policy, quiet, rule, step, times, told, user_target, warnings


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_rules_are_gone_through_in_order_of_delay(world: World, ada: User) -> None:
    rule(contact(ada, "SMS"), 300), rule(contact(ada, "Mail"), 0), rule(contact(ada, "Push"), 60)
    world.start(policy(step(user_target(ada), wait_s=900)))
    world.run(900)
    assert times() == [(0, "ada by Mail"), (60, "ada by Push"), (300, "ada by SMS")]


def test_each_rule_says_why(world: World, ada: User) -> None:
    rule(contact(ada, "Mail"), 0), rule(contact(ada, "SMS"), 300)
    world.start(policy(step(user_target(ada), wait_s=900)))
    world.run(300)
    assert Delivery.objects.latest("id").why == "named, step 1 of policy Default, by rule 2: SMS after 5 min"


def test_normal_and_urgent_have_rules_of_their_own(world: World, ada: User) -> None:
    rule(contact(ada, "SMS"), 0, "high"), rule(contact(ada, "Mail"), 0, "normal")
    world.start(policy(step(user_target(ada))), urgency="normal")
    world.run()
    assert told() == ["ada by Mail"]


def test_without_rules_every_usable_contact_is_told_at_once(world: World, ada: User) -> None:
    contact(ada, "Mail"), contact(ada, "SMS"), contact(ada, "Old", enabled=False)
    world.start(policy(step(user_target(ada))))
    world.run()
    assert times() == [(0, "ada by Mail"), (0, "ada by SMS")]


def test_when_no_rule_can_be_used_every_usable_contact_is_told_at_once(world: World, ada: User) -> None:
    rule(contact(ada, "Old", enabled=False), 0), contact(ada, "SMS")
    world.start(policy(step(user_target(ada))))
    world.run()
    assert told() == ["ada by SMS"]
    assert "none of their rules can be used" in Delivery.objects.get().why


def test_what_is_not_urgent_waits_until_the_quiet_hours_end(world: World, ada: User) -> None:
    contact(ada), quiet(ada, "11:00", "13:00")
    world.start(policy(step(user_target(ada), wait_s=7200)), urgency="normal")
    world.run(7200)
    assert times() == [(3600, "ada by Mail")]


def test_what_is_urgent_goes_through_in_quiet_hours(world: World, ada: User) -> None:
    contact(ada), quiet(ada, "11:00", "13:00")
    world.start(policy(step(user_target(ada))), urgency="high")
    world.run()
    assert times() == [(0, "ada by Mail")]


def test_quiet_hours_are_in_the_persons_own_zone(world: World, ada: User) -> None:
    contact(ada), quiet(ada, "21:00", "22:00", "Asia/Tokyo")  # 12:00 to 13:00 UTC
    world.start(policy(step(user_target(ada), wait_s=7200)), urgency="normal")
    world.run(7200)
    assert times() == [(3600, "ada by Mail")]


def test_quiet_hours_over_midnight_end_in_the_morning(world: World, ada: User) -> None:
    contact(ada), quiet(ada, "11:30", "07:00")
    world.start(policy(step(user_target(ada), wait_s=100_000)), urgency="normal")
    world.run(100_000)
    assert times() == [(19 * 3600, "ada by Mail")]


def test_the_later_rules_follow_after_the_quiet_hours_at_their_distance(world: World, ada: User) -> None:
    rule(contact(ada, "Mail"), 0, "normal"), rule(contact(ada, "SMS"), 300, "normal"), quiet(ada, "11:00", "13:00")
    world.start(policy(step(user_target(ada), wait_s=7200)), urgency="normal")
    world.run(7200)
    assert times() == [(3600, "ada by Mail"), (3900, "ada by SMS")]


def test_a_rule_that_comes_due_in_quiet_hours_waits_until_they_end(world: World, ada: User) -> None:
    rule(contact(ada, "Mail"), 0, "normal"), rule(contact(ada, "SMS"), 600, "normal"), quiet(ada, "12:05", "13:00")
    world.start(policy(step(user_target(ada), wait_s=7200)), urgency="normal")
    world.run(7200)
    assert times() == [(0, "ada by Mail"), (3600, "ada by SMS")]


def test_somebody_in_quiet_hours_counts_as_told_so_the_next_step_waits(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto), quiet(ada, "11:00", "13:00")
    world.start(policy(step(user_target(ada), wait_s=600), step(user_target(otto))), urgency="normal")
    world.run(600)
    assert times() == [(600, "otto by Mail")]
    assert warnings() == []


def test_the_same_contact_due_twice_at_once_is_one_message(world: World, ada: User, otto: User) -> None:
    mail = contact(ada, "Mail")
    rule(mail, 0), rule(mail, 300)
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(ada), wait_s=900)))
    world.run(300)
    assert times() == [(0, "ada by Mail"), (300, "ada by Mail")]


def test_rules_that_quiet_hours_push_together_are_one_message(world: World, ada: User) -> None:
    mail = contact(ada, "Mail")
    rule(mail, 60, "normal"), rule(mail, 120, "normal"), quiet(ada, "12:01", "13:00")
    world.start(policy(step(user_target(ada), wait_s=7200)), urgency="normal")
    world.run(7200)
    assert times() == [(3600, "ada by Mail")]


def test_the_same_contact_due_again_later_is_told_again(world: World, ada: User) -> None:
    mail = contact(ada, "Mail")
    rule(mail, 0), rule(mail, 120)
    world.start(policy(step(user_target(ada), wait_s=300)))
    world.run(300)
    assert times() == [(0, "ada by Mail"), (120, "ada by Mail")]


def test_a_contact_switched_off_before_its_rule_is_due_is_not_used_and_that_is_said(world: World, ada: User) -> None:
    sms = contact(ada, "SMS")
    rule(contact(ada, "Mail"), 0), rule(sms, 120)
    world.start(policy(step(user_target(ada), wait_s=300)))
    world.run()
    sms.enabled = False
    sms.save()
    world.run(120)
    assert told() == ["ada by Mail"]
    assert "the contact is switched off" in warnings()[0]


def test_later_rules_go_on_after_the_last_step_was_done(world: World, ada: User) -> None:
    rule(contact(ada, "Mail"), 0), rule(contact(ada, "SMS"), 600)
    world.start(policy(step(user_target(ada), wait_s=60)))
    world.run(600)
    assert times() == [(0, "ada by Mail"), (600, "ada by SMS")]


def test_a_rule_changed_while_a_page_waits_does_not_move_it(world: World, ada: User) -> None:
    late = rule(contact(ada, "Mail"), 300)
    world.start(policy(step(user_target(ada), wait_s=900)))
    world.run()
    late.delete()
    world.run(300)
    assert times() == [(300, "ada by Mail")]
    assert Page.objects.get().done_at == world.now
