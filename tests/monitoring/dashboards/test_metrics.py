"""The metric browser: names, search, pages, labels with their cardinality."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.metrics import store
from monitoring.metrics.models import MetricMetadata

pytestmark = pytest.mark.django_db


def series(name: str, **labels: str) -> None:
    store.write([store.Sample(name, store.labels_of(labels), timezone.now(), 1.0)])


def names(client: Client, address: str) -> list[str]:
    return [row.name for row, *_ in client.get(address).context["rows"]]


def test_metrics_are_listed_with_what_was_said_of_them(vera_client: Client) -> None:
    series("jobs_total", queue="mail")
    series("jobs_total", queue="export")
    MetricMetadata.objects.create(metric="jobs_total", type="counter", help="Jobs <done> so far", unit="jobs")
    page = vera_client.get("/query/metrics/").content.decode()
    assert "Jobs &lt;done&gt; so far" in page
    assert "counter" in page
    assert "1 metric, 2 series" in page


def test_a_bucket_is_what_its_histogram_is(vera_client: Client) -> None:
    series("wait_seconds_bucket", le="1")
    MetricMetadata.objects.create(metric="wait_seconds", type="histogram", help="How long jobs wait")
    ((row, told, kind, *_),) = vera_client.get("/query/metrics/").context["rows"]
    assert (row.name, told, kind) == ("wait_seconds_bucket", "How long jobs wait", "histogram")


def test_values_of_checks_are_described_by_their_kind(vera_client: Client) -> None:
    series("system_cpu_used_ratio", service="web-1")
    ((_, told, kind, unit, _),) = vera_client.get("/query/metrics/").context["rows"]
    assert told.startswith("CPU used")
    assert (kind, unit) == ("gauge", "ratio")


@pytest.mark.parametrize("text", ["mail", "MAIL_", "queue of"])
def test_names_and_descriptions_are_searched(vera_client: Client, text: str) -> None:
    series("mail_waiting")
    series("web_requests")
    MetricMetadata.objects.create(metric="mail_waiting", type="gauge", help="In the queue of letters")
    assert names(vera_client, f"/query/metrics/?text={text}") == ["mail_waiting"]


@pytest.mark.parametrize("text", ["%", "_", "\\"])
def test_signs_of_patterns_are_only_signs(vera_client: Client, text: str) -> None:
    series("up")
    assert names(vera_client, f"/query/metrics/?text={text}") == []


def test_the_list_is_paged(vera_client: Client) -> None:
    for number in range(53):
        series(f"metric_{number:02}")
    assert names(vera_client, "/query/metrics/?page=2") == ["metric_50", "metric_51", "metric_52"]
    assert "Page 2 of 2" in vera_client.get("/query/metrics/?page=2").content.decode()


def test_the_metrics_with_the_most_series_come_first_if_wished(vera_client: Client) -> None:
    series("few")
    series("many", queue="a")
    series("many", queue="b")
    assert names(vera_client, "/query/metrics/?order=series") == ["many", "few"]


def test_a_metric_shows_its_labels_by_cardinality(vera_client: Client) -> None:
    for number in range(11):
        series("jobs", queue=f"q{number:02}", kind="batch" if number else "single")
    labels = [label for label, _ in vera_client.get("/query/metrics/jobs/").context["labels"]]
    assert [(label.name, label.values, label.series) for label in labels] == [("queue", 11, 11), ("kind", 2, 11)]
    assert labels[1].top == [("batch", 10), ("single", 1)]
    assert "and 3 more" in vera_client.get("/query/metrics/jobs/").content.decode()


def test_values_and_series_open_in_the_query_page(vera_client: Client) -> None:
    series("jobs", queue='a "b"')
    page = vera_client.get("/query/metrics/jobs/").content.decode()
    assert page.count("/query/?q=jobs%7Bqueue%3D%22a%20%5C%22b%5C%22%22%7D") == 2


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("jobs_total", "counter", "rate(jobs_total[5m])"),
        ("wait_bucket", "histogram", "histogram_quantile(0.95, sum by (le) (rate(wait_bucket[5m])))"),
        ("jobs", "gauge", "jobs"),
    ],
)
def test_the_first_question_fits_the_type(vera_client: Client, name: str, kind: str, expected: str) -> None:
    series(name)
    MetricMetadata.objects.create(metric=name, type=kind)
    assert vera_client.get(f"/query/metrics/{name}/").context["suggestions"][0][1] == expected


def test_an_unknown_metric_is_not_found(vera_client: Client) -> None:
    assert vera_client.get("/query/metrics/nothing/").status_code == 404


def test_an_empty_store_says_so(vera_client: Client) -> None:
    assert "Nothing has been measured yet" in vera_client.get("/query/metrics/").content.decode()
    assert "Nothing has been measured yet" in vera_client.get("/query/cardinality/").content.decode()


def test_offenders_are_ranked(vera_client: Client) -> None:
    series("jobs", queue="a", host="x")
    series("jobs", queue="b", host="x")
    found = vera_client.get("/query/cardinality/").context["found"]
    assert found.metrics[0] == ("jobs", 2)
    assert [name for name, *_ in found.labels] == ["queue", "host"]


def test_more_metrics_take_no_more_statements(vera_client: Client) -> None:
    series("first")
    with CaptureQueriesContext(connection) as few:
        vera_client.get("/query/metrics/")
    for number in range(5):
        series(f"another_{number}")
    with CaptureQueriesContext(connection) as many:
        vera_client.get("/query/metrics/")
    assert len(many) == len(few)


def test_a_name_that_promql_cannot_write_is_asked_for_by_condition(vera_client: Client) -> None:
    series("disk/used %", host="a")
    assert "/query/?q=%7B__name__%3D%22disk%2Fused%20%25%22%7D" in vera_client.get("/query/metrics/").content.decode()
    page = vera_client.get("/query/metrics/disk/used%20%25/").content.decode()
    assert "/query/?q=avg%28%7B__name__%3D%22disk%2Fused%20%25%22%7D%29" in page
