"""Acknowledge, snooze and resolve: what stops, what resumes, and who is told of the end. In virtual time."""

import pytest

from alerts.delivery.models import Delivery
from alerts.oncall.escalations import escalation_update
from alerts.oncall.models import Escalation, Page
from alerts.oncall.queries import acknowledge_timeout_s
from security.access.models import User
from tests.alerts.oncall.world import (
    SUBJECT,
    World,
    channel,
    contact,
    message,
    outcomes,
    policy,
    quiet,
    rule,
    state,
    step,
    target,
    times,
    told,
    user_target,
)


@pytest.fixture
def world(db: None, ada: User, otto: User) -> World:
    contact(ada), contact(otto)
    return World()


def test_acknowledge_stops_the_escalation(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), step(user_target(otto)), repeat=3))
    world.run()
    world.acknowledge()
    world.run(100_000)
    assert times() == [(0, "ada by Mail")]
    assert state() == "held"


def test_acknowledge_cancels_what_waits_to_be_sent_and_says_why(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.acknowledge()
    assert list(Delivery.objects.values_list("state", "ended_why")) == [("cancelled", "Acknowledged by ada.")]


def test_acknowledge_voids_the_later_rules_of_people(world: World, ada: User) -> None:
    rule(ada.contact_methods.get(), 300)
    world.start(policy(step(user_target(ada))))
    world.run()
    assert Page.objects.filter(due_at__isnull=False).count() == 1
    world.acknowledge()
    world.run(1000)
    assert told() == []


def test_acknowledge_leaves_what_others_say_of_the_incident(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    Delivery.objects.update(key="group:1/t5/n3")
    world.acknowledge()
    assert Delivery.objects.get().state == "pending"


def test_what_is_being_sent_when_acknowledged_is_not_tried_again(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    Delivery.objects.update(state="sending")
    world.acknowledge()
    assert Delivery.objects.get().cancelled_at == world.now


def test_acknowledging_twice_is_once(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.acknowledge()
    world.acknowledge()
    assert state() == "held"


def test_the_end_of_an_acknowledgement_pages_from_the_first_step_in_a_new_episode(
    world: World, ada: User, otto: User
) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), step(user_target(otto))))
    world.run(60)
    world.acknowledge()
    world.run(1740)
    world.acknowledgement_ends()
    world.run(60)
    assert times() == [(0, "ada by Mail"), (60, "otto by Mail"), (1800, "ada by Mail"), (1860, "otto by Mail")]
    assert Delivery.objects.latest("id").key.startswith(f"{SUBJECT}/e1/l0/s2/")


def test_resuming_what_runs_changes_nothing(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.acknowledgement_ends()
    world.run()
    assert times() == [(0, "ada by Mail")]


def test_the_reason_of_a_resumption_stands_in_the_timeline(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.acknowledge()
    world.acknowledgement_ends()
    world.run()
    assert outcomes() == ["told", "resumed", "told"]


def test_after_a_snooze_somebody_told_before_is_told_again(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.send()
    world.acknowledge()
    world.run(1)
    world.acknowledgement_ends()
    world.run()
    assert times() == [(0, "ada by Mail"), (1, "ada by Mail")]


def test_resolve_cancels_everything_that_waits(world: World, ada: User, otto: User) -> None:
    rule(ada.contact_methods.get(), 300)
    world.start(policy(step(user_target(otto), user_target(ada), wait_s=60), repeat=3))
    world.run()
    world.resolve()
    world.run(100_000)
    assert list(Delivery.objects.values_list("state", flat=True)) == ["cancelled"]
    assert not Page.objects.filter(due_at__isnull=False).exists()
    assert state() == "over"


def test_whoever_was_told_of_firing_is_told_of_the_resolve_by_the_same_contact(
    world: World, ada: User, otto: User
) -> None:
    contact(ada, "Phone")
    world.start(policy(step(user_target(ada), wait_s=60), step(user_target(otto))))
    world.run()
    world.send()
    world.resolve()
    assert sorted(told("resolved")) == ["ada by Mail", "ada by Phone"]


def test_a_channel_that_was_told_of_firing_is_told_of_the_resolve(world: World) -> None:
    world.start(policy(step(target("channel", channel("Room", "slack")))))
    world.run()
    world.send()
    world.resolve()
    assert told("resolved") == ["Room"]


def test_nobody_is_told_of_the_resolve_who_was_not_told_of_firing(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.resolve()
    assert told("resolved") == []


def test_somebody_who_may_have_been_told_is_told_of_the_resolve(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    Delivery.objects.update(attempts_made=1)  # such as a timeout after the receiver took it
    world.resolve()
    assert told("resolved") == ["ada by Mail"]


def test_somebody_who_is_being_told_just_now_is_told_of_the_resolve(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    Delivery.objects.update(state="sending")
    world.resolve()
    assert told("resolved") == ["ada by Mail"]


def test_the_resolve_is_told_once_though_firing_was_told_often_and_by_two_policies(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), repeat=3, name="One"))
    world.start(policy(step(user_target(ada), wait_s=90), repeat=3, name="Two"))
    world.run(200)
    world.send()
    world.resolve()
    assert told("resolved") == ["ada by Mail"]


def test_resolving_twice_tells_once(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.send()
    assert (world.resolve(), world.resolve()) == (1, 0)


def test_the_resolve_is_told_though_it_was_acknowledged_before(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    world.send()
    world.acknowledge()
    world.resolve()
    assert told("resolved") == ["ada by Mail"]


def test_the_resolve_is_told_though_all_steps_were_done_long_ago(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=1)))
    world.run()
    world.send()
    world.run(100_000)
    world.resolve()
    assert told("resolved") == ["ada by Mail"]


def test_an_incident_that_begins_anew_pages_anew_and_ends_anew(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)))
    for _ in range(2):
        world.start(rules)
        world.run()
        world.send()
        world.resolve()
        world.run(30)
        world.send()
    assert times() == [(0, "ada by Mail"), (30, "ada by Mail")]
    assert told("resolved") == ["ada by Mail"] * 2
    assert Escalation.objects.count() == 2


def test_whoever_was_told_by_an_earlier_run_only_is_not_told_of_a_later_end(
    world: World, ada: User, otto: User
) -> None:
    world.start(policy(step(user_target(ada)), name="One"))
    world.run()
    world.send()
    world.resolve()
    world.start(policy(step(user_target(otto)), name="Two"))
    world.run()
    world.send()
    world.resolve()
    assert told("resolved") == ["ada by Mail", "otto by Mail"]


def test_a_resolve_that_is_not_urgent_waits_for_the_end_of_quiet_hours(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))), urgency="normal")
    world.run()
    world.send()
    quiet(ada, "11:00", "14:00")
    world.resolve()
    assert (Delivery.objects.get(kind="resolved").next_attempt_at - world.now).total_seconds() == 7200


