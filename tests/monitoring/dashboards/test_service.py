import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitoring.checks.choices import Status
from monitoring.checks.models import Check, StatusChange, StatusRollup
from monitoring.metrics import store
from tests.monitoring.dashboards.estate import check, service

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_checks_with_their_last_words(vera_client: Client) -> None:
    check(service("Shop", Status.DOWN), "Front door", Status.DOWN, last_summary="Connection refused by 10.0.0.9:443")
    page = vera_client.get("/services/shop/").content.decode()
    assert "Front door" in page
    assert "Connection refused by 10.0.0.9:443" in page


def test_dependencies_are_shown_in_both_directions(vera_client: Client) -> None:
    shop, database, mail = service("Shop"), service("Database"), service("Mail")
    shop.depends_on.add(database)
    mail.depends_on.add(shop)
    page = vera_client.get("/services/shop/").context["page"]
    assert page.needs == [database]
    assert page.needed_by == [mail]


def test_the_evidence_of_a_change_can_be_opened_and_is_text(vera_client: Client) -> None:
    change = StatusChange.objects.create(
        time=timezone.now(),
        service_id=service("Shop").pk,
        before="up",
        after="down",
        summary="Gone",
        evidence={"body": "<b>x</b>"},
    )
    assert f"/changes/{change.pk}/" in vera_client.get("/services/shop/").content.decode()
    page = vera_client.get(f"/changes/{change.pk}/").content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page


def test_more_checks_take_no_more_statements(vera_client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    shop = service("Shop")
    check(shop, "First")
    with CaptureQueriesContext(connection) as few:
        vera_client.get("/services/shop/")
    for number in range(5):
        check(shop, f"Another {number}")
    with CaptureQueriesContext(connection) as many:
        vera_client.get("/services/shop/")
    assert len(many) == len(few)


def test_each_check_shows_its_own_uptime(vera_client: Client) -> None:
    door = check(service("Shop"), "Door")
    start = timezone.now() - timedelta(hours=2)
    StatusRollup.objects.create(
        tier_s=900, start=start, service_id=door.service_id, check_id=door.pk, up_s=675, down_s=225
    )
    page = vera_client.get("/services/shop/").content.decode()
    shown = page.partition("check-uptime")[2].partition("</p>")[0]
    assert "24h" in shown
    assert "75" in shown


def test_a_chart_gets_its_points_and_no_more_than_five_hundred(vera_client: Client) -> None:
    check(service("Shop"), "Door")
    write_points(count=3000)
    answer = vera_client.get("/services/shop/series.json?check=door&value=connect_seconds&range=1h").json()
    (series,) = answer["series"]
    assert answer["unit"] == "s"
    assert 100 < len(series["points"]) <= 500
    assert series["key"] == "connect_seconds"


def test_the_same_points_come_as_csv(vera_client: Client) -> None:
    check(service("Shop"), "Door")
    write_points(count=5)
    answer = vera_client.get("/services/shop/series.csv?check=door&value=connect_seconds&range=15m")
    assert answer["Content-Type"].startswith("text/csv")
    head, *points = answer.content.decode().splitlines()
    assert head == "time,Connect time (s)"
    assert all(point.endswith(",0.01") for point in points)


def test_a_wrong_range_is_named(vera_client: Client) -> None:
    check(service("Shop"), "Door")
    answer = vera_client.get("/services/shop/series.json?check=door&range=1y")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("range: ")


def test_a_viewer_may_not_pause(vera_client: Client) -> None:
    door = check(service("Shop"), "Door")
    assert vera_client.post("/services/shop/act/", {"verb": "pause"}).status_code == 403
    assert Check.objects.get(pk=door.pk).paused_until is None
    assert (
        "Pause" not in vera_client.get("/services/shop/").content.decode().partition("<main")[2].partition("</main>")[0]
    )


def test_an_operator_pauses_and_resumes_one_check(otto_client: Client) -> None:
    door = check(service("Shop"), "Door", kind="tcp")
    otto_client.post("/services/shop/act/", {"verb": "pause", "check": "door"})
    assert Check.objects.get(pk=door.pk).paused_until is not None
    otto_client.post("/services/shop/act/", {"verb": "resume", "check": "door"})
    assert Check.objects.get(pk=door.pk).paused_until is None


def test_an_unknown_verb_is_refused(otto_client: Client) -> None:
    service("Shop")
    answer = otto_client.post("/services/shop/act/", {"verb": "explode"})
    assert answer.status_code == 400
    assert b"run, pause, resume" in answer.content


def test_machines_show_gauges(vera_client: Client) -> None:
    values = {"cpu_used_ratio": 0.42, 'disk_used_ratio{mount="/srv"}': 0.91}
    check(service("web-1"), "Machine", kind="system", last_values=values)
    for address in ("/machines/", "/machines/web-1/"):
        page = vera_client.get(address).content.decode()
        assert 'aria-valuenow="42.0"' in page
        assert "/srv" in page


def test_a_service_that_is_no_machine_has_no_machine_page(vera_client: Client) -> None:
    check(service("Shop"), "Door")
    assert vera_client.get("/machines/shop/").status_code == 404


def write_points(count: int) -> None:
    labels = store.labels_of({"service": "shop", "check": "door"})
    newest = timezone.now() - timedelta(seconds=2)
    store.write(
        store.Sample("http_connect_seconds", labels, newest - timedelta(seconds=step), 0.01) for step in range(count)
    )


def test_the_words_of_statuses_are_given_to_scripts_as_data(vera_client: Client) -> None:
    page = vera_client.get("/").content.decode()
    data = page.partition('<script id="statuses" type="application/json">')[2].partition("</script>")[0]
    assert json.loads(data)["down"]["label"] == "Down"
