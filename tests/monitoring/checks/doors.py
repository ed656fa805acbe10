"""What the tests of the doors share: the sample kind, a service, a check, and an API client of a person."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from monitoring.checks import actions
from monitoring.checks.models import Check, Service
from monitoring.checks.probes import registry


@pytest.fixture(autouse=True)
def sample_kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.PROBES, "sample", "tests.monitoring.checks.sample_probe.SampleProbe")
    monkeypatch.setitem(registry.LABELS, "sample", "Sample")
    registry.probe_class.cache_clear()
    yield
    registry.probe_class.cache_clear()


@pytest.fixture
def shop(db: None) -> Service:
    return actions.service_save(name="Shop")


@pytest.fixture
def home(shop: Service) -> Check:
    return save(shop)


def save(service: Service, **changes: Any) -> Check:
    """A check of the sample kind, or an edit of one."""
    question: dict[str, Any] = {"kind": "sample", "name": "Home", "settings": {"host": "a", "password": "hunter2"}}
    return actions.check_save(service=service, **(question | changes))


def api_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client
