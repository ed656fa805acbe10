"""Sweeps: who looks, again and again, for what is due. Time itself is a column in PostgreSQL; a sweep claims what is due and does it.

A room says what it sweeps (`Sweep`), a process runs the sweeps of all rooms (`Sweeper`), each on a thread with a connection of its own. A
sweep is woken by a notification of PostgreSQL, at the time it named itself, and after `pause_s` at the latest, so that a lost notification
delays and loses nothing. Any number of processes may run the same sweeps: each claims with SKIP LOCKED or an advisory lock.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from opsportal.measures import counter, histogram

log = logging.getLogger(__name__)

AWAY_S = 0.5  # between tries while PostgreSQL is away
LONG_PAUSE_S = 10.0  # who looks so seldom keeps no connection meanwhile: each is a process of PostgreSQL
LISTEN_S = 5.0  # how long a listener waits before it looks whether it is to stop
CLOCK_S = 30.0  # how long the difference of the clocks is believed
DURATION = histogram("opsportal_sweep_duration_seconds", "Time of one look for what is due.", ("sweep",))
FAULTS = counter("opsportal_sweep_faults_total", "Looks that ended in an unforeseen error.", ("sweep",))


@dataclass(frozen=True, slots=True)
class Sweep:
    """`run(now)` does what is due and returns when something is due next, or None: nothing that it knows of.

    It opens its own transactions, does a bounded amount in one call, and returns `now` when there is more to do at once.
    """

    name: str
    run: Callable[[datetime], datetime | None]
    wake: tuple[str, ...] = ()  # channels of NOTIFY
    pause_s: float = 2.0


def wake(channel: str) -> None:
    """Wake the sweeps of a channel, when the present transaction commits; once, however often it was asked for."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {channel}")


@dataclass(slots=True)
class DatabaseNow:
    """The time of the database, so that hosts with different clocks agree on what is due."""

    ahead: timedelta = timedelta()
    asked_at: float = float("-inf")

    def __call__(self) -> datetime:
        if time.monotonic() - self.asked_at > CLOCK_S:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                self.ahead = cursor.fetchone()[0] - timezone.now()
            self.asked_at = time.monotonic()
        return timezone.now() + self.ahead


class SweepThread(threading.Thread):
    """One sweep, until told to stop. Whatever goes wrong is logged and tried again."""

    def __init__(self, sweep: Sweep, stopping: threading.Event) -> None:
        super().__init__(name=f"sweep {sweep.name}", daemon=True)
        self.sweep = sweep
        self.stopping = stopping
        self.woken = threading.Event()
        self.now = DatabaseNow()
        self.away = False

    def run(self) -> None:
        while not self.stopping.is_set():
            self.woken.clear()
            wait_s = self._wait_s()
            if self.sweep.pause_s >= LONG_PAUSE_S:
                self._forget_connection()
            self.woken.wait(wait_s)
        connection.close()

    def _wait_s(self) -> float:
        """Look once; how long to wait until the next look."""
        began = time.monotonic()
        try:
            now = self.now()
            next_at = self.sweep.run(now)
        except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
            return self._stay_away(error)
        except Exception:
            log.exception("sweep %s: unforeseen error, trying again", self.sweep.name)
            FAULTS.add(1, self.sweep.name)
            self._forget_connection()
            return self.sweep.pause_s
        DURATION.observe(time.monotonic() - began, self.sweep.name)
        if self.away:
            log.info("sweep %s: PostgreSQL is back", self.sweep.name)
            self.away = False
        if next_at is None:
            return self.sweep.pause_s
        return min(max((next_at - self.now()).total_seconds(), 0.0), self.sweep.pause_s)

    def _stay_away(self, error: Exception) -> float:
        if not self.away:
            log.warning("sweep %s: PostgreSQL is away (%s), trying again", self.sweep.name, type(error).__name__)
        self.away = True
        self._forget_connection()
        return AWAY_S

    def _forget_connection(self) -> None:
        try:
            connection.close()
        except DatabaseError:
            connection.connection = None


@dataclass(slots=True)
class Listener:
    """Calls back when PostgreSQL notifies a channel."""

    conninfo: str
    stopping: threading.Event
    callbacks: dict[str, list[Callable[[], object]]] = field(default_factory=dict)

    def on(self, channel: str, callback: Callable[[], object]) -> None:
        """Before `run` only."""
        self.callbacks.setdefault(channel, []).append(callback)

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, OSError):
                self.stopping.wait(AWAY_S)

    def _listen(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True, connect_timeout=5) as listening:
            for channel in self.callbacks:
                listening.execute(f"LISTEN {channel}")
            for channel in self.callbacks:  # what was notified while nobody listened
                self._call(channel)
            while not self.stopping.is_set():
                for told in listening.notifies(timeout=LISTEN_S, stop_after=1):
                    self._call(told.channel)

    def _call(self, channel: str) -> None:
        for callback in self.callbacks.get(channel, ()):
            callback()


class Sweeper:
    """All sweeps of a process. `start`, then `stop`."""

    def __init__(self, sweeps: Sequence[Sweep], conninfo: str) -> None:
        self.stopping = threading.Event()
        self.threads = [SweepThread(sweep, self.stopping) for sweep in sweeps]
        self.listener = Listener(conninfo, self.stopping)
        for thread in self.threads:
            for channel in thread.sweep.wake:
                self.listener.on(channel, thread.woken.set)

    def start(self) -> None:
        for thread in self.threads:
            thread.start()
        threading.Thread(target=self.listener.run, name="listener", daemon=True).start()

    def stop(self, within_s: float) -> None:
        """Let each end what it is at, within the time."""
        deadline = time.monotonic() + within_s
        self.stopping.set()
        for thread in self.threads:
            thread.woken.set()
        for thread in self.threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
