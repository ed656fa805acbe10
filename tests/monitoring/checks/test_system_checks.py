"""The registry and what is stored agree; every id has its test."""

from collections.abc import Iterable

import pytest
from django.core.checks import CheckMessage

from monitoring.checks.models import Check
from monitoring.checks.probes import registry
from monitoring.checks.probes.base import Threshold
from monitoring.checks.system_checks import probes_are_consistent, registry_loads, stored_kinds_are_known
from tests.monitoring.checks.doors import home, sample_kind, shop
from tests.monitoring.checks.sample_probe import SampleProbe

__all__ = ["home", "sample_kind", "shop"]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the sample kind is registered."""
    for table in (registry.PROBES, registry.LABELS):
        for name in [name for name in table if name != "sample"]:
            monkeypatch.delitem(table, name)


def ids(messages: Iterable[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_the_registry_is_in_order() -> None:
    assert registry_loads(None) == []
    assert probes_are_consistent(None) == []


def test_an_entry_that_cannot_be_loaded_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PROBES, "sample", "tests.nowhere.Probe")
    [message] = registry_loads(None)
    assert (message.id, "tests.nowhere.Probe" in message.msg) == ("checks.W003", True)


def test_a_kind_without_a_label_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry.LABELS, "sample")
    assert ids(registry_loads(None)) == ["checks.E001"]


def test_a_probe_of_another_name_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SampleProbe, "kind", "other")
    assert ids(probes_are_consistent(None)) == ["checks.E002"]


def test_a_form_of_another_kind_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SampleProbe, "SettingsForm", dict)
    assert ids(probes_are_consistent(None)) == ["checks.E003"]


def test_a_secret_that_is_no_field_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SampleProbe.SettingsForm, "secret_fields", frozenset({"nonsense"}))
    assert ids(probes_are_consistent(None)) == ["checks.E004"]


def test_a_default_threshold_on_no_value_is_named(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Threshold("nonsense", SampleProbe.default_thresholds[0].comparator, 1.0)
    monkeypatch.setattr(SampleProbe, "default_thresholds", (wrong,))
    assert ids(probes_are_consistent(None)) == ["checks.E005"]


@pytest.mark.django_db
def test_a_stored_kind_that_is_not_registered_is_named(home: Check) -> None:
    Check.objects.update(kind="gone")
    assert ids(stored_kinds_are_known(None, databases=["default"])) == ["checks.W002"]
    assert stored_kinds_are_known(None) == []
