"""One short, read-only connection to a PostgreSQL that is watched, which never outlives its deadline."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from monitoring.checks.probes.deadline import Clock

T = TypeVar("T")
APPLICATION_NAME = "opsportal"


def startup_options(settings: Mapping[str, Any], own: object) -> str:
    """`-c` options of a session that cannot write, wait long for a lock, or run long; `own` are options of the DSN, which come first."""
    limits = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{settings['statement_timeout_ms']}ms",
        "lock_timeout": f"{settings['lock_timeout_ms']}ms",
        "idle_in_transaction_session_timeout": "60s",
    }
    return " ".join([str(own or ""), *(f"-c {name}={value}" for name, value in limits.items())]).strip()


@asynccontextmanager
async def session(
    connection: Mapping[str, Any], settings: Mapping[str, Any], clock: Clock
) -> AsyncIterator[AsyncConnection[Any]]:
    """An autocommit connection made for this run. Raises TimeoutError at the deadline, psycopg.Error for what the server says."""
    wanted = {
        **connection,
        "application_name": APPLICATION_NAME,
        "options": startup_options(settings, connection.get("options")),
    }
    async with asyncio.timeout(clock.left_s()):
        made: AsyncConnection[Any] = await AsyncConnection.connect(
            **wanted, autocommit=True, prepare_threshold=None, connect_timeout=max(int(clock.budget_s) + 1, 2)
        )
    try:
        yield made
    finally:
        await made.close()


async def ask(connection: AsyncConnection[Any], work: Coroutine[Any, Any, T], clock: Clock) -> T:
    """The outcome of `work` on `connection`, or TimeoutError at the deadline.

    A cancelled psycopg call first asks the server to cancel and waits up to ten seconds for its word. A peer that has gone silent
    would hold the run for that long, so at the deadline the socket is shut down instead, and the call ends at once with an error
    that is dropped.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=clock.left_s())
        if done:
            return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            _hang_up(connection)
            with suppress(psycopg.Error, OSError):
                await task


def _hang_up(connection: AsyncConnection[Any]) -> None:
    with suppress(psycopg.Error, OSError), socket.socket(fileno=connection.pgconn.socket) as raw:
        try:
            raw.shutdown(socket.SHUT_RDWR)
        finally:
            raw.detach()  # libpq closes it
