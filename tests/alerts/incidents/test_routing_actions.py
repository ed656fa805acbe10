"""Writes of what decides over alerts: what is refused, and where it says so."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.delivery.models import Channel
from alerts.incidents import actions
from alerts.incidents.configuration import settings_stored
from alerts.incidents.models import Receiver, ReceiverTarget, Route, Told
from alerts.incidents.seeds import seed
from alerts.oncall.seeds import seed as oncall_seed
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.incidents.world import START, World, channel_made, told

pytestmark = pytest.mark.django_db


def places(write: Any, **values: Any) -> list[str]:
    """The fields that an action names."""
    with pytest.raises(ValidationError) as refused:
        write(**values)
    error = refused.value
    return list(error.message_dict) if hasattr(error, "error_dict") else ["__all__"]


def test_a_second_root_is_refused(hook: Channel) -> None:
    assert places(actions.route_save, receiver=Receiver.objects.get()) != []
    assert Route.objects.count() == 1


def test_a_root_without_a_receiver_is_refused(db: None) -> None:
    assert places(actions.route_save, name="root") == ["__all__"]
    assert not Route.objects.exists()


def test_a_route_below_itself_is_refused(hook: Channel) -> None:
    root = Route.objects.get()
    child = actions.route_save(parent=root, matchers=["a=b"])
    grandchild = actions.route_save(parent=child, matchers=["c=d"])
    assert places(actions.route_save, route=child, parent=grandchild) == ["__all__"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("matchers", {"matchers": ["a=~("]}),
        ("group_by", {"group_by": ["...", "a"]}),
        ("group_by", {"group_by": "alertname"}),
        ("group_wait_s", {"group_wait_s": -1}),
        ("group_interval_s", {"group_interval_s": 0}),
    ],
)
def test_a_route_that_cannot_be_names_its_field(hook: Channel, field: str, values: dict[str, Any]) -> None:
    assert places(actions.route_save, parent=Route.objects.get(), **values) == [field]


def test_what_is_not_given_stays(hook: Channel) -> None:
    root = Route.objects.get()
    child = actions.route_save(parent=root, matchers=["a=b"], group_wait_s=5)
    again = actions.route_save(route=child, name="B")
    assert (again.parent, again.matchers, again.group_wait_s, again.name) == (root, ['a="b"'], 5, "B")


def test_the_root_cannot_be_deleted(hook: Channel) -> None:
    assert places(actions.route_delete, route=Route.objects.get()) == ["__all__"]


def test_a_target_that_stays_is_still_owed_what_it_was_told(world: World, hook: Channel) -> None:
    world.fire()
    world.later(30)
    other = channel_made("Other")
    targets = [{"channel": hook.slug}, {"channel": other.slug}]
    actions.receiver_save(receiver=Receiver.objects.get(), name="Both", targets=targets)
    world.resolve()
    assert told(hook) == ["firing DiskFull", "resolved -DiskFull"]


def test_a_target_that_does_not_exist_is_named_by_its_place(db: None) -> None:
    assert places(actions.receiver_save, name="R", targets=[{"channel": "none"}]) == ["targets.0.channel"]
    assert places(actions.receiver_save, name="R", targets=[{}]) == ["targets.0"]


def test_a_receiver_in_use_is_not_deleted(hook: Channel) -> None:
    assert places(actions.receiver_delete, receiver=Receiver.objects.get()) == ["__all__"]


def test_an_interval_in_use_is_not_deleted(hook: Channel) -> None:
    night = actions.interval_save(name="night", intervals=[{"times": [{"start_time": "22:00", "end_time": "24:00"}]}])
    actions.route_save(parent=Route.objects.get(), matchers=["a=b"], mute_times=[night])
    assert places(actions.interval_delete, interval=night) == ["__all__"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("recurrence", {"recurrence": "now and then"}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
        ("duration_s", {"duration_s": 5}),
        ("matchers", {"matchers": []}),
    ],
)
def test_maintenance_that_cannot_be_names_its_field(db: None, field: str, values: dict[str, Any]) -> None:
    good = {"name": "m", "matchers": ["a=b"], "recurrence": "0 3 * * *", "first_at": START, "duration_s": 3600}
    assert places(actions.maintenance_save, **good | values) == [field]


def test_an_inhibition_without_a_side_is_refused(db: None) -> None:
    assert places(actions.inhibition_save, name="x", source_matchers=[], target_matchers=["a=b"]) == ["source_matchers"]


def test_every_change_is_heard_of_and_stands_in_the_timeline(ada: User) -> None:
    before = settings_stored().revision
    actions.inhibition_save(name="x", source_matchers=["a=b"], target_matchers=["a=c"], by=ada)
    assert settings_stored().revision == before + 1
    assert Event.objects.get(kind="alerts.inhibition.created").summary == "Inhibition rule x was added by ada"


def test_the_seed_sends_everything_to_the_default_policy_once(db: None) -> None:
    oncall_seed()
    assert seed() == ["Receiver Default", "Root route"]
    assert seed() == []
    target = ReceiverTarget.objects.get()
    assert target.policy is not None
    assert target.policy.is_default
    assert Route.objects.get().receiver == target.receiver


def test_what_is_told_of_a_group_is_remembered_by_target(world: World, plain_hook: Channel) -> None:
    world.fire()
    world.later(30)
    row = Told.objects.get()
    assert (len(row.firing), row.sequence) == (1, 1)
