"""Every turn of a shipper waits for the other workers of the suite."""

import asyncio

import pytest

from monitoring.metrics.shipping.shipper import Shipper
from tests.monitoring.metrics.shipping.settling import settle


@pytest.fixture(autouse=True)
def _turns_wait_for_other_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = Shipper.turn

    async def settled(shipper: Shipper) -> int:
        await asyncio.to_thread(settle)
        return await turn(shipper)

    monkeypatch.setattr(Shipper, "turn", settled)
