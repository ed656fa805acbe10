"""The pings of a job on the page of its service."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.checks.models import Check, HeartbeatKey, HeartbeatPing
from security.access.models import User
from tests.monitoring.dashboards.estate import check, service

pytestmark = pytest.mark.django_db
BODY = b"<script>alert(1)</script> \xff"


@pytest.fixture
def job(db: None) -> Check:
    made = check(service("Shop"), "Export", kind="heartbeat")
    HeartbeatKey.objects.create(check_ref=made)
    return made


def ping(of: Check, minutes_ago: float = 1, kind: str = "success", **fields: Any) -> HeartbeatPing:
    made: HeartbeatPing = HeartbeatPing.objects.create(
        time=timezone.now() - timedelta(minutes=minutes_ago), check_id=of.pk, kind=kind, method="POST", **fields
    )
    return made


def pings_of(client: Client) -> str:
    page = client.get("/services/shop/").content.decode()
    return page.partition('<details class="values pings">')[2].partition("</details>")[0]


def test_a_failed_run_shows_its_exit_code_duration_and_size(vera_client: Client, job: Check) -> None:
    ping(job, kind="fail", exit_code=3, duration_s=75.0, body=BODY, body_size=2048)
    shown = pings_of(vera_client)
    for words in ("Failed", ">3<", "1 min 15 s", "2 KiB"):
        assert words in shown


def test_the_address_is_for_those_who_may_change_checks(vera_client: Client, otto_client: Client, job: Check) -> None:
    address = f"/ping/{job.heartbeat_key.key}"
    assert address not in vera_client.get("/services/shop/").content.decode()
    assert address in pings_of(otto_client)


def test_a_body_opens_as_text_for_those_who_may_see_pings(vera_client: Client, job: Check) -> None:
    address = f"/services/shop/pings/{ping(job, body=BODY, body_size=len(BODY)).pk}/"
    assert address in pings_of(vera_client)
    answer = vera_client.get(address)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.decode() == "<script>alert(1)</script> \ufffd"


def test_a_body_stays_closed_to_those_who_may_not_see_pings(mallory: User, job: Check) -> None:
    mallory.user_permissions.add(Permission.objects.get(codename="view_service"))
    client = Client()
    client.force_login(mallory)
    address = f"/services/shop/pings/{ping(job, body=BODY, body_size=len(BODY)).pk}/"
    assert "27 B" in pings_of(client)
    assert address not in pings_of(client)
    assert client.get(address).status_code == 403


def test_a_ping_of_another_service_is_not_found(otto_client: Client, job: Check) -> None:
    service("Other")
    assert otto_client.get(f"/services/other/pings/{ping(job).pk}/").status_code == 404


def test_the_twenty_newest_are_shown_the_newest_first(vera_client: Client, job: Check) -> None:
    made = [ping(job, minutes_ago=minutes) for minutes in range(25)]
    (row,) = vera_client.get("/services/shop/").context["page"].checks
    assert [one.id for one in row.pings] == [one.pk for one in made[:20]]


def test_a_check_of_another_kind_has_no_pings(vera_client: Client) -> None:
    check(service("Shop"), "Door")
    assert pings_of(vera_client) == ""


def test_a_job_that_never_pinged_says_so(vera_client: Client, job: Check) -> None:
    assert "No ping yet" in pings_of(vera_client)


def test_more_jobs_take_no_more_statements(vera_client: Client, job: Check) -> None:
    ping(job)
    with CaptureQueriesContext(connection) as few:
        vera_client.get("/services/shop/")
    for number in range(4):
        another = check(job.service, f"Another {number}", kind="heartbeat")
        ping(another, minutes_ago=2)
        HeartbeatKey.objects.create(check_ref=another)
    with CaptureQueriesContext(connection) as many:
        rows = vera_client.get("/services/shop/").context["page"].checks
    assert [len(row.pings) for row in rows] == [1] * 5
    assert len(many) == len(few)
