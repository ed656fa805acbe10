"""What each kind can be told, and what is refused by name."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.rules.kinds.burn_rate import burn_expression
from alerts.rules.kinds.described import described, kinds
from alerts.rules.kinds.registry import KINDS, rule_kind
from monitoring.metrics.promql.parsing import parse
from opsportal.kinds import UnknownKindError, clean_settings
from tests.test_structure import text_of

GOOD = {"good": "sum(rate(ok_total[$window]))", "total": "sum(rate(all_total[$window]))"}


@pytest.mark.parametrize(
    ("kind", "settings", "place"),
    [
        ("metric", {"forget_after_s": "soon"}, "forget_after_s"),
        ("absence", {"nosuch": 1}, "nosuch"),
        ("event", {"kinds": []}, "kinds"),
        ("event", {"kinds": ["a"], "where": ["x"]}, "where"),
        ("event", {"kinds": ["a"], "by": ["payload.user", "payload.other.user"]}, "by"),
        ("event", {"kinds": ["a"], "by": ["nosuch"]}, "by"),
        ("event", {"kinds": ["a"], "distinct": "nosuch"}, "distinct"),
        ("event", {"kinds": ["a"], "count": 0}, "count"),
        ("event", {"kinds": ["a"], "window_s": 0}, "window_s"),
        ("event", {"kinds": ["a"], "severities": ["bad"]}, "severities"),
        ("event", {"kinds": ["a"], "steps": [{"kinds": ["a"]}]}, "steps"),
        ("event", {"kinds": ["a"], "steps": "{"}, "steps"),
        ("event", {"kinds": ["a"], "count": 2, "steps": [{"kinds": ["a"]}, {"kinds": ["b"]}]}, "steps"),
        ("check_status", {"statuses": []}, "statuses"),
        ("check_status", {"statuses": ["up"]}, "statuses"),
        ("check_status", {"of": "host"}, "of"),
        ("check_status", {"labels": ["env"]}, "labels"),
        ("burn_rate", {}, "good"),
        ("burn_rate", GOOD | {"good": "sum(rate(ok_total[5m]))"}, "good"),
        ("burn_rate", GOOD | {"total": "sum(rate(all_total[$window])"}, "total"),
        ("burn_rate", GOOD | {"objective": 1}, "objective"),
        ("burn_rate", GOOD | {"windows": []}, "windows"),
        ("burn_rate", GOOD | {"windows": "1h 5m"}, "windows"),
        ("burn_rate", GOOD | {"windows": [{"long": "1 hour", "short": "5m", "factor": 2}]}, "windows"),
        ("burn_rate", GOOD | {"windows": [{"long": "1h", "short": "5m", "factor": "x"}]}, "windows"),
    ],
)
def test_a_wrong_setting_is_named(kind: str, settings: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_settings(rule_kind(kind).SettingsForm, settings)
    assert place in refused.value.message_dict


def test_windows_are_lines_or_rows() -> None:
    form = rule_kind("burn_rate").SettingsForm
    by_line = clean_settings(form, GOOD | {"windows": "1h 5m 14.4\n6h 30m 6"})
    assert by_line == clean_settings(form, GOOD)
    assert parse(burn_expression(by_line)).type == "vector"


def test_clean_settings_are_clean_again() -> None:
    for kind, given in (
        ("event", {"kinds": "a, b", "where": 'subject="x"'}),
        ("burn_rate", GOOD),
        ("check_status", {}),
        ("metric", {}),
    ):
        form = rule_kind(kind).SettingsForm
        once = clean_settings(form, given)
        assert clean_settings(form, once) == once


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(UnknownKindError, match="'nosuch' is not one of metric"):
        rule_kind("nosuch")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_describes_itself_and_its_settings_are_documented(kind: str) -> None:
    told = described(rule_kind(kind))
    assert told["kind"] == kind
    assert told["label"]
    assert told["description"]
    page = text_of("docs/alert-rules.md")
    assert [name for name in told["settings"]["properties"] if f"`{name}`" not in page] == []


def test_every_kind_is_in_the_registry_and_among_the_words() -> None:
    from alerts.rules.choices import RuleKind

    assert [kind.kind for kind in kinds()] == RuleKind.values == list(KINDS)
