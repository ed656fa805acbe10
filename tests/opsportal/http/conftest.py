"""Every asynchronous test of the door runs on both event loops and leaves nothing open."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio
import uvloop

from opsportal.http import aclose


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Plain asyncio (daphne, Celery, commands) and uvloop (the engine)."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture
async def door() -> AsyncIterator[None]:
    """Closes what the test's loop kept open."""
    yield
    await aclose()
