from typing import Any

import pytest
from rest_framework.test import APIClient

from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity


@pytest.fixture
def client(vera: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(vera)
    for number in range(5):
        event_emit(kind="check.status", severity=Severity.ERROR, subject="check:shop/home", summary=f"Fault {number}")
    event_emit(kind="config.saved", severity=Severity.INFO, subject="service:shop", summary="Changed")
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=check", 5),
        ("kind=check.status", 5),
        ("kind=chec", 0),
        ("severity=info", 1),
        ("severity=info&severity=error", 6),
        ("subject=check:shop/", 5),
        ("subject=service:shop", 1),
        ("search=fault 3", 1),
        ("since=2999-01-01T00:00:00Z", 0),
        ("until=2999-01-01T00:00:00Z", 6),
    ],
)
def test_events_are_filtered(client: APIClient, query: str, found: int) -> None:
    assert len(client.get(f"/api/v1/events/?{query}").json()["results"]) == found


def test_pages_follow_a_cursor_and_miss_nothing(client: APIClient) -> None:
    seen: list[int] = []
    address = "/api/v1/events/?page_size=2"
    while address:
        answer = client.get(address).json()
        seen += [event["id"] for event in answer["results"]]
        address = answer["next"]
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("query", ["severity=loud", "since=yesterday", "page_size=0", "page_size=501", "cursor=%00"])
def test_a_wrong_filter_is_refused(client: APIClient, query: str) -> None:
    assert client.get(f"/api/v1/events/?{query}").status_code in (400, 404)


def test_an_event_is_read_and_not_written(client: APIClient) -> None:
    first = client.get("/api/v1/events/").json()["results"][0]
    assert client.get(f"/api/v1/events/{first['id']}/").json() == first
    assert client.delete(f"/api/v1/events/{first['id']}/").status_code in (403, 405)
