"""A hub on a clock of its own, and a topic with a snapshot."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from opsportal.live import publisher, topics
from opsportal.live.hub import Hub
from tests.opsportal.live.parts import MAY_VIEW, Board, ManualTimer


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
async def hub(timer: ManualTimer) -> Hub:
    return Hub(timer)


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    board = Board()
    topics.register("board", permission=MAY_VIEW, snapshot=board.snapshot)
    yield board
    topics.unregister("board")


@pytest.fixture
async def _connections_closed(transactional_db: None) -> AsyncIterator[None]:
    """Asynchronous code reaches the database from a thread of its own, whose connection outlives the test otherwise."""
    yield
    await sync_to_async(connections.close_all)()
    await publisher.adisconnect()
