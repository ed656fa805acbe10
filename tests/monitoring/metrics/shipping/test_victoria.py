import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from benchmarks.stack import free_port
from monitoring.metrics.shipping.shipper import Shipper
from tests.fakes.victoria import PROGRAM, WHY_NOT, Victoria
from tests.monitoring.metrics.shipping import test_shipper
from tests.monitoring.metrics.shipping.settling import settle
from tests.monitoring.metrics.shipping.test_shipper import astored, due_again, save, shipper

__all__ = ["shipper"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT),
]


@pytest_asyncio.fixture
async def victoria(tmp_path: Path) -> AsyncIterator[Victoria]:
    server = Victoria(tmp_path, free_port())
    await server.start()
    yield server
    server.stop()


async def test_a_victoriametrics_that_was_stopped_catches_up(
    victoria: Victoria, shipper: Shipper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_shipper, "BASE_MS", int(time.time() * 1000) - 60_000)
    one = await save(name="victoria", url=f"{victoria.url}/api/v1/write")
    await astored("m", [(0, 0.1), (1000, 0.2)])
    await asyncio.to_thread(settle)
    assert await shipper.turn() == 2
    victoria.stop()
    for tick in range(2, 6):
        await astored("m", [(tick * 1000, tick / 10 + 0.1)])
        await due_again(one)
        assert await shipper.turn() == 0
    await victoria.start()
    await due_again(one)
    assert await shipper.turn() == 4
    assert await victoria.exported('{__name__="m"}') == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
