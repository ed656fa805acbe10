"""Whom a policy tells, and when: each rule of escalation by name, in virtual time."""

from datetime import timedelta

import pytest

from alerts.delivery.models import Delivery
from alerts.oncall.models import Escalation, EscalationEntry, EscalationPolicy, PolicyStep
from security.access.models import User
from tests.alerts.oncall.world import (
    START,
    SUBJECT,
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


@pytest.fixture
def reachable(ada: User, otto: User, vera: User) -> None:
    for user in (ada, otto, vera):
        contact(user)


@pytest.mark.usefixtures("reachable")
def test_the_first_step_is_done_at_once(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada))))
    world.run()
    assert times() == [(0, "ada by Mail")]


@pytest.mark.usefixtures("reachable")
def test_the_next_step_follows_after_the_wait(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(otto))))
    world.run(299)
    assert told() == ["ada by Mail"]
    world.run(1)
    assert times() == [(0, "ada by Mail"), (300, "otto by Mail")]


@pytest.mark.usefixtures("reachable")
def test_the_steps_are_repeated_up_to_n_times_and_no_more(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=600), repeat=2))
    world.run(100_000)
    assert [seconds for seconds, _ in times()] == [0, 600, 1200]
    assert state() == "exhausted"


@pytest.mark.usefixtures("reachable")
def test_a_policy_that_does_not_repeat_is_done_after_its_last_wait(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=600)))
    world.send()
    world.run(599)
    assert state() == "running"
    world.run(1)
    assert state() == "exhausted"


@pytest.mark.usefixtures("reachable")
def test_a_schedule_tells_everybody_on_call(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(target("schedule", schedule("Primary", otto)))))
    world.run()
    assert told() == ["otto by Mail"]
    assert Delivery.objects.get().why.startswith("on call in Primary, step 1 of policy Default, by every contact")


@pytest.mark.usefixtures("reachable")
def test_whoever_is_on_call_when_the_step_is_done_is_told(world: World, ada: User, otto: User) -> None:
    primary = schedule("Primary", otto)
    world.start(policy(step(target("schedule", primary), wait_s=60), repeat=1))
    world.run()
    primary.overrides.create(user=ada, starts_at=START + timedelta(seconds=30), ends_at=START + timedelta(days=1))
    world.run(60)
    assert times() == [(0, "otto by Mail"), (60, "ada by Mail")]


@pytest.mark.usefixtures("reachable")
def test_a_team_tells_all_its_members(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(target("team", team("Ops", ada, otto)))))
    world.run()
    assert sorted(told()) == ["ada by Mail", "otto by Mail"]


def test_a_channel_is_told_itself(world: World) -> None:
    world.start(policy(step(target("channel", channel("Ops room", "slack")))))
    world.run()
    assert told() == ["Ops room"]
    assert Delivery.objects.get().key == "incident:42/e0/l0/s1/channel:" + str(channel("Ops room").pk)


def test_a_webhook_channel_is_told_as_any_other(world: World) -> None:
    world.start(policy(step(target("channel", channel("Hook", "webhook")))))
    world.run()
    assert told() == ["Hook"]


@pytest.mark.usefixtures("reachable")
def test_a_person_meant_twice_in_a_step_is_told_once_and_why_names_both(world: World, ada: User) -> None:
    both = step(target("schedule", schedule("Primary", ada)), target("team", team("Ops", ada)), user_target(ada))
    world.start(policy(both))
    world.run()
    assert told() == ["ada by Mail"]
    assert "on call in Primary and in team Ops and named" in Delivery.objects.get().why


@pytest.mark.usefixtures("reachable")
def test_a_key_names_subject_episode_lap_step_person_and_contact(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), repeat=1))
    world.run(60)
    method = ada.contact_methods.get()
    keys = list(Delivery.objects.order_by("id").values_list("key", flat=True))
    tail = f"s1/user:{ada.pk}/contact:{method.pk}"
    assert keys == [f"{SUBJECT}/e0/l0/{tail}", f"{SUBJECT}/e0/l1/{tail}"]


@pytest.mark.usefixtures("reachable")
def test_round_robin_tells_one_in_turn_and_is_fair_over_incidents(
    world: World, ada: User, otto: User, vera: User
) -> None:
    rules = policy(step(*map(user_target, (ada, otto, vera)), round_robin=True))
    for number in range(6):
        world.start(rules, subject=f"incident:{number}")
    world.run()
    assert sorted(told()) == ["ada by Mail"] * 2 + ["otto by Mail"] * 2 + ["vera by Mail"] * 2


@pytest.mark.usefixtures("reachable")
def test_round_robin_goes_on_where_it_was_after_a_restart(world: World, ada: User, otto: User) -> None:
    rules = policy(step(user_target(ada), user_target(otto), round_robin=True))
    world.start(rules, subject="incident:1")
    world.run()
    world.start(rules, subject="incident:2")
    world.run()
    assert told() == ["ada by Mail", "otto by Mail"]
    assert PolicyStep.objects.get().turn == 2


