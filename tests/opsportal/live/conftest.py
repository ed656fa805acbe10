"""A hub on a clock of its own, and a topic with a snapshot."""

from collections.abc import Iterator

import pytest

from opsportal.live import topics
from opsportal.live.hub import Hub
from tests.opsportal.live.parts import MAY_VIEW, Board, ManualTimer


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
async def hub(timer: ManualTimer) -> Hub:
    return Hub(timer)


@pytest.fixture
async def board() -> Iterator[Board]:
    board = Board()
    topics.register("board", permission=MAY_VIEW, snapshot=board.snapshot)
    yield board
    topics.unregister("board")
