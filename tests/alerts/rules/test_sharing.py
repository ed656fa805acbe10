"""Several alerters on one database: nothing is evaluated twice, nothing is left out."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from alerts.incidents.models import Inbox
from alerts.rules import claiming
from alerts.rules.actions import rule_delete, rule_save
from alerts.rules.evaluating import due_evaluated
from alerts.rules.following import events_followed
from alerts.rules.models import AlertRule, EventCursor, RuleHit, RuleSchedule, RuleState
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity

pytestmark = pytest.mark.django_db(transaction=True)
RULES = 60


def at_once(*works: object) -> None:
    """Each on a thread and a connection of its own; what one of them raises is raised."""
    faults: list[BaseException] = []

    def run(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if faults:
        raise faults[0]


def rules(now: datetime) -> list[AlertRule]:
    """Each fires from its first evaluation on."""
    return [rule_save(name=f"Rule {number}", kind="metric", expression="vector(1)", now=now) for number in range(RULES)]


@pytest.fixture
def now(db: None) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        found: datetime = cursor.fetchone()[0]
    return found


def test_two_alerters_evaluate_each_rule_once(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.rules.evaluating.BATCH", 7)
    rules(now)

    def work() -> None:
        while due_evaluated(now) == now:
            pass

    monkeypatch.setattr("alerts.rules.evaluating.unfinished", _Forgetful())
    at_once(work, work, work)
    assert set(RuleSchedule.objects.values_list("evaluations", flat=True)) == {1}
    assert sum(len(row.payload) for row in Inbox.objects.all()) == RULES
    assert RuleState.objects.filter(phase="firing").count() == RULES


class _Forgetful(list):  # type: ignore[type-arg]
    """The three threads of this test stand for three processes, each with a list of its own: none may give back what is another's."""

    def extend(self, items: object) -> None:
        pass


def test_rules_deleted_and_edited_during_their_evaluation_do_no_harm(now: datetime) -> None:
    made = rules(now)

    def change() -> None:
        for number, rule in enumerate(made):
            if number % 3 == 0:
                rule_delete(rule=rule, now=now)
            elif number % 3 == 1:
                rule_save(rule=rule, name=rule.name, kind="metric", severity="critical", now=now)

    def work() -> None:
        for second in range(30):
            due_evaluated(now + timedelta(seconds=second))

    at_once(change, work)
    due_evaluated(now + claiming.LEASE + timedelta(minutes=2))
    assert RuleState.objects.filter(phase="firing").count() == AlertRule.objects.count() == RULES * 2 // 3
    told: dict[str, bool] = {}
    for row in Inbox.objects.order_by("id"):
        for alert in row.payload:
            key = f"{alert['labels']['rule']} {alert['labels']['severity']}"
            told[key] = datetime.fromisoformat(alert["ends_at"]) > now + timedelta(minutes=3)
    assert sum(told.values()) == RULES * 2 // 3


def test_two_readers_count_each_event_once(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.rules.following.BATCH", 5)
    EventCursor.objects.all().delete()
    events_followed(now)
    rule_save(name="Count", kind="event", settings={"kinds": ["a.b"]}, now=now)

    def write() -> None:
        for _ in range(40):
            event_emit(kind="a.b", severity=Severity.INFO, subject="s", summary="x", time=now)

    def read() -> None:
        for _ in range(60):
            events_followed(now)

    at_once(write, write, read, read)
    while events_followed(now) is not None:
        pass
    assert sum(RuleHit.objects.values_list("hits", flat=True)) == 80
