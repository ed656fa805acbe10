"""Machines that report through the agent, with and without a check."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.checks.models import Check, Machine
from monitoring.dashboards.queries.machines import is_stale
from monitoring.metrics import store
from tests.monitoring.dashboards.estate import check, service

pytestmark = pytest.mark.django_db
VALUES = {"cpu_used_ratio": 0.42, 'disk_used_ratio{mount="/srv"}': 0.91}


def machine(slug: str, age_s: float = 5, **fields: Any) -> Machine:
    made: Machine = Machine.objects.create(
        name=fields.pop("name", slug),
        slug=slug,
        last_report_at=timezone.now() - timedelta(seconds=age_s),
        report={"values": VALUES, "facts": {"kernel": "6.1 <b>"}},
        **fields,
    )
    return made


def main_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]


def test_a_machine_without_a_check_is_listed_with_its_gauges(vera_client: Client) -> None:
    machine("web-9", name="Web 9")
    page = main_of(vera_client, "/machines/")
    assert 'href="/machines/web-9/"' in page
    assert 'aria-valuenow="91.0"' in page
    assert "nobody is told" in page
    assert "Stale" not in page


def test_only_those_who_may_add_checks_get_the_link(vera_client: Client, ada_client: Client) -> None:
    machine("web-9")
    link = "/admin/checks/check/add/?kind=system"
    assert link not in main_of(vera_client, "/machines/")
    assert link in main_of(ada_client, "/machines/")
    assert link in main_of(ada_client, "/machines/web-9/")


@pytest.mark.parametrize(
    ("interval_s", "age_s", "stale"), [(15, 80, False), (15, 91, True), (60, 170, False), (60, 181, True)]
)
def test_silence_is_three_intervals_and_ninety_seconds_at_least(interval_s: int, age_s: float, stale: bool) -> None:
    now = timezone.now()
    quiet = Machine(slug="q", interval_s=interval_s, last_report_at=now - timedelta(seconds=age_s))
    assert is_stale(quiet, now) is stale


def test_a_silent_machine_is_stale_and_comes_first(vera_client: Client) -> None:
    machine("alive")
    machine("silent", age_s=1000)
    page = main_of(vera_client, "/machines/")
    assert page.count("Stale") == 1
    assert page.index("/machines/silent/") < page.index("/machines/alive/")


def test_a_machine_that_a_check_watches_is_listed_once(vera_client: Client) -> None:
    machine("db-1")
    Check.objects.filter(pk=check(service("Database"), "Host", kind="system").pk).update(settings={"host": "db-1"})
    page = main_of(vera_client, "/machines/")
    assert "/machines/database/" in page
    assert "/machines/db-1/" not in page
    assert "nobody is told" not in main_of(vera_client, "/machines/db-1/")


def test_the_service_with_a_check_wins_over_a_machine_of_its_name(vera_client: Client) -> None:
    machine("web-1", name="Reporter")
    check(service("web-1"), "Host", kind="system", last_values=VALUES)
    assert vera_client.get("/machines/web-1/").context["service"].slug == "web-1"
    assert "Reporter" not in main_of(vera_client, "/machines/")


def test_the_page_of_a_machine_shows_gauges_facts_and_charts(vera_client: Client) -> None:
    machine("web-9")
    page = main_of(vera_client, "/machines/web-9/")
    assert 'aria-valuenow="42.0"' in page
    assert "6.1 &lt;b&gt;" in page
    assert "/machines/web-9/series.json?value=disk_used_ratio&amp;range=1h" in page
    assert "/machines/web-9/series.csv?value=disk_used_ratio&amp;range=1h" in page


def test_charts_read_what_the_agent_reported(vera_client: Client) -> None:
    machine("web-9")
    machine("other")
    now = timezone.now() - timedelta(seconds=2)
    for slug, number in (("web-9", 0.5), ("other", 0.9)):
        labels = store.labels_of({"machine": slug, "mount": "/srv"})
        store.write([store.Sample("system_disk_used_ratio", labels, now, number)])
    answer = vera_client.get("/machines/web-9/series.json?value=disk_used_ratio&range=15m").json()
    (series,) = answer["series"]
    assert (series["key"], series["label"]) == ('disk_used_ratio{mount="/srv"}', "/srv")
    assert [value for _, value in series["points"]] == [0.5]
    file = vera_client.get("/machines/web-9/series.csv?value=disk_used_ratio&range=15m").content.decode()
    assert file.splitlines()[0] == "time,/srv"


@pytest.mark.parametrize("address", ["/machines/nobody/", "/machines/nobody/series.json?value=cpu_used_ratio"])
def test_an_unknown_machine_is_not_found(vera_client: Client, address: str) -> None:
    assert vera_client.get(address).status_code == 404


def test_a_wrong_range_of_a_machine_is_named(vera_client: Client) -> None:
    machine("web-9")
    answer = vera_client.get("/machines/web-9/series.json?value=cpu_used_ratio&range=1y")
    assert (answer.status_code, answer.json()["detail"][:7]) == (400, "range: ")


def test_more_machines_take_no_more_statements(vera_client: Client) -> None:
    machine("first")
    with CaptureQueriesContext(connection) as few:
        vera_client.get("/machines/")
    for number in range(5):
        machine(f"another-{number}")
    with CaptureQueriesContext(connection) as many:
        vera_client.get("/machines/")
    assert len(many) == len(few) <= 6
