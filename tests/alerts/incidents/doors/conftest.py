"""Who asks at the doors."""

import pytest
from django.test import Client

from security.access.actions import api_token_create
from tests import people
from tests.people import person


@pytest.fixture
def token(db: None) -> str:
    return api_token_create(user=person(people.ADA), name="prometheus")[1]


@pytest.fixture
def door(token: str) -> Client:
    """A client with a token that may do everything."""
    return Client(headers={"Authorization": f"Bearer {token}"})
