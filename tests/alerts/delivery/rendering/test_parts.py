"""A message in parts, and put together."""

import pytest

from alerts.delivery.messages import AlertView
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.html import html_mail
from alerts.delivery.rendering.plain import plain_text
from alerts.delivery.rendering.short import short_text
from tests.alerts.delivery.messages import message


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "FIRING #42: Checkout is down"),
        ({"kind": "resolved", "number": None}, "RESOLVED: Checkout is down"),
        ({"title": " \n"}, "FIRING #42: without a title"),
        ({"title": "two\nlines"}, "FIRING #42: two lines"),
    ],
)
def test_a_title_is_one_line_that_says_it_all(changes: dict[str, str], title: str) -> None:
    assert parts.title(message(**changes)) == title


def test_what_all_alerts_share_is_said_once() -> None:
    alerts = tuple(AlertView("firing", {"alertname": "A", "service": "checkout", "instance": str(n)}) for n in range(3))
    said = plain_text(message(alerts=alerts, common_labels={"service": "checkout"}, facts={}))
    assert said.count("service: checkout") == 1
    assert said.count("instance:") == 3


def test_more_alerts_than_anybody_reads_are_counted() -> None:
    alerts = tuple(AlertView("firing", {"alertname": str(n)}) for n in range(150))
    assert "(cut, 57 more alerts)" in plain_text(message(alerts=alerts, truncated_alerts=7))


def test_alerts_that_are_too_long_together_are_counted() -> None:
    alerts = tuple(
        AlertView("firing", {"alertname": str(n)}, {"log": "x" * 9_000, "trace": "y" * 9_000}) for n in range(50)
    )
    told = message(alerts=alerts)
    assert len(list(parts.alerts(told))) == 12
    assert parts.alerts_left_out(told) == "… (cut, 38 more alerts)"


def test_more_labels_than_anybody_reads_are_counted() -> None:
    alert = AlertView("firing", {f"l{n}": "x" for n in range(3_000)})
    assert "(cut, 2,900 more labels)" in plain_text(message(alerts=(alert,)))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "", "ftp://x", "https://a b", "https://x/\u202e", "https://x/" + "a" * 3_000]
)
def test_only_what_is_a_link_becomes_one(url: str) -> None:
    assert parts.links(message(url=url, runbook_url="")) == []
    assert "href" not in html_mail(message(url=url, runbook_url=""))


def test_whatever_is_cut_the_links_are_kept() -> None:
    said = short_text(message(text="word " * 2_000), 500, answer_url="https://portal.example/a")
    assert said.endswith(
        "\nAnswer: https://portal.example/a\nOpen: " + message().url + "\nRunbook: " + message().runbook_url
    )
    assert len(said) <= 500


def test_a_mail_is_cut_where_it_would_be_endless() -> None:
    html = html_mail(message(text="word " * 1_000), most_characters=3_000)
    assert "more characters)" in html
    assert len(html) < 5_000
