"""Rules, from the schedule to the inbox of the incidents, on a real database."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from alerts.incidents.models import Inbox
from alerts.oncall.models import EscalationPolicy
from alerts.rules import claiming, evaluating
from alerts.rules.actions import group_save, recording_save, rule_delete, rule_save, rules_disable, rules_enable
from alerts.rules.evaluating import due_evaluated
from alerts.rules.kinds.metric import MetricKind
from alerts.rules.loading import plans
from alerts.rules.models import AlertRule, RuleSchedule, RuleState
from alerts.rules.storing import store
from monitoring.metrics.ingest import Source, append, resolve
from monitoring.metrics.promql.storage import Labels

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def now() -> datetime:
    """The real time, to the second: the store takes no samples of the future."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp()) - interval '10 minutes'")
        found: datetime = cursor.fetchone()[0]
    return found


def sample(value: float, at: datetime, name: str = "queue_length", **labels: str) -> None:
    series: Labels = tuple(sorted({"__name__": name, **labels}.items()))
    ids = resolve(Source("push", "test"), [series]).ids
    append(ids, np.array([int(at.timestamp() * 1000)]), np.array([value]))


def busy(now: datetime, **fields: Any) -> AlertRule:
    values: dict[str, Any] = {"expression": "queue_length", "comparator": "gt", "threshold": 5, "interval_s": 15}
    return rule_save(name="Busy", kind="metric", now=now, **(values | fields))


def inbox() -> list[dict[str, Any]]:
    return [alert for row in Inbox.objects.order_by("id") for alert in row.payload]


def state_of(rule: AlertRule) -> str:
    return RuleState.objects.get(rule=rule).phase


def test_a_threshold_that_is_crossed_reaches_the_incidents(now: datetime) -> None:
    rule = busy(now, labels={"team": "shop"}, annotations={"summary": "{{ $labels.queue }} holds {{ $value }}"})
    sample(7, now, queue="mail")
    due_evaluated(now)
    (alert,) = inbox()
    assert alert["labels"] == {
        "alertname": "Busy", "queue": "mail", "team": "shop", "severity": "warning", "category": "system_health", "rule": "busy",
    }  # fmt: skip
    assert alert["annotations"] == {"summary": "mail holds 7"}
    assert Inbox.objects.get().source == "rule:busy"
    assert state_of(rule) == "firing"


def test_what_ends_is_told_once(now: datetime) -> None:
    busy(now)
    sample(7, now)
    due_evaluated(now)
    sample(1, now + 20 * SECOND)
    for second in range(20, 200, 5):
        due_evaluated(now + second * SECOND)
    firing, resolved = inbox()
    assert datetime.fromisoformat(firing["ends_at"]) == now + timedelta(minutes=4)
    assert now < datetime.fromisoformat(resolved["ends_at"]) <= now + 40 * SECOND


def test_what_fires_is_told_again_each_minute(now: datetime) -> None:
    busy(now)
    for second in range(0, 300, 15):
        sample(7, now + second * SECOND)
        due_evaluated(now + second * SECOND)
    assert 4 <= len(inbox()) <= 6
    assert len({str(alert["labels"]) for alert in inbox()}) == 1


def test_a_round_that_was_missed_is_counted_and_not_caught_up(now: datetime) -> None:
    rule = busy(now)
    sample(1, now)
    due_evaluated(now)
    schedule = RuleSchedule.objects.get(rule=rule)
    assert schedule.next_at is not None
    due_evaluated(schedule.next_at + 47 * SECOND)
    later = RuleSchedule.objects.get(rule=rule)
    assert (later.missed, later.evaluations) == (3, 2)
    assert later.last_at == schedule.next_at + 45 * SECOND
    assert later.next_at == schedule.next_at + 60 * SECOND


def test_two_at_once_share_the_work_and_double_none(now: datetime) -> None:
    rules = [busy(now, description=str(number)) for number in range(10)]
    first, second = claiming.claim(now, 6), claiming.claim(now, 6)
    assert len(first) == 6
    assert len(second) == 4
    assert {one.rule_id for one in first + second} == {rule.pk for rule in rules}
    assert claiming.claim(now, 6) == []


