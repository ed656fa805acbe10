from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from benchmarks.estate import fill
from monitoring.checks.choices import Status
from monitoring.checks.models import Service, ServiceState
from tests.monitoring.dashboards.estate import service

pytestmark = pytest.mark.django_db


def test_the_failing_service_comes_first(vera_client: Client) -> None:
    service("Aaa", Status.UP)
    service("Zzz", Status.DOWN)
    page = vera_client.get("/").content.decode()
    assert page.index("Zzz") < page.index("Aaa")


def test_the_headline_says_what_is_wrong_and_since_when(vera_client: Client) -> None:
    service("Shop", Status.DOWN, since=timezone.now() - timedelta(minutes=12, seconds=1))
    page = vera_client.get("/").content.decode()
    assert "1 down" in page
    assert "12 min 1 s" in page


def test_a_person_without_a_role_is_told_so(mallory_client: Client) -> None:
    assert mallory_client.get("/").status_code == 403


def test_a_stranger_is_sent_to_the_log_in(client: Client, db: None) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_an_empty_estate_says_how_to_fill_it(ada_client: Client) -> None:
    page = ada_client.get("/").content.decode()
    assert "No service is watched yet" in page
    assert "Add a service" in page


def test_a_viewer_is_not_offered_what_he_may_not_do(vera_client: Client) -> None:
    assert "Add a service" not in vera_client.get("/").content.decode()


def test_hostile_names_are_shown_as_text(vera_client: Client) -> None:
    state = service("<script>alert(1)</script>", Status.DOWN).state
    state.reason = '"><img src=x onerror=alert(2)>'
    state.save()
    page = vera_client.get("/").content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=sho", {"Shop"}),
        ("?q=nothing", set()),
        ("?status=down", {"Shop"}),
        ("?status=down&status=up", {"Shop", "Search"}),
        ("?owner=Data", {"Search"}),
        ("?label=env:prod", {"Shop"}),
        ("?label=env:prod&owner=Data", set()),
    ],
)
def test_filters_of_the_address_are_obeyed(vera_client: Client, query: str, shown: set[str]) -> None:
    service("Shop", Status.DOWN, owner="Payments", labels={"env": "prod"})
    service("Search", Status.UP, owner="Data", labels={"env": "test"})
    found = vera_client.get("/" + query).context["found"]
    assert {row.service.name for row in found.rows} == shown
    assert found.matched == len(shown)
    assert found.total == 2


def test_a_wrong_filter_is_named(vera_client: Client) -> None:
    page = vera_client.get("/?status=broken&page=x&label=prod").content.decode()
    for field in ("status: ", "page: ", "label: "):
        assert field in page


@pytest.mark.parametrize(
    "address", ["/", "/?density=wall", "/?q=service&owner=Payments&label=env:prod", "/?fragment=1"]
)
def test_the_overview_takes_at_most_eight_statements(vera_client: Client, address: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fill(services=60, checks_each=2, now=timezone.now())
    with CaptureQueriesContext(connection) as statements:
        vera_client.get(address)
    assert 1 <= len(statements) <= 8


def test_a_page_holds_fifty_services(vera_client: Client) -> None:
    fill(services=60, checks_each=1, now=timezone.now())
    assert len(vera_client.get("/").context["found"].rows) == 50
    assert len(vera_client.get("/?page=2").context["found"].rows) == 10
    assert len(vera_client.get("/?page=99").context["found"].rows) == 10


def test_the_density_is_remembered(vera_client: Client) -> None:
    service("Shop", Status.UP)
    vera_client.get("/?density=wall")
    assert 'data-density="wall"' in vera_client.get("/").content.decode()


def test_a_service_without_a_state_is_pending(vera_client: Client) -> None:
    Service.objects.create(name="New", slug="new")
    ServiceState.objects.filter(service__slug="new").delete()
    assert "Pending" in vera_client.get("/").content.decode()
