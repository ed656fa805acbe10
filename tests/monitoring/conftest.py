from collections.abc import Iterator

import pytest

from monitoring.metrics import store


@pytest.fixture(autouse=True)
def _no_series_remembered() -> Iterator[None]:
    """A flushed database has no series, so a process must not remember any across tests."""
    yield
    store._cache.forget()
