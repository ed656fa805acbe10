from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from psycopg_pool import AsyncConnectionPool

from monitoring.metrics.ingest import Source, resolve
from monitoring.metrics.promql.storage import STALE_BITS
from monitoring.metrics.shipping.actions import destination_save
from monitoring.metrics.shipping.models import Destination, Outgoing
from monitoring.metrics.shipping.payloads import Samples
from monitoring.metrics.shipping.queueing import interest, queueing
from monitoring.metrics.shipping.shipper import Shipper
from monitoring.metrics.statements import run
from opsportal.database import conninfo
from opsportal.http import aclose
from tests.fakes.remote_write import Receiver
from tests.fakes.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)

BASE_MS = 1_790_000_000_000
STALE = np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    found = Receiver()
    async with serving(found.application()) as url:
        yield found, f"{url}/api/v1/write"


@pytest_asyncio.fixture
async def shipper() -> AsyncIterator[Shipper]:
    interest.forget()
    text = await sync_to_async(conninfo)()
    async with AsyncConnectionPool(text, min_size=1, max_size=4, open=False, kwargs={"autocommit": True}) as pool:
        yield Shipper(pool)
    await aclose()
    await sync_to_async(connections.close_all)()


def stored(name: str, rows: Iterable[tuple[int, float]]) -> None:
    """Samples of one series, queued as `append` queues what it stores."""
    [series] = resolve(Source("push", "test"), [(("__name__", name), ("job", "shop"))]).ids.tolist()
    times, values = zip(*rows, strict=True)
    ids = np.full(len(times), series, dtype=np.int64)
    run(queueing(Samples(ids, BASE_MS + np.array(times, dtype=np.int64), np.array(values, dtype=np.float64))))


astored = sync_to_async(stored)
save = sync_to_async(destination_save)


async def state(one: Destination) -> Destination:
    return await Destination.objects.aget(pk=one.pk)


async def due_again(one: Destination) -> None:
    await Destination.objects.filter(pk=one.pk).aupdate(next_attempt_at=datetime.now(UTC) - timedelta(seconds=1))


async def test_what_is_stored_arrives_bit_by_bit(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url, external_labels={"portal": "eu"})
    await astored("m", [(0, 0.1), (15_000, STALE)])
    assert await shipper.turn() == 2
    assert taken.samples["m"] == [(BASE_MS, 0x3FB999999999999A), (BASE_MS + 15_000, STALE_BITS)]
    assert taken.labels == [(("__name__", "m"), ("job", "shop"), ("portal", "eu"))]
    assert (await state(one)).sent_samples == 2


async def test_a_receiver_that_was_away_is_sent_everything_in_order(
    receiver: tuple[Receiver, str], shipper: Shipper
) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url)
    taken.faults = [503, 500, 429]
    for tick in range(5):
        await astored("m", [(tick * 1000, float(tick))])
        await due_again(one)
        await shipper.turn()
    assert [time - BASE_MS for time, _ in taken.samples["m"]] == [0, 1000, 2000, 3000, 4000]
    assert (await state(one)).failing_since is None


async def test_an_attempt_that_failed_says_why_and_waits(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url)
    taken.faults = [503, 503]
    await astored("m", [(0, 1.0)])
    assert await shipper.turn() == 0
    assert await shipper.turn() == 0
    assert taken.requests == 1
    after = await state(one)
    assert after.last_error == "HTTP 503: not now"
    assert after.failing_since is not None


async def test_what_is_refused_for_good_is_counted_and_does_not_hold_up_the_rest(
    receiver: tuple[Receiver, str], shipper: Shipper
) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url)
    taken.faults = [400]
    await astored("m", [(0, 1.0)])
    await shipper.turn()
    await astored("m", [(1000, 2.0)])
    await shipper.turn()
    assert [time - BASE_MS for time, _ in taken.samples["m"]] == [1000]
    assert ((await state(one)).dropped_samples, (await state(one)).sent_samples) == (1, 1)


