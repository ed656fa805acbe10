"""Teams, schedules and overrides in the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.oncall import actions
from alerts.oncall.models import Override, Schedule, Team
from security.access.models import User
from tests.alerts.oncall.estate import MONDAY, layer, schedule

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LAYER = {"name": "Primary", "starts_at": "2026-11-23T09:00:00Z", "members": ["ada", "otto"]}


def post(client: Client, address: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{address}", body, content_type="application/json")


def get(client: Client, address: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{address}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def span(start: int, end: int) -> dict[str, str]:
    """Days after MONDAY."""
    return {"start": (MONDAY + start * DAY).isoformat(), "end": (MONDAY + end * DAY).isoformat()}


def test_a_schedule_is_made_with_its_layers(ada: User, otto: User, ada_client: Client) -> None:
    body = {"name": "Web", "time_zone": "Europe/Vienna", "layers": [LAYER]}
    answer = post(ada_client, "schedules/", body)
    assert answer.status_code == 201, answer.content
    [made] = answer.json()["layers"]
    assert (made["members"], made["rotation"], made["length"], made["restrictions"]) == (
        ["ada", "otto"],
        "weekly",
        1,
        [],
    )


def test_what_was_read_can_be_written_back(ada: User, ada_client: Client) -> None:
    found = schedule(layer(ada, restrictions=[{"weekday": None, "start": "22:00", "end": "06:00"}]))
    before = get(ada_client, "schedules/web/")
    answer = ada_client.put("/api/v1/schedules/web/", before, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, before)
    assert found.layers.count() == 1


def test_what_is_wrong_is_said_by_place(ada: User, ada_client: Client) -> None:
    twice = [LAYER | {"members": ["ada"]}, LAYER | {"members": ["ada"], "ends_at": "2026-01-01T00:00:00Z"}]
    errors = post(ada_client, "schedules/", {"name": "Web", "layers": twice}).json()["errors"]
    assert list(errors) == ["layers.1.ends_at"]
    unknown = post(ada_client, "schedules/", {"name": "Web", "layers": [LAYER | {"members": ["grace"]}]}).json()[
        "errors"
    ]
    assert "There is no user 'grace'" in str(unknown)
    assert not Schedule.objects.exists()


def test_who_is_on_call_and_who_is_next(ada: User, otto: User, vera_client: Client) -> None:
    schedule(layer(ada, otto))
    found = get(vera_client, "schedules/web/on-call/", at=MONDAY.isoformat())
    assert [person["username"] for person in found["now"]["people"]] == ["ada"]
    assert (found["next"]["people"][0]["username"], found["next"]["start"]) == ("otto", "2026-11-30T09:00:00Z")


def test_the_timeline_has_gaps(ada: User, vera_client: Client) -> None:
    schedule(layer(ada))
    found = get(vera_client, "schedules/web/timeline/", **span(-1, 1))
    assert [one["people"] for one in found] == [[], ["ada"]]


def test_coverage(ada: User, vera_client: Client) -> None:
    schedule(layer(ada))
    found = get(vera_client, "schedules/web/coverage/", **span(-7, 7))
    assert (found["people"][0]["user"], found["people"][0]["hours"], found["uncovered_ratio"]) == ("ada", 168.0, 0.5)
    assert len(found["gaps"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "x"}, "start"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"end": "9999-12-31T00:00:00Z"}, "end"),
        (span(0, 401), "end"),
        (span(1, 0), "end"),
    ],
)
def test_a_span_that_cannot_be_asked_for_is_refused_by_field(
    ada: User, vera_client: Client, query: dict[str, str], field: str
) -> None:
    schedule(layer(ada))
    answer = vera_client.get("/api/v1/schedules/web/timeline/", query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_an_operator_sets_and_takes_back_an_override(ada: User, otto: User, otto_client: Client) -> None:
    schedule(layer(ada))
    times = {"starts_at": "2026-11-24T09:00:00Z", "ends_at": "2026-11-24T17:00:00Z"}
    made = post(otto_client, "overrides/", {"schedule": "web", "user": "otto", **times}).json()
    assert (made["replaces"], made["created_by"]) == (None, "otto")
    assert get(otto_client, "schedules/web/overrides/")["results"] == [made]
    assert otto_client.delete(f"/api/v1/overrides/{made['id']}/").status_code == 204
    assert not Override.objects.exists()


def test_who_is_put_on_call_has_to_be_said_and_may_be_nobody(ada: User, otto_client: Client) -> None:
    schedule(layer(ada))
    times = {"starts_at": "2026-11-24T09:00:00Z", "ends_at": "2026-11-24T17:00:00Z", "schedule": "web"}
    assert list(post(otto_client, "overrides/", times).json()["errors"]) == ["user"]
    assert post(otto_client, "overrides/", times | {"user": None}).status_code == 201


def test_overrides_are_found_by_schedule_and_time(ada: User, otto: User, vera_client: Client) -> None:
    for name, days in (("Web", 0), ("Database", 3)):
        start = MONDAY + days * DAY
        actions.override_save(schedule=schedule(layer(ada), name=name), user=otto, starts_at=start, ends_at=start + DAY)
    later = get(vera_client, "overrides/", ends_after=(MONDAY + 2 * DAY).isoformat())
    assert [one["schedule"] for one in later["results"]] == ["database"]


def test_shifts_are_swapped(ada: User, otto: User, otto_client: Client) -> None:
    schedule(layer(ada, otto))
    body = {"one": "ada", "ones": span(0, 7), "other": "otto", "others": span(7, 14)}
    made = post(otto_client, "schedules/web/swap/", body)
    assert [(one["user"], one["replaces"]) for one in made.json()] == [("otto", "ada"), ("ada", "otto")]


def test_a_viewer_may_look_and_change_nothing(ada: User, vera_client: Client) -> None:
    schedule(layer(ada))
    assert vera_client.delete("/api/v1/schedules/web/").status_code == 403
    assert post(vera_client, "schedules/web/swap/", {}).status_code == 403


def test_a_team_is_made_and_deleted(ada: User, otto: User, ada_client: Client) -> None:
    made = post(ada_client, "teams/", {"name": "Operations", "members": ["ada", "otto"]}).json()
    assert (made["slug"], made["members"]) == ("operations", ["ada", "otto"])
    assert ada_client.delete("/api/v1/teams/operations/").status_code == 204
    assert not Team.objects.exists()


def test_a_list_of_many_schedules_takes_as_many_statements_as_of_one(
    ada: User, otto: User, vera_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        schedule(layer(ada, otto), layer(ada, name="Nights"), name=f"Schedule {number}")
    with django_assert_max_num_queries(10):
        get(vera_client, "schedules/")
