"""Rendering needs none of the kinds that the sender's tests script."""

import pytest


@pytest.fixture
def kinds() -> None:
    """The kinds as they are."""
