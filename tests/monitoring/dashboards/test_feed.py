from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from tests.monitoring.dashboards import estate

pytestmark = pytest.mark.django_db


def happen(
    summary: str,
    *,
    kind: str = "service.status",
    subject: str = "service:shop",
    severity: Severity = Severity.INFO,
    age_s: float = 0,
) -> None:
    event_emit(
        kind=kind, severity=severity, subject=subject, summary=summary, time=timezone.now() - timedelta(seconds=age_s)
    )


@pytest.mark.parametrize(
    "query",
    ["?kind=service", "?severity=error", "?subject=service:shop", "?text=broke", "?kind=service.status&severity=error"],
)
def test_filters_of_the_address_are_obeyed(vera_client: Client, query: str) -> None:
    happen("Shop broke", severity=Severity.ERROR)
    happen("Somebody logged in", kind="user.login", subject="user:ada")
    events = vera_client.get("/feed/" + query).context["found"].events
    assert [event.summary for event in events] == ["Shop broke"]


def test_a_span_of_time_is_obeyed(vera_client: Client) -> None:
    happen("Old", age_s=7200)
    happen("New")
    start = f"{timezone.now() - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    events = vera_client.get(f"/feed/?start={start}").context["found"].events
    assert [event.summary for event in events] == ["New"]


def test_pages_follow_each_other_without_gap_or_repeat(vera_client: Client) -> None:
    for number in range(120):
        happen(f"Event {number}", age_s=number // 3)
    seen, address = [], "/feed/"
    while address:
        answer = vera_client.get(address)
        seen += [event.pk for event in answer.context["found"].events]
        address = f"/feed/{answer.context['older_address']}" if answer.context["found"].older else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_wrong_time_is_named(vera_client: Client) -> None:
    assert "start: " in vera_client.get("/feed/?start=yesterday").content.decode()


def test_hostile_summaries_are_text(vera_client: Client) -> None:
    happen("<script>alert(1)</script>")
    assert "<script>alert(1)" not in vera_client.get("/feed/").content.decode()


def test_a_person_without_a_role_is_told_so(mallory_client: Client) -> None:
    assert mallory_client.get("/feed/").status_code == 403


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "9999-12-31", "2026-13-45"]
)
@pytest.mark.parametrize("field", ["start", "end"])
def test_a_time_that_cannot_be_is_named_and_left_out(vera_client: Client, field: str, time: str) -> None:
    response = vera_client.get(f"/feed/?{field}={time}")
    assert (response.status_code, response.context["asked"].problems[0].split(":")[0]) == (200, field)


def test_a_range_at_the_end_of_time_is_refused(vera_client: Client) -> None:
    estate.service("Shop")
    response = vera_client.get("/services/shop/?from=9999-12-31T00:00&to=9999-12-31T23:00")
    assert "from: " in response.context["range"].problems[0]
