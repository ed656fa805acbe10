"""Rule files go in and come out, and nothing happens twice."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.rules.actions import rule_save
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleState
from alerts.rules.prometheus_files.exporting import rules_exported
from alerts.rules.prometheus_files.importing import rules_import
from alerts.rules.prometheus_files.reading import parse
from monitoring.checks.portable.reading import PortableError
from tests.alerts.rules.prometheus_files.unit_test_cases import PROMTOOL, RULES

pytestmark = pytest.mark.django_db
ONE = """groups:
- name: shop
  rules:
  - {alert: Long, expr: queue > 10, labels: {severity: critical}}
  - {alert: Long, expr: queue > 5}
"""


def take(text: str, now: datetime, **options: Any) -> list[str]:
    return [str(change) for change in rules_import(parse(text), file="shop.yml", now=now, **options)]


def test_a_file_becomes_groups_and_rules_in_their_order(now: datetime) -> None:
    take(RULES, now)
    group = RuleGroup.objects.get(name="basics")
    assert (group.interval_s, group.file) == (15, "shop.yml")
    assert list(group.rules.order_by("position").values_list("name", "position")) == [
        ("Down", 1),
        ("FewUp", 2),
        ("Kept", 3),
    ]
    assert group.recordings.get().labels == {"kept": "yes"}


def test_the_same_file_again_changes_nothing(now: datetime) -> None:
    take(RULES, now)
    before = list(AlertRule.objects.values_list("pk", "revision", "updated_at"))
    assert take(RULES, now + timedelta(hours=1)) == []
    assert list(AlertRule.objects.values_list("pk", "revision", "updated_at")) == before


def test_states_stay_when_only_words_change(now: datetime) -> None:
    take(ONE, now)
    rule = AlertRule.objects.get(severity="critical")
    RuleState.objects.create(rule=rule, identity="x", labels={}, phase="pending", since=now)
    changed = ONE.replace("queue > 10,", "queue > 10, annotations: {summary: Long},")
    assert take(changed, now) == ["changed: rule Long of group shop"]
    assert RuleState.objects.filter(rule=rule).exists()


def test_rules_of_one_name_are_told_apart_by_what_they_ask(now: datetime) -> None:
    take(ONE, now)
    first = AlertRule.objects.get(expression="queue > 10").pk
    head, long, short = ONE.partition("  - {alert: Long, expr: queue > 10")[0], *ONE.splitlines(keepends=True)[3:]
    take(head + short + long, now)
    assert AlertRule.objects.get(pk=first).expression == "queue > 10"


def test_what_the_file_cannot_say_stays_as_it_is(now: datetime) -> None:
    take(ONE, now)
    rule = AlertRule.objects.get(severity="critical")
    rule_save(rule=rule, name=rule.name, kind="metric", owner="shop", flap_detection=True, now=now)
    assert take(ONE, now) == []
    assert AlertRule.objects.get(pk=rule.pk).owner == "shop"


def test_what_is_missing_is_reported_and_goes_only_with_prune(now: datetime) -> None:
    take(RULES, now)
    words = ["missing: group basics", "missing: group later"]
    assert take("groups: []", now) == words
    assert RuleGroup.objects.count() == 2
    assert take("groups: []", now, prune=True) == [word.replace("missing", "deleted") for word in words]
    assert not AlertRule.objects.exists()
    assert not RecordingRule.objects.exists()


def test_rules_missing_from_a_group_go_with_prune(now: datetime) -> None:
    take(ONE, now)
    short = "".join(ONE.splitlines(keepends=True)[:-1])
    assert take(short, now, prune=True) == ["deleted: rule Long of group shop"]
    assert AlertRule.objects.get().expression == "queue > 10"


def test_a_dry_run_writes_nothing(now: datetime) -> None:
    assert len(take(ONE, now, dry_run=True)) == 3
    assert not RuleGroup.objects.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  - {alert: A, expr: up ==}", "line 4): 1:6: parse error: unexpected end of input"),
        ("  - {alert: A}", "line 4): field 'expr' must be set in rule"),
        ("  - {expr: up}", "line 4): one of 'record' or 'alert' must be set"),
        ("  - {alert: A, record: b, expr: up}", "only one of 'record' and 'alert' must be set"),
        ("  - {record: b, expr: up, for: 1m}", "invalid field 'for' in recording rule"),
        ("  - {alert: A, expr: up, for: soon}", "line 4): 'soon' is not a duration"),
        ("  - {alert: A, expr: up, labels: {1a: b}}", "'1a' is not a label name"),
        ("  - {alert: A, expr: up, annotations: {a: '{{ if }}'}}", "the template cannot be read"),
        ("  - {alert: A, expr: up, colour: red}", "line 4): Not known here"),
        ("  - {alert: A, expr: 'up[5m]'}", "This returns a matrix"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(line: str, words: str) -> None:
    with pytest.raises(PortableError) as refused:
        parse(f"groups:\n- name: shop\n  rules:\n{line}\n")
    assert words in str(refused.value)


def test_what_the_portal_refuses_is_named_with_its_line_and_nothing_is_written(now: datetime) -> None:
    with pytest.raises(PortableError) as refused:
        take(ONE.replace("rules:", "interval: 100ms\n  rules:"), now)
    assert "groups.0.interval (line 2)" in str(refused.value)
    assert not RuleGroup.objects.exists()


def test_an_export_imports_without_a_change(now: datetime) -> None:
    take(RULES, now)
    assert take(rules_exported("shop.yml"), now) == []


def test_a_rule_by_itself_is_exported_with_its_threshold(now: datetime) -> None:
    rule_save(name="Busy", kind="metric", expression="load", comparator="gt", threshold=4, for_s=90, now=now)
    rule_save(name="Gone", kind="absence", expression="up", now=now)
    text = rules_exported()
    assert "# Left out, of kind absence: Gone" in text
    rule = parse(text)[0].rules[0]
    assert (rule.expression, rule.for_s) == ("(load) > 4", 90)
    assert rule.labels == {"severity": "warning", "category": "system_health"}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_accepts_an_export(now: datetime, tmp_path: Path) -> None:
    take(RULES, now)
    rule_save(
        name="Busy",
        kind="metric",
        expression="load",
        comparator="gt",
        threshold=4,
        runbook_url="https://example.org/",
        now=now,
    )
    (tmp_path / "rules.yml").write_text(rules_exported())
    done = subprocess.run(
        [PROMTOOL or "", "check", "rules", "rules.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "SUCCESS: 7 rules found" in done.stdout, done.stdout + done.stderr
