"""One look at everything that was told about a subject."""

import csv
import io
from datetime import timedelta

import orjson
import pytest

from alerts.delivery import sweeping
from alerts.delivery.choices import Outcome, State
from alerts.delivery.exporting import as_csv, as_json_lines, rows
from alerts.delivery.models import Attempt, Delivery
from alerts.delivery.queries import deliveries_listed, history
from security.access.models import User
from tests.alerts.delivery.outbox_of import NOON, channel, contact, send

pytestmark = pytest.mark.django_db


def set_to(one: Delivery, **values: object) -> Delivery:
    Delivery.objects.filter(pk=one.pk).update(**values)
    one.refresh_from_db()
    return one


def try_of(one: Delivery, outcome: Outcome, answer: str, number: int = 1) -> Attempt:
    return Attempt.objects.create(
        delivery=one, number=number, started_at=NOON, duration_s=0.1, outcome=outcome, status_code=200, answer=answer
    )


def test_it_says_who_what_why_when_and_how() -> None:
    otto = contact(channel("http://a.example", kind="people"))
    sent = set_to(send(otto), state=State.DELIVERED, finished_at=NOON)
    tries = [try_of(sent, Outcome.RETRY, "later"), try_of(sent, Outcome.DELIVERED, "ok", 2)]
    [told] = history(sent.subject)
    assert (told.delivery.user, told.delivery.why, told.told_at) == (otto.user, "On call", NOON)
    assert list(told.attempts) == tries
    assert told.why_not == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "cancelled", "ended_why": "Acknowledged by otto"}, "Acknowledged by otto"),
        ({"state": "pending", "held_by": "1 a minute for one contact"}, "Held back: 1 a minute for one contact"),
        ({"state": "failed", "last_error": "no such address"}, "no such address"),
        ({"state": "bundled", "held_by": "1 a minute for one contact"}, "Told as part of another message: 1 a minute"),
        ({"state": "pending"}, "Waits for its time"),
    ],
)
def test_it_says_why_not_the_others(values: dict[str, str], words: str) -> None:
    sent = set_to(send(channel("http://a.example")), **values)
    [told] = history(sent.subject)
    assert told.why_not.startswith(words)


def test_a_part_was_told_when_the_whole_was() -> None:
    hook = channel("http://a.example")
    head = set_to(send(hook, "A"), state=State.DELIVERED, finished_at=NOON)
    part = set_to(send(hook, "B"), state=State.BUNDLED, bundled_into=head)
    [told] = history(part.subject)
    assert (told.part_of, told.told_at) == (head, NOON)


def test_the_export_has_a_row_an_attempt(ada: User) -> None:
    sent = send(channel("http://a.example"))
    try_of(sent, Outcome.RETRY, "later")
    try_of(sent, Outcome.DELIVERED, "ok", 2)
    written = b"".join(as_csv(rows(deliveries_listed(), ada))).decode()
    assert [(row["key"], row["attempt"], row["answer"]) for row in csv.DictReader(io.StringIO(written))] == [
        (sent.key, "1", "later"),
        (sent.key, "2", "ok"),
    ]


def test_lines_of_json_are_each_an_object(ada: User) -> None:
    send(channel("http://a.example"))
    [line] = as_json_lines(rows(deliveries_listed(), ada))
    assert orjson.loads(line)["channel"] == "hook"


def test_a_spreadsheet_takes_no_answer_for_a_formula(ada: User) -> None:
    try_of(send(channel("http://a.example")), Outcome.RETRY, "=HYPERLINK(1)")
    assert b",'=HYPERLINK(1)" in b"".join(as_csv(rows(deliveries_listed(), ada)))


def test_an_export_names_no_address_to_who_may_not_see_it(vera: User) -> None:
    send(contact(channel("http://a.example", kind="people")))
    [line] = as_json_lines(rows(deliveries_listed(), vera))
    assert orjson.loads(line)["address"] == "***"


def test_the_history_is_kept_as_long_as_it_is_to_be(settings: object) -> None:
    hook = channel("http://a.example")
    old, waiting, young = (send(hook, title, at=NOON) for title in ("Old", "Waiting", "Young"))
    set_to(old, state=State.DELIVERED)
    set_to(young, state=State.DELIVERED, created_at=NOON + timedelta(days=2))
    try_of(old, Outcome.DELIVERED, "ok")
    sweeping.tidy(NOON + timedelta(days=401))
    assert set(Delivery.objects.all()) == {waiting, young}
    assert not Attempt.objects.exists()
