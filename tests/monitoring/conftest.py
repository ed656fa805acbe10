from collections.abc import Iterator

import pytest

from monitoring.metrics import block_reading, store
from monitoring.metrics.index import series_index


@pytest.fixture(autouse=True)
def _no_series_remembered() -> Iterator[None]:
    """A flushed database has no series, so a process must not remember any across tests."""
    yield
    store.forget()
    series_index.forget()
    block_reading.forget()
