"""A VictoriaMetrics keeps the samples in place of the own store: what writes and what reads does not notice."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from psycopg_pool import AsyncConnectionPool

from benchmarks.stack import free_port
from monitoring.metrics import querying
from monitoring.metrics.promql.vectors import Vector
from monitoring.metrics.shipping.models import Outgoing
from monitoring.metrics.shipping.shipper import Shipper
from monitoring.metrics.store import Sample, Selector, labels_of, read, summarise, write
from opsportal.database import conninfo
from opsportal.http import aclose
from tests.fakes.victoria import PROGRAM, WHY_NOT, Victoria
from tests.monitoring.metrics.shipping.settling import settle

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason=WHY_NOT),
]

NOW = datetime.now(UTC).replace(microsecond=0)
SHOP = labels_of({"service": "shop", "check": "home"})


@pytest.fixture
def victoria(tmp_path_factory: pytest.TempPathFactory, settings: Any) -> Iterator[Victoria]:
    server = Victoria(tmp_path_factory.mktemp("victoria"), free_port())
    asyncio.run(server.start())
    settings.METRICS_BACKEND = f"prometheus://127.0.0.1:{server.port}"
    yield server
    server.stop()


async def shipped() -> int:
    """Send what waits; how many samples."""
    text = await asyncio.to_thread(conninfo)
    async with AsyncConnectionPool(text, min_size=1, max_size=2, open=False, kwargs={"autocommit": True}) as pool:
        sent = await Shipper(pool).turn()
    await aclose()
    return sent


def test_what_is_written_is_kept_and_read_there(victoria: Victoria) -> None:
    times = [NOW - timedelta(seconds=60 - second) for second in range(0, 60, 10)]
    assert write(Sample("m_seconds", SHOP, time, float(n)) for n, time in enumerate(times)) == 6
    settle()
    assert async_to_sync(shipped)() == 6
    asyncio.run(victoria.get("/internal/force_flush"))
    [series] = read(Selector("m_seconds", {"service": "shop"}), NOW - timedelta(minutes=2), NOW)
    assert series.points == [(time, float(n)) for n, time in enumerate(times)]
    [summary] = summarise(Selector("m_seconds", {}), NOW - timedelta(minutes=2), NOW, [2.5])
    assert (summary.samples, summary.total, summary.counts) == (6, 15.0, {"0": 3, "1": 3})
    found = querying.query("sum(m_seconds)", int(times[-1].timestamp() * 1000))
    assert isinstance(found.value, Vector)
    assert found.value.values.tolist() == [[5.0]]


def test_the_own_store_keeps_nothing_then(victoria: Victoria) -> None:
    write([Sample("m_seconds", SHOP, NOW, 1.0)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_hot")
        assert cursor.fetchone() == (0,)
    assert Outgoing.objects.count() == 1
