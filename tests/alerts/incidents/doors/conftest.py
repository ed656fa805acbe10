"""Who asks at the doors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.incidents.actions import integration_key_save
from alerts.incidents.models import IntegrationKey
from security.access.actions import api_token_create
from tests import people
from tests.opsportal.live.daphne import Daphne
from tests.people import person

KeyMaker = Callable[..., tuple[IntegrationKey, str]]


@pytest.fixture
def token(db: None) -> str:
    return api_token_create(user=person(people.ADA), name="prometheus")[1]


@pytest.fixture
def door(token: str) -> Client:
    """A client with a token that may do everything."""
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def make_key(db: None) -> KeyMaker:
    """Makes an integration key: the row, and its text."""

    def make(kind: str = "json", name: str = "Jenkins", **options: Any) -> tuple[IntegrationKey, str]:
        return integration_key_save(name=name, kind=kind, now=timezone.now(), **options)

    return make


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path) -> Iterator[Daphne]:
    """A real web process over the test's database."""
    server = Daphne(tmp_path)
    server.start()
    yield server
    server.kill()
