"""The sender: a thread with an event loop that claims what is due and sends it. Any number of senders share the outbox.

It is woken by PostgreSQL's notification of the outbox, at the time at which something is due next, and after POLL_S at the latest.
"""

import asyncio
import logging
import threading
import time
from typing import Any

import psycopg
import uvloop
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from alerts.delivery.sending import statements
from alerts.delivery.sending.answering import Answering
from alerts.delivery.sending.claiming import Claim, claim
from alerts.delivery.sending.finishing import finish
from alerts.delivery.sending.loading import KindCache
from alerts.delivery.sending.measuring import WAIT
from alerts.delivery.sending.trying import Tried, attempt, unwritable
from alerts.delivery.wakeup import OUTBOX
from monitoring.checks.engine.clock import DatabaseClock
from opsportal import http, live
from opsportal.database import conninfo

log = logging.getLogger(__name__)

POLL_S = 2.0
GATHER_S = 0.003  # while messages are under way: those that end together free their slots together
ADJUST_S = 30.0
AWAY_S = 0.5
GIVE_UP_S = 5.0  # the pool doubles its pauses until then and begins anew: so they stay short in a long outage
MOST_AT_ONCE = 400
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)

Database = AsyncConnection[Any]


class Sender:
    """`start`, `wake` as often as something may be due, `stop`."""

    channel = OUTBOX

    def __init__(self) -> None:
        self.conninfo = conninfo(application_name="opsportal sender")
        self.thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.woken: asyncio.Event | None = None
        self.stopping = threading.Event()
        self.within_s = 3.0

    def start(self) -> None:
        self.thread.start()

    def wake(self) -> None:
        """From any thread."""
        loop, woken = self.loop, self.woken
        if loop is not None and woken is not None and not loop.is_closed():
            loop.call_soon_threadsafe(woken.set)

    def stop(self, within_s: float) -> None:
        """Take nothing more; let what is under way end within the time, and give back what does not."""
        self.within_s = within_s
        self.stopping.set()
        self.wake()
        self.thread.join(within_s + 1.0)

    def _run(self) -> None:
        uvloop.run(self._work())

    async def _work(self) -> None:
        self.loop, self.woken = asyncio.get_running_loop(), asyncio.Event()
        outbox = Outbox(self.conninfo, self.woken)
        await outbox.open()
        try:
            while not self.stopping.is_set():
                self.woken.clear()
                pause_s = await outbox.turn()
                await _wait(self.woken, pause_s)
                if outbox.running:
                    await asyncio.sleep(GATHER_S)
        finally:
            await outbox.close(self.within_s)


class Outbox:
    """What a sender does: `turn` takes what may go now and begins to send it."""

    def __init__(self, conninfo: str, woken: asyncio.Event, clock: DatabaseClock | None = None) -> None:
        self.pool: AsyncConnectionPool[Database] = AsyncConnectionPool(
            conninfo,
            min_size=2,
            max_size=6,
            open=False,
            timeout=GIVE_UP_S,
            reconnect_timeout=GIVE_UP_S,
            configure=_release_when_still,
            kwargs={"autocommit": True},
        )
        self.woken = woken
        self.clock = clock or DatabaseClock()
        self.adjusted_at = float("-inf")
        self.kinds = KindCache()
        self.answering = Answering()
        self.running: dict[asyncio.Task[None], Claim] = {}
        self.away = False

    async def open(self) -> None:
        await self.pool.open()

    async def turn(self) -> float:
        """Claim and begin; how long to wait until the next turn, in seconds. PostgreSQL being away is waited out."""
        try:
            pause_s = await self._take()
        except AWAY as error:
            if not self.away:
                log.warning("sender: PostgreSQL is away (%s), trying again", type(error).__name__)
            self.away = True
            return AWAY_S
        except Exception:
            log.exception("sender: unforeseen error, trying again")
            return POLL_S
        if self.away:
            log.info("sender: PostgreSQL is back")
            self.away = False
        return pause_s

    async def _take(self) -> float:
        if len(self.running) >= MOST_AT_ONCE:
            return POLL_S
        async with self.pool.connection() as database:
            if time.monotonic() - self.adjusted_at > ADJUST_S:
                await self.clock.adjust(database)
                self.adjusted_at = time.monotonic()
            now = self.clock.now()
            claimed = await claim(database, self.kinds, now)
        for one in claimed.claims:
            self._begin(one)
        if claimed.next_at is None:
            return POLL_S
        return min(max((claimed.next_at - now).total_seconds(), 0.0), POLL_S)

    def _begin(self, one: Claim) -> None:
        task = asyncio.create_task(self._send(one))
        self.running[task] = one
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.running.pop(task, None)
        self.woken.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("sender: a delivery ended unforeseen", exc_info=error)

    async def _send(self, one: Claim) -> None:
        began = self.clock.now()
        if not one.row["attempts_made"]:
            WAIT.observe(max((began - one.row["next_attempt_at"]).total_seconds(), 0.0), one.row["channel_kind"])
        tried = await attempt(one, began, self.answering)
        await self._finish(tried)

    async def _finish(self, tried: Tried) -> None:
        """Write it, as often as it takes: what was sent and is not known to be would be sent again."""
        while True:
            try:
                async with self.pool.connection() as database:
                    return await finish(database, tried, self.clock.now())
            except AWAY:
                await asyncio.sleep(AWAY_S)
            except Exception:
                if tried.is_plain:
                    raise
                log.exception("sender: an answer cannot be stored; its outcome is")
                tried = unwritable(tried)

    async def idle(self) -> None:
        """Until nothing is under way."""
        while self.running:
            await asyncio.wait(list(self.running))

    async def close(self, within_s: float) -> None:
        """Let what is under way end; give back what does not, to be sent again under the same keys."""
        if self.running:
            await asyncio.wait(list(self.running), timeout=max(within_s - 1.0, 0.1))
        left = dict(self.running)
        for task in left:
            task.cancel()
        try:
            async with asyncio.timeout(0.8):
                await self._give_back(list(left.values()))
        except (TimeoutError, *AWAY) as error:
            log.warning("sender: stopped with %d under way (%s); their leases run out", len(left), type(error).__name__)
        await self.shut()
        await http.aclose()
        await live.adisconnect()

    async def shut(self) -> None:
        """Close its connections to PostgreSQL."""
        await self.answering.close()
        await self.pool.close(timeout=0.2)

    async def _give_back(self, claims: list[Claim]) -> None:
        if claims:
            async with self.pool.connection() as database:
                parameters = {"ids": [one.id for one in claims], "leases": [one.lease for one in claims]}
                await database.execute(statements.GIVE_BACK, parameters | {"now": self.clock.now()})


async def _release_when_still(database: Database) -> None:
    """A sender that stands still in the midst of a claim must not keep its rows locked from the others."""
    await database.execute("SET idle_in_transaction_session_timeout = '10s'")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
