"""Writes of policies: steps in one go, errors by their place, events that say who did it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.incidents.models import Receiver, ReceiverTarget
from alerts.oncall.actions import policy_delete, policy_save
from alerts.oncall.models import EscalationPolicy
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.world import channel, schedule, team

HOURS = {"time_zone": "Europe/Vienna", "weekdays": [4, 0], "start": "09:00", "end": "17:30"}


def to(kind: str, slug: str) -> dict[str, str]:
    return {"kind": kind, "slug": slug}


def errors_of(steps: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        policy_save(name="Shop", steps=steps)
    assert not EscalationPolicy.objects.exists()
    return refused.value.message_dict


def test_a_policy_is_stored_with_its_steps_and_what_each_target_is(ada: User) -> None:
    primary = schedule("Primary", ada)
    steps = [
        {"targets": [to("schedule", "primary")], "wait_s": 60},
        {"targets": [to("user", "ada")], "round_robin": True, "only_between": HOURS, "least_severity": "error"},
    ]
    policy = policy_save(name="Shop", steps=steps, repeat=3, by=ada)
    first, second = policy.steps.all()
    assert first.targets == [{"kind": "schedule", "slug": "primary", "id": primary.pk, "name": "Primary"}]
    assert (first.wait_s, second.wait_s, second.round_robin) == (60, 300, True)
    assert second.only_between == HOURS | {"weekdays": [0, 4]}
    assert (policy.slug, policy.repeat, policy.revision) == ("shop", 3, 1)


def test_every_kind_of_target_is_found(ada: User) -> None:
    schedule("Primary"), team("Ops"), channel("Room", "slack")
    targets = [to("schedule", "primary"), to("team", "ops"), to("channel", "room"), to("user", "ada")]
    assert len(policy_save(name="Shop", steps=[{"targets": targets}]).steps.get().targets) == 4


def test_errors_name_the_step_the_target_and_the_fix(ada: User) -> None:
    found = errors_of([{"targets": [to("user", "ada")]}, {"targets": [to("user", "ada"), to("schedule", "nights")]}])
    assert found == {"steps.1.targets.1.slug": ["There is no schedule 'nights'."]}


def test_a_disabled_account_is_no_target(ada: User, otto: User) -> None:
    User.objects.filter(pk=otto.pk).update(is_active=False)
    assert errors_of([{"targets": [to("user", "otto")]}]) == {
        "steps.0.targets.0.slug": ["There is no active account 'otto'."]
    }


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({"targets": []}, "targets"),
        ({"targets": [{"kind": "pigeon", "slug": "ada"}]}, "targets.0.kind"),
        ({"targets": ["ada"]}, "targets.0.kind"),
        ({"wait_s": -1}, "wait_s"),
        ({"wait_s": True}, "wait_s"),
        ({"round_robin": "yes"}, "round_robin"),
        ({"least_severity": "fatal"}, "least_severity"),
        ({"only_between": "nights"}, "only_between"),
        ({"only_between": HOURS | {"time_zone": "Mars"}}, "only_between.time_zone"),
        ({"only_between": HOURS | {"weekdays": [7]}}, "only_between.weekdays"),
        ({"only_between": HOURS | {"start": "9 o'clock"}}, "only_between.start"),
        ({"only_between": HOURS | {"end": None}}, "only_between.end"),
        ({"patience": 1}, "patience"),
    ],
)
def test_what_a_step_may_not_be(ada: User, step: dict[str, Any], place: str) -> None:
    found = errors_of([{"targets": [to("user", "ada")]} | step])
    assert list(found) == [f"steps.0.{place}"]


def test_a_policy_needs_a_step(db: None) -> None:
    assert list(errors_of([])) == ["steps"]
    assert list(errors_of([{}] * 21)) == ["steps"]


def test_an_edit_keeps_whose_turn_it_is_and_counts_the_revision(ada: User) -> None:
    policy = policy_save(name="Shop", steps=[{"targets": [to("user", "ada")], "round_robin": True}])
    policy.steps.update(turn=7)
    policy_save(policy=policy, name="Shop", steps=[{"targets": [to("user", "ada")], "round_robin": True, "wait_s": 5}])
    assert policy.steps.get().turn == 7
    policy.refresh_from_db()
    assert policy.revision == 2


def test_saving_what_is_there_changes_nothing_and_says_nothing(ada: User) -> None:
    steps = [{"targets": [to("user", "ada")]}]
    policy = policy_save(name="Shop", steps=steps)
    policy_save(policy=policy, name="Shop", steps=steps)
    assert Event.objects.filter(kind__startswith="alerts.policy").count() == 1


def test_steps_that_are_not_given_stay(ada: User) -> None:
    policy = policy_save(name="Shop", steps=[{"targets": [to("user", "ada")]}])
    policy_save(policy=policy, name="Shop and cart", repeat=1)
    assert policy.steps.count() == 1


def test_a_new_default_takes_over_from_the_old_one(ada: User) -> None:
    steps = [{"targets": [to("user", "ada")]}]
    old = policy_save(name="Old", steps=steps, is_default=True)
    new = policy_save(name="New", steps=steps, is_default=True)
    assert list(EscalationPolicy.objects.filter(is_default=True)) == [new]
    assert old.slug == "old"


def test_events_say_who_did_it(ada: User) -> None:
    policy = policy_save(name="Shop", steps=[{"targets": [to("user", "ada")]}], by=ada)
    policy_save(policy=policy, name="Shop", repeat=5, by=ada)
    policy_delete(policy=policy, by=ada)
    kinds = Event.objects.filter(subject="policy:shop").order_by("id").values_list("kind", "payload__by")
    assert list(kinds) == [(f"alerts.policy.{verb}", "ada") for verb in ("created", "saved", "deleted")]


def test_a_policy_that_a_receiver_uses_is_not_deleted(ada: User) -> None:
    policy = policy_save(name="Shop", steps=[{"targets": [to("user", "ada")]}])
    ReceiverTarget.objects.create(receiver=Receiver.objects.create(name="shop"), policy=policy)
    with pytest.raises(ValidationError, match="is used by"):
        policy_delete(policy=policy)


def test_a_name_is_taken_once(ada: User) -> None:
    policy_save(name="Shop", steps=[{"targets": [to("user", "ada")]}])
    with pytest.raises(ValidationError) as refused:
        policy_save(name="Shop", steps=[{"targets": [to("user", "ada")]}])
    assert "name" in refused.value.message_dict
