"""The engine's worker: one event loop that claims, runs and writes. Any number of workers share the work."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from monitoring.checks.engine.claiming import Claim, claim, release
from monitoring.checks.engine.clock import DatabaseClock
from monitoring.checks.engine.loading import JobCache
from monitoring.checks.engine.measures import Measures
from monitoring.checks.engine.running import Outcome, run
from monitoring.checks.engine.upkeep import in_maintenance, upkeep
from monitoring.checks.engine.writing import finish, write
from monitoring.checks.status import Circumstances
from monitoring.checks.wakeup import CHANNEL
from monitoring.metrics.shipping.shipper import Shipper
from opsportal import http, live

log = logging.getLogger(__name__)

LOOKAHEAD_S = 1.0  # checks due within this are claimed now and begun on time
POLL_S = 0.8
FLUSH_S = 0.5  # results of this long go out together, unless one changes a status
# Checks begin in groups, where there are many: a wake-up of the loop costs more than a check's own share of it.
FINE_TICK_S = 0.002
COARSE_TICK_S = 0.05
MANY = 100  # claims of one poll
UPKEEP_S = 2.0
CLOSE_UPKEEP_S = 30.0  # reads every check; a change of configuration is told at once
REPORT_S = 15.0
SHIP_S = 1.0
RETRY_S = 0.5  # after PostgreSQL went away
GIVE_UP_S = 5.0  # the pool doubles its pauses until it gives up and begins anew: so they stay short in a long outage
STEP_S = 2.0  # what a step may still take when the engine is told to stop
STOP_S = 6.0
MOST_AT_ONCE = 4000
MOST_UNWRITTEN = 50_000
BATCH = 1000

Database = AsyncConnection[Any]


class Engine:
    """Call `work` once; `stop` ends it, running checks finished and written, waiting ones given back."""

    def __init__(self, conninfo: str, name: str) -> None:
        self.name = name
        self.conninfo = conninfo
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
        self.clock = DatabaseClock()
        self.jobs = JobCache()
        self.shipper = Shipper(self.pool)
        self.measures = Measures()
        self.in_maintenance: frozenset[int] = frozenset()
        self.changed = True  # something may have been configured since this engine last looked
        self.look_closely_at = 0.0
        self.waiting: dict[int, list[Claim]] = {}  # by the loop's time in ms
        self.running: dict[int, asyncio.Task[None]] = {}
        self.finished: list[Outcome] = []
        self.stopping = asyncio.Event()
        self.poll_now = asyncio.Event()
        self.flush_now = asyncio.Event()
        self.upkeep_now = asyncio.Event()
        self.report_now = asyncio.Event()
        self.ship_now = asyncio.Event()
        self.covered_until: datetime | None = None

    async def work(self) -> None:
        """Run until `stop` is called."""
        await self.pool.open()
        steps = (
            (self._poll, self.poll_now, POLL_S),
            (self._flush, self.flush_now, FLUSH_S),
            (self._upkeep, self.upkeep_now, UPKEEP_S),
            (self._report, self.report_now, REPORT_S),
            (self._ship, self.ship_now, SHIP_S),
        )
        loops = [asyncio.create_task(self._repeat(*step)) for step in steps]
        listening = asyncio.create_task(self._listen())
        await self.stopping.wait()
        for _, wake, _ in steps:
            wake.set()
        listening.cancel()
        _, hanging = await asyncio.wait([*loops, listening], timeout=STEP_S)
        for task in hanging:
            task.cancel()
        await self._wind_down()

    def stop(self) -> None:
        self.stopping.set()

    async def _repeat(self, step: Callable[[], Awaitable[None]], wake: asyncio.Event, pause_s: float) -> None:
        """Do `step` again and again, when woken and after each pause. PostgreSQL being away is waited out."""
        away = False
        while not self.stopping.is_set():
            try:
                await step()
                if away:
                    log.info("%s: PostgreSQL is back", step.__name__)
                away, wait_s = False, pause_s
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                if not away:
                    log.warning("%s: PostgreSQL is away (%s), trying again", step.__name__, type(error).__name__)
                away, wait_s = True, RETRY_S
            except Exception:
                log.exception("%s failed, trying again", step.__name__)
                wait_s = RETRY_S
            await _wait(wake, wait_s)

    async def _listen(self) -> None:
        """Look at once when a door changed a check."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True) as database:
                    await database.execute(f"LISTEN {CHANNEL}")
                    async for _ in database.notifies():
                        self.poll_now.set()
                        self.changed = True
                        self.upkeep_now.set()
            except (psycopg.Error, OSError):
                await asyncio.sleep(RETRY_S)

    async def _poll(self) -> None:
        free = MOST_AT_ONCE - len(self.running) - sum(map(len, self.waiting.values()))
        if free <= 0 or len(self.finished) > MOST_UNWRITTEN:
            return
        now = self.clock.now()
        horizon = now + timedelta(seconds=LOOKAHEAD_S)
        async with self.pool.connection() as database:
            claims = await claim(database, now, horizon, min(free, BATCH))
            await self.jobs.load(database, [(one.check_id, one.revision) for one in claims])
        self.covered_until = horizon
        for one in claims:
            self._arrange(one, COARSE_TICK_S if len(claims) >= MANY else FINE_TICK_S)
        if len(claims) == BATCH:
            self.poll_now.set()

    def _arrange(self, one: Claim, tick_s: float) -> None:
        """Begin the claim at the first tick after its time; claims of one tick share a timer."""
        loop = asyncio.get_running_loop()
        delay_s = max((one.due_at - self.clock.now()).total_seconds(), 0.0)
        tick_ms = round((math.floor((loop.time() + delay_s) / tick_s) + 1) * tick_s * 1000)
        if tick_ms not in self.waiting:
            self.waiting[tick_ms] = []
            loop.call_at(tick_ms / 1000, self._begin, tick_ms)
        self.waiting[tick_ms].append(one)

    def _begin(self, tick: int) -> None:
        for one in self.waiting.pop(tick, ()):
            self.running[one.check_id] = asyncio.create_task(self._run(one))

    async def _run(self, one: Claim) -> None:
        job = self.jobs.jobs.get(one.check_id)
        try:
            now = self.clock.now()
            if job is None:  # the check was deleted since it was claimed
                return
            if now + timedelta(seconds=job.timeout_s) > one.leased_until:
                # This process stood still: another engine may begin the check before a run of ours would end.
                self.measures.lost_leases += 1
            else:
                self.measures.lateness_s.append((now - one.due_at).total_seconds())
                outcome = await run(one, job, now, self.pool)
                self.finished.append(outcome)
                if outcome.result.verdict != one.standing.status:
                    self.flush_now.set()
        finally:
            del self.running[one.check_id]

    async def _flush(self) -> None:
        if not self.finished:
            return
        batch, self.finished = self.finished[:BATCH], self.finished[BATCH:]
        now = self.clock.now()
        decided = [finish(one, now, self._around(one)) for one in batch]
        try:
            async with self.pool.connection() as database:
                written = await write(database, decided)
        except BaseException:
            self.finished = batch + self.finished  # not written: again with the next batch, while their leases last
            raise
        self.measures.runs += len(batch) - written.lost
        self.measures.lost_leases += written.lost
        self._expect(min(one.next_at for one in decided))
        await live.apublish_many(written.updates)
        if len(self.finished) >= BATCH:
            self.flush_now.set()

    def _around(self, outcome: Outcome) -> Circumstances:
        return Circumstances(maintenance=outcome.job.service_id in self.in_maintenance)

    def _expect(self, next_at: datetime) -> None:
        """A check came due again within the span that the last claim covered: claim in time for it."""
        if self.covered_until is not None and next_at < self.covered_until:
            delay_s = (next_at - self.clock.now()).total_seconds() - 0.02
            asyncio.get_running_loop().call_later(max(delay_s, 0.0), self.poll_now.set)

    async def _upkeep(self) -> None:
        async with self.pool.connection() as database:
            await self.clock.adjust(database)
            now = self.clock.now()
            closed = await in_maintenance(database, now)
            if self.changed or closed != self.in_maintenance:
                self.look_closely_at = 0.0  # until it was done
            self.changed, self.in_maintenance = False, closed
            closely = time.monotonic() >= self.look_closely_at
            updates = await upkeep(database, now, closely)
        if closely:
            self.look_closely_at = time.monotonic() + CLOSE_UPKEEP_S
        if updates:
            await live.apublish_many(updates)
            self.poll_now.set()

    async def _report(self) -> None:
        async with self.pool.connection() as database:
            await self.measures.report(database, self.name, self.clock.now())

    async def _ship(self) -> None:
        """Send samples on to where remote write is wanted."""
        if await self.shipper.turn():
            self.ship_now.set()

    async def _wind_down(self) -> None:
        """Give back what has not begun, finish and write what has."""
        claims = [one for group in self.waiting.values() for one in group]
        self.waiting.clear()
        deadline = time.monotonic() + STOP_S
        if self.running:
            await asyncio.wait(list(self.running.values()), timeout=STOP_S - 2)
        for task in self.running.values():
            task.cancel()
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.5)):
                async with self.pool.connection() as database:
                    await release(database, claims)
                while self.finished:
                    await self._flush()
        except (TimeoutError, psycopg.Error, PoolTimeout, OSError) as error:
            log.warning("stopped without writing %d results (%s)", len(self.finished), type(error).__name__)
        await self.pool.close(timeout=1)
        await http.aclose()
        await live.adisconnect()


async def _release_when_still(database: Database) -> None:
    """An engine that stands still in the midst of a transaction must not keep the rows of its checks locked from the others."""
    await database.execute("SET idle_in_transaction_session_timeout = '10s'")


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set or the time is over; the event is cleared."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()