def test_an_update_changes_what_later_steps_say_and_pages_nobody(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), step(user_target(otto))))
    world.run()
    escalation_update(subject=SUBJECT, message=message(title="Shop and cart"), severity="critical", now=world.now)
    world.run(60)
    titles = [one.message["title"] for one in Delivery.objects.order_by("id")]
    assert titles == ["Shop is down", "Shop and cart"]


def test_becoming_so_severe_that_a_left_out_step_counts_pages_from_the_first_step(
    world: World, ada: User, otto: User
) -> None:
    rules = policy(step(user_target(ada), least_severity="critical"), step(user_target(otto), wait_s=600))
    world.start(rules, severity="warning")
    world.run(60)
    escalation_update(subject=SUBJECT, message=message(), severity="critical", now=world.now)
    world.run()
    assert times() == [(0, "otto by Mail"), (60, "ada by Mail")]


def test_the_acknowledge_timeout_is_that_of_the_policy_when_it_started(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)), acknowledge_timeout_s=600)
    world.start(rules)
    rules.acknowledge_timeout_s = 5
    rules.save()
    assert acknowledge_timeout_s(SUBJECT) == 600


def test_of_two_policies_the_shorter_acknowledge_timeout_counts(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada)), name="One", acknowledge_timeout_s=600))
    world.start(policy(step(user_target(ada)), name="Two", acknowledge_timeout_s=300))
    world.start(policy(step(user_target(ada)), name="Never", acknowledge_timeout_s=0))
    assert acknowledge_timeout_s(SUBJECT) == 300
