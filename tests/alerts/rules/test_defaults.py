"""The rules that a portal begins with."""

from datetime import datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from alerts.rules.actions import threshold_save
from alerts.rules.defaults import RULES, THRESHOLDS, table
from alerts.rules.models import AlertRule, RuleState, RuleThreshold
from alerts.rules.seeds import seed
from monitoring.events.models import Event

DOCS = Path(__file__).parents[3] / "docs" / "alert-rules.md"


def test_the_docs_have_every_rule_as_it_is() -> None:
    assert table() in DOCS.read_text()


def test_every_threshold_is_of_a_rule() -> None:
    assert {one.name for one in THRESHOLDS} == {rule.threshold for rule in RULES if rule.threshold}


@pytest.mark.django_db
def test_rules_are_seeded_once_and_what_was_changed_stays(now: datetime) -> None:
    assert seed() == [f"{len(RULES)} rules"]
    AlertRule.objects.filter(slug="cpu-busy").update(enabled=False)
    assert seed() == []
    assert not AlertRule.objects.get(slug="cpu-busy").enabled


@pytest.mark.django_db
def test_a_threshold_changes_its_rules_and_leaves_their_states(now: datetime) -> None:
    seed()
    rule = AlertRule.objects.get(slug="disk-full")
    RuleState.objects.create(rule=rule, identity="x", labels={}, phase="pending", since=now)
    threshold_save(threshold=RuleThreshold.objects.get(name="disk-used"), value=0.8, now=now)
    assert AlertRule.objects.get(slug="disk-full").threshold == 0.8
    assert RuleState.objects.filter(rule=rule).exists()
    assert Event.objects.get(kind="alerts.rule_threshold.saved").payload["before"] == 0.95


@pytest.mark.django_db
def test_the_count_of_an_event_rule_is_a_threshold_too(now: datetime) -> None:
    seed()
    deletions = RuleThreshold.objects.get(name="deletions")
    threshold_save(threshold=deletions, value=4, now=now)
    assert AlertRule.objects.get(slug="much-deleted").settings["count"] == 4
    with pytest.raises(ValidationError, match="whole number"):
        threshold_save(threshold=deletions, value=4.5, now=now)
    assert RuleThreshold.objects.get(name="deletions").value == 4


def test_it_is_changed_in_the_admin(ada_client: Client) -> None:
    seed()
    threshold = RuleThreshold.objects.get(name="cpu-used")
    page = f"/admin/rules/rulethreshold/{threshold.pk}/change/"
    assert ada_client.post(page, {"value": "0.5"}).status_code == 302
    assert AlertRule.objects.get(slug="cpu-busy").threshold == 0.5
    assert "CPU is busy" in ada_client.get("/admin/rules/rulethreshold/").content.decode()