async def test_wrong_credentials_lose_nothing(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url, auth="bearer", secret="s3cret-token")
    taken.faults = [401]
    await astored("m", [(0, 1.0)])
    await shipper.turn()
    assert "s3cret" not in (await state(one)).last_error
    await due_again(one)
    await shipper.turn()
    assert taken.authorization == "Bearer s3cret-token"
    assert len(taken.samples["m"]) == 1


async def test_a_transaction_that_ends_late_is_not_passed_over(
    receiver: tuple[Receiver, str], shipper: Shipper
) -> None:
    taken, url = receiver
    await save(name="vm", url=url)
    text = await sync_to_async(conninfo)()
    insert = "INSERT INTO shipping_outgoing (samples, payload) SELECT samples, payload FROM shipping_outgoing"
    await astored("early", [(0, 1.0)])
    async with await psycopg.AsyncConnection.connect(text) as slow:
        await slow.execute("SELECT pg_current_xact_id()")
        await astored("late", [(0, 2.0)])
        await shipper.turn()
        assert set(taken.samples) == {"early"}
        await slow.execute(insert)
    await shipper.turn()
    assert set(taken.samples) == {"early", "late"}
    assert len(taken.samples["late"]) == 1


async def test_what_everybody_has_is_forgotten(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    _, url = receiver
    await save(name="vm", url=url)
    await astored("m", [(0, 1.0)])
    await shipper.turn()
    shipper.tidy_at = 0.0
    await shipper.turn()
    assert await Outgoing.objects.acount() == 0


async def test_two_shippers_do_not_send_the_same(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    taken, url = receiver
    await save(name="vm", url=url)
    await astored("m", [(0, 1.0)])
    other: Any = Shipper(shipper.pool)
    async with shipper.pool.connection() as database:
        await database.execute(
            "UPDATE shipping_destination SET claimed_by = %s, claimed_until = now() + interval '30 s'", [other.holder]
        )
    assert await shipper.turn() == 0
    assert await other.turn() == 1
    assert taken.requests == 1


async def test_what_waits_for_too_long_is_dropped_and_said(receiver: tuple[Receiver, str], shipper: Shipper) -> None:
    taken, url = receiver
    one = await save(name="vm", url=url)
    await astored("m", [(0, 1.0), (1000, 2.0)])
    await Outgoing.objects.aupdate(created_at=datetime.now(UTC) - timedelta(days=30))
    await shipper.turn()
    after = await state(one)
    assert after.dropped_samples == 2
    assert "METRICS_QUEUE_HOURS" in after.last_error
    assert not taken.samples


def test_a_write_that_is_rolled_back_is_not_queued() -> None:
    interest.forget()
    destination_save(name="vm", url="http://127.0.0.1:1/api/v1/write")
    with transaction.atomic():
        stored("m", [(0, 1.0)])
        assert Outgoing.objects.count() == 1
        transaction.set_rollback(True)
    assert Outgoing.objects.count() == 0


def test_nothing_is_queued_when_nobody_wants_it() -> None:
    interest.forget()
    stored("m", [(0, 1.0)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM shipping_outgoing")
        assert cursor.fetchone() == (0,)


async def test_the_system_of_the_settings_is_a_destination(
    receiver: tuple[Receiver, str], shipper: Shipper, settings: Any
) -> None:
    taken, url = receiver
    settings.METRICS_BACKEND = url.replace("http://", "prometheus://token-1@").removesuffix("/api/v1/write")
    await astored("m", [(0, 1.0)])
    assert await shipper.turn() == 1
    assert taken.authorization == "Bearer token-1"
    one = await Destination.objects.aget()
    assert (one.is_backend, one.url) == (True, url)
    assert "token-1" not in one.sealed_secret


async def test_without_the_setting_it_is_switched_off(shipper: Shipper, settings: Any) -> None:
    settings.METRICS_BACKEND = "prometheus://127.0.0.1:1"
    await shipper.turn()
    settings.METRICS_BACKEND = ""
    shipper.tidy_at = 0.0
    await shipper.turn()
    assert not (await Destination.objects.aget()).enabled