@pytest.mark.usefixtures("reachable")
def test_round_robin_passes_over_whoever_cannot_be_told_fairly(world: World, ada: User, otto: User, vera: User) -> None:
    vera.contact_methods.all().delete()
    rules = policy(step(*map(user_target, (ada, vera, otto)), round_robin=True))
    for number in range(4):
        world.start(rules, subject=f"incident:{number}")
    world.run()
    assert sorted(told()) == ["ada by Mail"] * 2 + ["otto by Mail"] * 2


@pytest.mark.usefixtures("reachable")
def test_a_step_outside_its_hours_is_skipped_at_once(world: World, ada: User, otto: User) -> None:
    night = {"time_zone": "UTC", "weekdays": [], "start": "22:00", "end": "06:00"}
    world.start(policy(step(user_target(ada), only_between=night), step(user_target(otto))))
    world.run()
    assert times() == [(0, "otto by Mail")]
    assert outcomes() == ["skipped", "told"]


@pytest.mark.usefixtures("reachable")
def test_the_hours_of_a_step_are_those_of_its_own_zone(world: World, ada: User) -> None:
    evening = {"time_zone": "Asia/Tokyo", "weekdays": [0], "start": "21:00", "end": "22:00"}  # 12:00 UTC
    world.start(policy(step(user_target(ada), only_between=evening)))
    world.run()
    assert times() == [(0, "ada by Mail")]


@pytest.mark.usefixtures("reachable")
def test_when_no_step_is_in_its_hours_it_waits_for_the_first_that_is(world: World, ada: User, otto: User) -> None:
    late = {"time_zone": "UTC", "weekdays": [], "start": "15:00", "end": "16:00"}
    soon = {"time_zone": "UTC", "weekdays": [], "start": "13:00", "end": "14:00"}
    world.start(policy(step(user_target(ada), only_between=late), step(user_target(otto), only_between=soon)))
    world.run(7200)
    assert times() == [(3600, "otto by Mail")]


@pytest.mark.usefixtures("reachable")
def test_a_step_for_worse_is_skipped_at_once(world: World, ada: User, otto: User) -> None:
    world.start(policy(step(user_target(ada), least_severity="critical"), step(user_target(otto))), severity="warning")
    world.run()
    assert times() == [(0, "otto by Mail")]


@pytest.mark.usefixtures("reachable")
def test_a_policy_that_is_for_worse_only_tells_nobody_and_says_so_quietly(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), least_severity="critical")), severity="warning")
    world.run(10_000)
    assert told() == []
    assert state() == "exhausted"
    assert warnings() == []


@pytest.mark.usefixtures("reachable")
def test_the_policy_is_snapshotted_when_an_escalation_starts(world: World, ada: User, otto: User, vera: User) -> None:
    rules = policy(step(user_target(ada), wait_s=60), step(user_target(otto), wait_s=60))
    world.start(rules)
    world.run()
    PolicyStep.objects.filter(policy=rules, position=0).delete()
    PolicyStep.objects.filter(policy=rules).update(targets=[user_target(vera)], wait_s=1)
    EscalationPolicy.objects.update(repeat=9)
    world.run(10_000)
    assert times() == [(0, "ada by Mail"), (60, "otto by Mail")]


@pytest.mark.usefixtures("reachable")
def test_a_policy_that_is_deleted_goes_on_where_it_is_at_work(world: World, ada: User, otto: User) -> None:
    rules = policy(step(user_target(ada), wait_s=60), step(user_target(otto), wait_s=60))
    world.start(rules)
    world.run()
    rules.delete()
    world.run(60)
    assert told() == ["ada by Mail", "otto by Mail"]


@pytest.mark.usefixtures("reachable")
def test_starting_twice_is_starting_once(world: World, ada: User) -> None:
    rules = policy(step(user_target(ada)))
    first = world.start(rules)
    assert world.start(rules).pk == first.pk
    world.run()
    assert told() == ["ada by Mail"]
    assert Escalation.objects.count() == 1


@pytest.mark.usefixtures("reachable")
def test_two_policies_on_one_incident_tell_the_same_contact_once_at_once(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada)), name="One"))
    world.start(policy(step(user_target(ada)), name="Two"))
    world.run()
    assert told() == ["ada by Mail"]
    assert any("was just told" in entry.summary for entry in EscalationEntry.objects.all())


@pytest.mark.usefixtures("reachable")
def test_the_first_message_of_an_incident_jumps_the_queue_and_later_ones_do_not(world: World, ada: User) -> None:
    world.start(policy(step(user_target(ada), wait_s=60), step(user_target(ada))))
    world.run(60)
    assert list(Delivery.objects.order_by("id").values_list("is_first", flat=True)) == [True, False]


def test_a_downtime_of_the_alerter_delays_steps_and_keeps_their_distance(world: World, ada: User, otto: User) -> None:
    contact(ada), contact(otto)
    world.start(policy(step(user_target(ada), wait_s=300), step(user_target(otto))))
    world.now += timedelta(hours=1)
    world.run(300)
    assert times() == [(3600, "ada by Mail"), (3900, "otto by Mail")]


def test_why_names_the_rule_of_the_person(world: World, ada: User) -> None:
    rule(contact(ada), 0)
    world.start(policy(step(target("schedule", schedule("Primary", ada)))))
    world.run()
    assert Delivery.objects.get().why == "on call in Primary, step 1 of policy Default, by rule 1: Mail at once"
