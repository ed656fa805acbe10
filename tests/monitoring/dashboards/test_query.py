"""The query page without a browser: the page, the check of an expression, the file, and who may."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitoring.checks.models import Machine
from monitoring.dashboards import promql_words
from monitoring.metrics import store
from monitoring.metrics.promql.lexing import AGGREGATORS
from monitoring.metrics.promql.signatures import SIGNATURES
from tests.monitoring.dashboards.estate import check, service

pytestmark = pytest.mark.django_db


def measured(name: str, *values: float, **labels: str) -> None:
    """A value a minute, the last one two minutes ago."""
    newest = timezone.now() - timedelta(minutes=2)
    store.write(
        store.Sample(name, store.labels_of(labels), newest - timedelta(minutes=place), value)
        for place, value in enumerate(reversed(values))
    )


def lines(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]


def test_the_page_begins_with_examples_whose_metrics_are_there(vera_client: Client) -> None:
    measured("system_cpu_used_ratio", 0.4, service="web-1")
    page = vera_client.get("/query/").content.decode()
    assert "Processor in use, machine by machine" in page
    assert "topk(5, avg_over_time" not in page


def test_a_portal_that_measured_nothing_says_what_to_do(ada_client: Client) -> None:
    page = ada_client.get("/query/").content.decode()
    assert "Nothing has been measured yet" in page
    assert "/admin/checks/check/add/" in page


def test_every_function_has_help_and_a_signature() -> None:
    told = {word["text"]: word for word in promql_words.words()}
    assert [name for name in SIGNATURES if not told[name]["help"]] == []
    assert told["clamp"]["signature"] == "clamp(instant, number, number)"
    assert told["round"]["signature"] == "round(instant[, number])"


def test_every_aggregation_is_offered() -> None:
    assert promql_words.AGGREGATIONS.keys() == AGGREGATORS


def test_somebody_without_a_role_is_shown_the_forbidden_page(mallory_client: Client) -> None:
    for address in ("/query/", "/query/metrics/", "/query/cardinality/"):
        answer = mallory_client.get(address)
        assert answer.status_code == 403
        assert "Not allowed" in answer.content.decode()


def test_a_right_expression_has_a_type(vera_client: Client) -> None:
    assert vera_client.get("/query/check/", {"q": "up[5m]"}).json() == {"type": "matrix"}


def test_a_wrong_expression_has_a_place_and_words(vera_client: Client) -> None:
    answer = vera_client.get("/query/check/", {"q": 'sum(up{job="a"} by'}).json()
    assert answer["position"] == 16
    assert answer["error"].startswith("unexpected <by>")


def test_the_place_counts_characters_not_bytes(vera_client: Client) -> None:
    answer = vera_client.get("/query/check/", {"q": 'up{job="grün 🚦"} up'}).json()
    assert answer["position"] == len('up{job="grün 🚦"} ')


def test_a_file_over_time_has_a_column_a_series(vera_client: Client) -> None:
    measured("jobs_waiting", 1, 2, 3, queue="mail")
    measured("jobs_waiting", -4, queue="export")
    head, *rows = lines(vera_client, "/query/export.csv?q=jobs_waiting&range=15m&step=60")
    assert head == ["time", 'jobs_waiting{queue="export"}', 'jobs_waiting{queue="mail"}']
    assert rows[-1][1:] == ["-4", "3"]
    assert rows[0][0].endswith("Z")


def test_a_file_of_several_queries_says_which_is_which(vera_client: Client) -> None:
    measured("jobs_waiting", 1, queue="mail")
    head, *rows = lines(vera_client, "/query/export.csv?q=sum(jobs_waiting)&q=2*sum(jobs_waiting)&range=15m&step=15s")
    assert head == ["time", "A: value", "B: value"]
    assert rows[-1][1:] == ["1", "2"]


def test_a_file_at_one_time_has_a_row_a_series(vera_client: Client) -> None:
    measured("jobs_waiting", 7, queue="mail")
    head, row = lines(vera_client, "/query/export.csv?q=jobs_waiting&view=table")
    assert head == ["__name__", "queue", "time", "value"]
    assert (row[1], row[3]) == ("mail", "7")


def test_a_number_and_a_text_fit_into_the_file_too(vera_client: Client) -> None:
    head, number, text = lines(vera_client, '/query/export.csv?q=1/0&q="=cmd()"&view=table')
    assert head == ["query", "time", "value"]
    assert (number[2], text[2]) == ("+Inf", "'=cmd()")


@pytest.mark.parametrize("value", ["=HYPERLINK(1)", "+1", "-2", "@SUM(A1)", "\tx", "\uff1d1"])
def test_what_a_spreadsheet_would_run_is_text(vera_client: Client, value: str) -> None:
    measured("jobs_waiting", 1, queue=value)
    _, row = lines(vera_client, "/query/export.csv?q=jobs_waiting&view=table")
    assert row[1] == f"'{value}"


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("", "q:"),
        ("q=up&range=1y", "range:"),
        ("q=up&step=soon", "step:"),
        ("q=up&range=90d&step=1", "step:"),
        ("q=up(", "1:4: parse error"),
        ("&".join(["q=up"] * 9), "q:"),
    ],
)
def test_what_is_wrong_with_an_export_is_named(vera_client: Client, address: str, field: str) -> None:
    answer = vera_client.get(f"/query/export.csv?{address}")
    assert answer.status_code == 400
    assert answer.content.decode().startswith(field)


def test_too_many_columns_are_refused(vera_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.dashboards.views.query.MOST_COLUMNS", 1)
    measured("jobs_waiting", 1, queue="mail")
    measured("jobs_waiting", 1, queue="export")
    answer = vera_client.get("/query/export.csv?q=jobs_waiting")
    assert answer.status_code == 400
    assert "2 series are too many columns" in answer.content.decode()


def test_a_chart_of_a_service_opens_in_the_query_page(vera_client: Client) -> None:
    check(service("Shop"), "Door", last_values={"connect_seconds": 0.01})
    page = vera_client.get("/services/shop/?range=6h").content.decode()
    assert "/query/?q=http_connect_seconds%7Bcheck%3D%22door%22%2Cservice%3D%22shop%22%7D&amp;range=6h" in page
    assert "/query/?q=check_duration_seconds%7B" in page


def test_a_chart_of_a_machine_that_reports_opens_there_too(vera_client: Client) -> None:
    told = {"values": {"cpu_used_ratio": 0.4}, "facts": {}}
    Machine.objects.create(slug="db-1", name="db-1", last_report_at=timezone.now(), report=told)
    page = vera_client.get("/machines/db-1/").content.decode()
    assert "/query/?q=system_cpu_used_ratio%7Bmachine%3D%22db-1%22%7D&amp;range=1h" in page


def test_too_many_cells_are_refused(vera_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.dashboards.views.query.MOST_CELLS", 100)
    answer = vera_client.get("/query/export.csv?q=vector(1)&q=vector(2)&range=15m&step=15")
    assert answer.status_code == 400
    assert answer.content.decode().startswith("step: choose a longer one")


def test_all_questions_of_a_file_share_one_deadline(vera_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.dashboards.views.query.allowance", lambda: iter([5.0, 0.0]))
    assert vera_client.get("/query/export.csv?q=vector(1)&q=vector(2)").status_code == 503