def test_a_killed_evaluation_is_done_by_another_when_the_lease_is_over(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    claiming.claim(now, 10)  # and then it is killed
    assert due_evaluated(now + 30 * SECOND) is None
    assert inbox() == []
    due_evaluated(now + claiming.LEASE)
    assert len(inbox()) == 1
    assert RuleSchedule.objects.get(rule=rule).missed in (3, 4)  # as its place in the interval has it


def test_a_result_whose_lease_was_taken_over_is_thrown_away(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = busy(now)
    sample(7, now)
    slow = evaluating._evaluated

    def overtaken(claims: Any, at: datetime) -> Any:
        monkeypatch.setattr(evaluating, "_evaluated", slow)
        evaluating.unfinished.clear()
        due_evaluated(now + claiming.LEASE)
        return slow(claims, at)

    monkeypatch.setattr(evaluating, "_evaluated", overtaken)
    due_evaluated(now)
    assert len(inbox()) == 1
    assert RuleSchedule.objects.get(rule=rule).evaluations == 1


def test_a_failed_batch_is_given_back_at_the_next_look(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(now)
    sample(7, now)
    with monkeypatch.context() as broken:
        broken.setattr(evaluating, "_evaluated", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            due_evaluated(now)
    due_evaluated(now + SECOND)
    assert len(inbox()) == 1


def test_an_edit_during_an_evaluation_throws_its_result_away(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    held = claiming.claim(now, 10)
    rule_save(rule=rule, name="Busy", kind="metric", expression="queue_length * 1", now=now)
    done = evaluating._evaluated(held, now)
    assert store(done, now) == []
    assert not RuleState.objects.exists()


def test_pending_survives_a_restart(now: datetime) -> None:
    rule = busy(now, for_s=30)
    sample(7, now)
    due_evaluated(now)
    assert state_of(rule) == "pending"
    plans.kept.clear()  # as a new process begins
    sample(7, now + 50 * SECOND)
    due_evaluated(now + 50 * SECOND)
    assert state_of(rule) == "firing"
    assert RuleState.objects.get().active_at == now


def test_an_edit_of_the_threshold_keeps_the_state(now: datetime) -> None:
    rule = busy(now, for_s=600)
    sample(7, now)
    due_evaluated(now)
    rule_save(rule=rule, name="Busy", kind="metric", threshold=6, description="x", now=now + SECOND)
    assert state_of(rule) == "pending"
    assert RuleState.objects.get().active_at == now


def test_an_edit_of_the_expression_ends_what_fires(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    due_evaluated(now)
    rule_save(rule=rule, name="Busy", kind="metric", expression="queue_length + 0", now=now + SECOND)
    assert not RuleState.objects.exists()
    assert [datetime.fromisoformat(alert["ends_at"]) > now + SECOND for alert in inbox()] == [True, False]


def test_a_new_severity_ends_the_alert_under_the_old_one_and_keeps_the_state(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    due_evaluated(now)
    rule_save(rule=rule, name="Busy", kind="metric", severity="critical", now=now + SECOND)
    due_evaluated(now + SECOND)
    assert [alert["labels"]["severity"] for alert in inbox()] == ["warning", "warning", "critical"]
    assert RuleState.objects.get().fired_at == now


def test_a_rule_that_is_switched_off_ends_what_fires(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    due_evaluated(now)
    assert rules_disable(rules=[rule], now=now + SECOND) == 1
    assert len(inbox()) == 2
    assert due_evaluated(now + 60 * SECOND) is None
    rules_enable(rules=[rule], now=now + 60 * SECOND)
    due_evaluated(now + 60 * SECOND)
    assert len(inbox()) == 3


def test_a_rule_that_is_deleted_ends_what_fires(now: datetime) -> None:
    rule = busy(now)
    sample(7, now)
    due_evaluated(now)
    rule_delete(rule=rule, now=now + SECOND)
    assert len(inbox()) == 2
    assert not RuleState.objects.exists()


def test_a_query_that_fails_is_said_and_keeps_the_state(now: datetime) -> None:
    rule = busy(now, expression="queue_length / on (a) group_left () queue_length")
    sample(7, now, a="1", b="1")
    sample(7, now, a="1", b="2")
    due_evaluated(now)
    assert "many-to-many" in RuleSchedule.objects.get(rule=rule).last_error


def test_an_infinite_value_is_kept(now: datetime) -> None:
    busy(now)
    sample(float("inf"), now)
    due_evaluated(now)
    assert RuleState.objects.get().value == float("inf")


def test_what_a_group_records_is_there_for_the_rules_behind_it(now: datetime) -> None:
    group = group_save(name="queues", now=now, interval_s=15, labels={"tier": "1"})
    recording_save(group=group, record="queue:length:sum", expression="sum(queue_length)", position=0, now=now)
    rule_save(name="Long", kind="metric", expression="queue:length:sum > 9", group=group, position=1, now=now)
    sample(5, now, queue="a")
    sample(6, now, queue="b")
    due_evaluated(now)
    (alert,) = inbox()
    assert alert["labels"]["alertname"] == "Long"
    assert alert["labels"]["tier"] == "1"
    schedule = RuleSchedule.objects.get(group=group)
    assert (schedule.evaluations, schedule.last_error) == (1, "")


def test_a_groups_query_offset_asks_for_the_past(now: datetime) -> None:
    group = group_save(name="queues", now=now, interval_s=15, query_offset_s=60)
    rule_save(name="Long", kind="metric", expression="queue_length > 5", group=group, now=now)
    sample(7, now - 90 * SECOND)
    sample(1, now - 30 * SECOND)
    due_evaluated(now)
    assert len(inbox()) == 1


def test_a_group_over_its_limit_has_no_alerts_and_says_why(now: datetime) -> None:
    group = group_save(name="queues", now=now, interval_s=15, limit=1)
    rule_save(name="Long", kind="metric", expression="queue_length > 5", group=group, now=now)
    sample(7, now, queue="a")
    sample(7, now, queue="b")
    due_evaluated(now)
    assert inbox() == []
    assert RuleSchedule.objects.get(group=group).last_error == "Long: exceeded limit of 1 with 2 alerts"


def test_a_rule_that_nobody_foresaw_leaves_the_others_alone(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = busy(now), rule_save(name="Whole", kind="metric", expression="queue_length > 5", now=now)
    sample(7, now)
    judge = MetricKind.judge

    def odd(self: MetricKind, answers: Any, every: bool) -> Any:
        if self.facts.threshold == 5:
            raise RuntimeError("odd")
        return judge(self, answers, every)

    monkeypatch.setattr(MetricKind, "judge", odd)
    plans.kept.clear()
    due_evaluated(now)
    assert [alert["labels"]["rule"] for alert in inbox()] == [whole.slug]
    assert "RuntimeError" in RuleSchedule.objects.get(rule=broken).last_error


def test_what_cannot_be_stored_leaves_the_others_alone(now: datetime) -> None:
    broken, whole = busy(now), rule_save(name="Whole", kind="metric", expression="queue_length > 5", now=now)
    sample(7, now)
    claims = claiming.claim(now, 10)
    done = evaluating._evaluated(claims, now)
    for one in done:
        if one.claim.rule_id == broken.pk:
            one.alerts = [
                (source, [replace(alert, labels={"a": "\x00"}) for alert in alerts]) for source, alerts in one.alerts
            ]
    assert len(store(done, now)) == 2
    assert [alert["labels"]["rule"] for alert in inbox()] == [whole.slug]
    assert "cannot be stored" in RuleSchedule.objects.get(rule=broken).last_error


def test_a_template_may_write_what_a_database_cannot_hold(now: datetime) -> None:
    busy(now, annotations={"summary": '{{ printf "%c%c" 0 55296 }}'})
    sample(7, now)
    due_evaluated(now)
    assert inbox()[0]["annotations"]["summary"] == "\ufffd\ufffd"


def test_a_policy_that_is_renamed_or_deleted_is_known_at_the_next_evaluation(now: datetime) -> None:
    policy = EscalationPolicy.objects.create(name="Shop", slug="shop")
    rule = busy(now, policy=policy)
    for second, change in (
        (0, lambda: None),
        (90, lambda: EscalationPolicy.objects.update(slug="store")),
        (180, policy.delete),
    ):
        change()
        sample(7, now + second * SECOND)
        due_evaluated(now + second * SECOND)
    assert [alert["labels"].get("policy") for alert in inbox()] == ["shop", "store", None]
    assert RuleState.objects.get(rule=rule).phase == "firing"


def test_a_batch_holds_so_many_states_and_gives_the_rest_back(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "MOST_STATES", 5)
    for number in range(4):
        busy(now, description=str(number))
    for queue in "abc":
        sample(7, now, queue=queue)
    while due_evaluated(now) == now:
        pass
    later = now + 100 * SECOND
    assert due_evaluated(later) == later
    assert sorted(RuleSchedule.objects.values_list("evaluations", flat=True)) == [1, 1, 1, 2]
    while due_evaluated(later) == later:
        pass
    assert sorted(RuleSchedule.objects.values_list("evaluations", flat=True)) == [2, 2, 2, 2]


def test_only_rules_that_ask_promql_have_a_group(now: datetime) -> None:
    group = group_save(name="queues", now=now)
    with pytest.raises(ValidationError, match="stands by itself"):
        rule_save(name="Log-ins", kind="event", settings={"kinds": ["a"]}, group=group, now=now)
