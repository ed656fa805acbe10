"""Writes of teams and schedules: in one go, faults by field, an event for what changed."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.oncall import actions
from alerts.oncall.models import Layer, Schedule
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule


def stored(found: Schedule) -> list[tuple[str, list[str]]]:
    layers = found.layers.all()
    return [(one.name, [member.user.username for member in one.members.all()]) for one in layers]


def faults(**values: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        actions.schedule_save(**{"name": "Web"} | values)
    return dict(caught.value.message_dict)


def last_event() -> Event:
    found: Event = Event.objects.order_by("-id")[0]
    return found


def test_a_schedule_is_made_with_its_layers_and_members_in_order(ada: User, otto: User) -> None:
    found = schedule(layer(otto, ada, otto), layer(ada, name="Office"))
    assert stored(found) == [("Primary", ["otto", "ada", "otto"]), ("Office", ["ada"])]


def test_layers_that_are_not_named_are_deleted_and_named_ones_keep_their_id(ada: User, otto: User) -> None:
    found = schedule(layer(ada), layer(otto, name="Office"))
    kept = found.layers.get(name="Office")
    actions.schedule_save(schedule=found, name="Web", layers=[layer(ada, otto, id=kept.pk, name="Day")])
    assert stored(found) == [("Day", ["ada", "otto"])]
    assert found.layers.get().pk == kept.pk


def test_none_leaves_the_layers_alone(ada: User) -> None:
    found = schedule(layer(ada))
    actions.schedule_save(schedule=found, name="Web shop")
    assert stored(found) == [("Primary", ["ada"])]


def test_what_is_wrong_is_said_by_place(ada: User) -> None:
    wrong = layer(ada, length=0, restrictions=[{"weekday": 7, "start": "9", "end": "17:00"}])
    found = faults(layers=[layer(ada), wrong, layer(rotation="yearly")])
    assert sorted(found) == [
        "layers.1.length",
        "layers.1.restrictions.0.start",
        "layers.1.restrictions.0.weekday",
        "layers.2.members",
        "layers.2.rotation",
    ]


def test_a_layer_of_another_schedule_cannot_be_taken(ada: User) -> None:
    other = schedule(layer(ada), name="Other").layers.get()
    assert list(faults(layers=[layer(ada, id=other.pk)])) == ["layers.0.id"]
    assert Layer.objects.count() == 1


def test_a_layer_cannot_end_before_it_starts(ada: User) -> None:
    assert list(faults(layers=[layer(ada, ends_at=MONDAY)])) == ["layers.0.ends_at"]


def test_a_time_zone_has_to_be_one(db: None) -> None:
    assert "Europe/Vienna" in faults(time_zone="Vienna")["time_zone"][0]


def test_addresses_of_the_pages_are_not_slugs(db: None) -> None:
    assert list(faults(slug="my-shifts")) == ["slug"]
    assert actions.schedule_save(name="Policies").slug == "policies-on-call"


def test_a_change_is_an_event_with_who_did_it_and_no_change_is_none(ada: User) -> None:
    found = actions.schedule_save(name="Web", layers=[layer(ada)], by=ada)
    event = last_event()
    assert (event.kind, event.subject, event.payload["by"]) == ("alerts.schedule.created", "schedule:web", "ada")
    kept = layer(ada, id=found.layers.get().pk)
    actions.schedule_save(schedule=found, name="Web", layers=[kept], by=ada)
    assert last_event().pk == event.pk


def test_deleting_a_schedule_is_an_event(ada: User) -> None:
    actions.schedule_delete(schedule=schedule(layer(ada)), by=ada)
    assert last_event().kind == "alerts.schedule.deleted"
    assert not Schedule.objects.exists()


def test_a_team_has_members(ada: User, otto: User) -> None:
    team = actions.team_save(name="Operations", members=[ada], by=ada)
    actions.team_save(team=team, name="Operations", members=[ada, otto], by=ada)
    assert set(team.members.all()) == {ada, otto}
    assert (last_event().kind, last_event().payload["changed"]) == ("alerts.team.saved", ["members"])


def test_a_team_that_is_deleted_leaves_its_people(ada: User) -> None:
    actions.team_delete(team=actions.team_save(name="Operations", members=[ada]), by=ada)
    assert User.objects.filter(pk=ada.pk).exists()
    assert last_event().kind == "alerts.team.deleted"
