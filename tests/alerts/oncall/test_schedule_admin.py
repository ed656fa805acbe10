"""The admin of schedules: the schedule and its layers are stored by one action, with faults at their fields."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from alerts.oncall.models import Override, Schedule, Team
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.oncall.estate import layer, schedule

ADD = "/admin/oncall/schedule/add/"


def rows(*layers: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """The inline forms of layers as a browser sends them."""
    values: dict[str, Any] = {"layers-TOTAL_FORMS": len(layers), "layers-INITIAL_FORMS": initial}
    for number, one in enumerate(layers):
        row = {"name": "Primary", "rotation": "weekly", "length": 1, "starts_at": "2026-11-23T09:00"} | one
        values |= {f"layers-{number}-{name}": value for name, value in row.items()}
    return values


def entered(*layers: dict[str, Any], initial: int = 0, **values: Any) -> dict[str, Any]:
    return {"name": "Web", "time_zone": "Europe/Vienna", "description": ""} | values | rows(*layers, initial=initial)


def faults(answer: Any) -> dict[str, str]:
    """Of the first layer's form."""
    assert answer.status_code == 200
    errors = answer.context["inline_admin_formsets"][0].formset.forms[0].errors
    return {name: " ".join(words) for name, words in errors.items()}


def test_a_schedule_is_added_with_layers_by_its_own_clock(ada: User, otto: User, ada_client: Client) -> None:
    ada_client.post(ADD, entered({"members": "ada, otto", "restrictions": "Mon-Fri 09:00 to 17:00"}))
    found = Schedule.objects.get().layers.get()
    assert found.starts_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert [member.user for member in found.members.all()] == [ada, otto]
    assert len(found.restrictions) == 5


def test_saving_is_one_event_with_who_did_it(ada: User, ada_client: Client) -> None:
    ada_client.post(ADD, entered({"members": "ada"}))
    event = Event.objects.get(kind__startswith="alerts.schedule")
    assert (event.kind, event.payload["by"]) == ("alerts.schedule.created", "ada")


def test_a_layer_is_edited_and_another_deleted(ada: User, otto: User, ada_client: Client) -> None:
    found = schedule(layer(ada), layer(otto, name="Nights"))
    first, second = found.layers.all()
    keep = {"id": first.pk, "schedule": found.pk, "members": "otto ada", "length": 2}
    drop = {"id": second.pk, "schedule": found.pk, "members": "otto", "DELETE": "on"}
    ada_client.post(f"/admin/oncall/schedule/{found.pk}/change/", entered(keep, drop, initial=2))
    kept = found.layers.get()
    assert (kept.pk, kept.length, [member.user for member in kept.members.all()]) == (first.pk, 2, [otto, ada])


def test_what_is_stored_is_shown_by_the_schedules_clock(ada: User, ada_client: Client) -> None:
    found = schedule(
        layer(ada, restrictions=[{"weekday": 5, "start": "10:00", "end": "12:00"}]), time_zone="Asia/Tokyo"
    )
    page = (
        ada_client.get(f"/admin/oncall/schedule/{found.pk}/change/")
        .content.decode()
        .replace("\n</textarea>", "</textarea>")
    )
    for words in ('value="2026-11-23T18:00"', "Sat 10:00 to 12:00", "ada</textarea>"):
        assert words in page


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"members": "ada, grace"}, "members", "There is no user 'grace'"),
        ({"members": ""}, "members", "Name at least one person"),
        ({"members": "ada", "length": 0}, "length", "greater than or equal to 1"),
        ({"members": "ada", "restrictions": "noon"}, "restrictions", "Line 1: 'noon' is not understood"),
        ({"members": "ada", "restrictions": "daily 29:00 to 06:00"}, "restrictions", "Give a time of day"),
        ({"members": "ada", "starts_at": "tomorrow"}, "starts_at", "such as 2026-11-23 09:00"),
        ({"members": "ada", "ends_at": "2026-11-23T09:00"}, "ends_at", "must come after the start"),
    ],
)
def test_what_is_wrong_with_a_layer_stands_at_its_field(
    ada: User, ada_client: Client, values: dict[str, Any], field: str, words: str
) -> None:
    errors = faults(ada_client.post(ADD, entered(values)))
    assert words in errors[field]
    assert not Schedule.objects.exists()


def test_a_time_zone_that_is_none_is_said_and_nothing_stored(ada: User, ada_client: Client) -> None:
    answer = ada_client.post(ADD, entered({"members": "ada"}, time_zone="Vienna"))
    assert "is not a time zone" in answer.content.decode()
    assert not Schedule.objects.exists()


def test_a_schedule_is_deleted_by_the_action(ada: User, ada_client: Client) -> None:
    found = schedule(layer(ada))
    ada_client.post(f"/admin/oncall/schedule/{found.pk}/delete/", {"post": "yes"})
    assert Event.objects.filter(kind="alerts.schedule.deleted", payload__by="ada").exists()


def test_the_list_of_many_takes_as_many_statements_as_of_one(
    ada: User, ada_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        schedule(layer(ada, name=f"Rota {number}"), name=f"Schedule {number}")
    with django_assert_max_num_queries(10):
        page = ada_client.get("/admin/oncall/schedule/").content.decode()
    assert "Rota 7" in page


def test_teams_and_overrides_are_stored_by_their_actions(ada: User, otto: User, ada_client: Client) -> None:
    ada_client.post("/admin/oncall/team/add/", {"name": "Operations", "members": [ada.pk, otto.pk]})
    assert Team.objects.get().members.count() == 2
    times = {"starts_at_0": "2026-11-24", "starts_at_1": "09:00", "ends_at_0": "2026-11-24", "ends_at_1": "17:00"}
    ada_client.post("/admin/oncall/override/add/", {"schedule": schedule(layer(ada)).pk, "user": otto.pk, **times})
    assert Override.objects.get().created_by == ada
