"""Events, held against rules as they come in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from alerts.incidents.models import Inbox
from alerts.rules import following
from alerts.rules.actions import rule_save
from alerts.rules.evaluating import due_evaluated
from alerts.rules.following import events_followed
from alerts.rules.models import AlertRule, EventCursor, RuleHit, RuleSchedule, RuleState
from monitoring.checks import actions as checks
from monitoring.checks.models import CheckState
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _the_reading_has_begun(db: None) -> None:
    EventCursor.objects.all().delete()
    events_followed(NOW)


def logins(now: datetime = NOW, **settings: Any) -> AlertRule:
    """A rule about failed log-ins, evaluated once."""
    rule = rule_save(
        name="Log-ins fail",
        kind="event",
        interval_s=3600,
        settings={"kinds": ["user.login.failed"], "window_s": 60} | settings,
        now=now,
    )
    due_evaluated(now)
    return rule


def failed(at: datetime = NOW, who: str = "ada", **payload: Any) -> None:
    event_emit(
        kind="user.login.failed",
        severity=Severity.NOTICE,
        subject=f"user:{who}",
        summary="No.",
        time=at,
        payload=payload,
    )


def look(now: datetime) -> None:
    """As the two sweeps do, woken by the commit."""
    events_followed(now)
    due_evaluated(now)


def inbox() -> list[dict[str, Any]]:
    return [alert for row in Inbox.objects.order_by("id") for alert in row.payload]


def test_an_event_fires_on_arrival_and_not_at_the_next_tick() -> None:
    logins()
    failed(NOW + SECOND)
    look(NOW + SECOND)
    assert [alert["labels"]["alertname"] for alert in inbox()] == ["Log-ins fail"]


def test_what_happened_leaves_the_window_and_the_alert_ends() -> None:
    rule = logins()
    failed(NOW + SECOND)
    look(NOW + SECOND)
    look(NOW + 3600 * SECOND)
    assert [datetime.fromisoformat(one["ends_at"]) > NOW + timedelta(hours=2) for one in inbox()] == [True, False]
    due_evaluated(NOW + 7200 * SECOND)
    assert not RuleHit.objects.filter(rule=rule).exists()


def test_so_many_in_the_window_are_needed() -> None:
    logins(count=3)
    for second in (1, 2):
        failed(NOW + second * SECOND)
        look(NOW + second * SECOND)
    assert inbox() == []
    failed(NOW + 3 * SECOND)
    look(NOW + 3 * SECOND)
    assert len(inbox()) == 1


def test_each_value_of_a_field_has_an_alert_of_its_own() -> None:
    logins(count=2, by=["subject"])
    for who in ("ada", "otto", "ada"):
        failed(NOW + SECOND, who)
    look(NOW + SECOND)
    assert [alert["labels"]["subject"] for alert in inbox()] == ["user:ada"]


def test_different_values_are_told_apart() -> None:
    logins(count=3, distinct="payload.address")
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        failed(NOW + SECOND, address=address)
    look(NOW + SECOND)
    assert inbox() == []
    failed(NOW + 2 * SECOND, address="10.0.0.3")
    look(NOW + 2 * SECOND)
    assert len(inbox()) == 1


def test_a_sequence_is_waited_for_in_its_order() -> None:
    steps = [{"kinds": ["user.login.failed"]}, {"kinds": ["user.login"], "where": ['payload.ok="yes"']}]
    logins(kinds=["user"], steps=steps, by=["subject"])

    def entered(second: int) -> None:
        at = NOW + second * SECOND
        event_emit(
            kind="user.login", severity=Severity.INFO, subject="user:ada", summary="In.", time=at, payload={"ok": "yes"}
        )

    entered(1)
    failed(NOW + 2 * SECOND)
    look(NOW + 2 * SECOND)
    assert inbox() == []
    entered(3)
    look(NOW + 3 * SECOND)
    assert len(inbox()) == 1


def test_conditions_must_all_hold() -> None:
    logins(where=['subject=~"user:a.*"', 'payload.user.address!="10.0.0.1"'])
    failed(NOW + SECOND, "otto")
    failed(NOW + SECOND, "ada", user={"address": "10.0.0.1"})
    look(NOW + SECOND)
    assert inbox() == []
    failed(NOW + SECOND, "ada", user={"address": "10.0.0.2"})
    look(NOW + SECOND)
    assert len(inbox()) == 1


def test_an_event_that_comes_late_counts_in_the_window_of_its_own_time() -> None:
    logins()
    failed(NOW - timedelta(hours=2))
    look(NOW + SECOND)
    assert len(inbox()) == 1
    due_evaluated(NOW + 3700 * SECOND)
    assert RuleState.objects.get().phase == "resolved"


def test_a_reader_that_is_killed_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    logins(count=2)
    failed(NOW + SECOND)
    with monkeypatch.context() as dying:
        dying.setattr(following, "ADVANCE", "SELECT 1/0 WHERE %s = %s OR %s IS NOT NULL")
        with pytest.raises(Exception, match="division"):
            events_followed(NOW + SECOND)
    look(NOW + 2 * SECOND)
    look(NOW + 3 * SECOND)
    assert sum(RuleHit.objects.values_list("hits", flat=True)) == 1
    assert inbox() == []


def test_an_event_whose_transaction_ends_later_is_not_passed_over() -> None:
    """Ids and transactions are handed out in another order than the one in which they end."""
    import psycopg

    from opsportal.database import conninfo

    logins(count=2)
    insert = "INSERT INTO events_event (time, kind, severity, subject, summary) VALUES (%s, 'user.login.failed', 'info', 's', '')"
    with psycopg.connect(conninfo()) as slow:
        slow.execute(insert, [NOW + SECOND])
        failed(NOW + SECOND)
        look(NOW + SECOND)
        assert inbox() == []
        slow.commit()
    look(NOW + 2 * SECOND)
    assert len(inbox()) == 1


def test_only_one_reads_at_a_time() -> None:
    import psycopg

    from opsportal.database import conninfo

    logins()
    failed(NOW + SECOND)
    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('opsportal rules events'))")
        assert events_followed(NOW + SECOND) is None
    assert not RuleHit.objects.exists()


def test_the_first_reading_begins_with_what_comes_from_then_on() -> None:
    EventCursor.objects.all().delete()
    failed()
    logins()
    look(NOW + SECOND)
    assert inbox() == []


def test_a_database_restored_into_another_cluster_is_read_on() -> None:
    logins()
    EventCursor.objects.update(xid=2**60, read_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET xid = %s WHERE time <= %s", [str(2**60), NOW])
    failed(NOW + SECOND)
    look(NOW + SECOND)
    look(NOW + 2 * SECOND)
    assert len(inbox()) == 1


def test_a_storm_is_a_few_rows() -> None:
    logins(count=500)
    with transaction.atomic():
        for _ in range(600):
            failed(NOW + SECOND)
    look(NOW + SECOND)
    assert RuleHit.objects.count() == 1
    assert RuleState.objects.get().value == 600


def door(slug: str, status: str) -> None:
    """A check of the shop has a status, as the engine says it."""
    shop = checks.service_save(name="Shop", slug="shop", labels={"env": "prod"})
    check = checks.check_save(service=shop, kind="tcp", name=slug, slug=slug, settings={"host": "127.0.0.1", "port": 1})
    CheckState.objects.filter(check_ref=check).update(status=status)


def turned(subject: str, at: datetime) -> None:
    event_emit(kind="check.status", severity=Severity.ERROR, subject=subject, summary="It changed.", time=at)


def test_a_check_that_goes_down_fires_on_arrival() -> None:
    rule_save(name="Down", kind="check_status", interval_s=3600, settings={"targets": ["shop"]}, now=NOW)
    due_evaluated(NOW)
    door("home", "down")
    turned("check:shop/home", NOW + SECOND)
    look(NOW + SECOND)
    (alert,) = inbox()
    assert (alert["labels"]["service"], alert["labels"]["check"]) == ("shop", "home")


def test_a_check_that_is_up_again_ends_the_alert_on_arrival() -> None:
    rule_save(name="Down", kind="check_status", interval_s=3600, settings={}, now=NOW)
    door("home", "down")
    due_evaluated(NOW)
    CheckState.objects.update(status="up")
    turned("check:shop/home", NOW + SECOND)
    look(NOW + SECOND)
    assert [datetime.fromisoformat(one["ends_at"]) > NOW + SECOND for one in inbox()] == [True, False]


@pytest.mark.parametrize(
    ("settings", "fires"),
    [
        ({"targets": ["shop/home"]}, True),
        ({"targets": ["sh*"]}, True),
        ({"targets": ["shop/api"]}, False),
        ({"labels": ["env=prod"]}, True),
        ({"labels": ["env=test"]}, False),
        ({"statuses": ["degraded"]}, False),
        ({"statuses": ["down", "degraded"]}, True),
        ({"criticality": ["critical"]}, False),
        ({"owner": "nobody"}, False),
    ],
)
def test_checks_are_chosen_by_name_label_and_status(settings: dict[str, Any], fires: bool) -> None:
    door("home", "down")
    rule_save(name="Down", kind="check_status", settings=settings, now=NOW)
    due_evaluated(NOW)
    assert bool(inbox()) is fires


def test_an_event_of_another_check_leaves_a_rule_alone() -> None:
    rule = rule_save(name="Down", kind="check_status", interval_s=3600, settings={"targets": ["shop/api"]}, now=NOW)
    due_evaluated(NOW)
    turned("check:shop/home", NOW + SECOND)
    look(NOW + SECOND)
    assert RuleSchedule.objects.get(rule=rule).evaluations == 1
