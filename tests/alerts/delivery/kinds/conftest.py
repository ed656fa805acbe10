"""Kinds post to fakes on the loopback, which the portal otherwise refuses."""

from collections.abc import AsyncIterator

import pytest
from pytest_django.fixtures import Settings

from opsportal.http import aclose


@pytest.fixture
def kinds() -> None:
    """The kinds as they are, instead of those that the sender's tests script."""


@pytest.fixture(autouse=True)
async def _loopback_is_allowed(settings: Settings) -> AsyncIterator[None]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    yield
    await aclose()
