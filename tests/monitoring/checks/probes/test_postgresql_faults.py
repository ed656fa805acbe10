"""What the `postgresql` probe says of servers that refuse, hang, break or are not ready; and of a standby whose link breaks."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.postgresql import PostgresqlProbe
from tests.fakes.half_open import Freezing, hanging_up, saying, serving, silent
from tests.fakes.pg_servers import PgServer, free_port
from tests.monitoring.checks.probes.postgres_parts import newest, server, watcher
from tests.monitoring.checks.probes.trying import SHORT_S, probe_of, run

__all__ = ["newest", "server"]


async def test_nothing_listening_is_down(newest: PgServer) -> None:
    port = free_port()
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port)))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)
    assert result.summary == f"Nothing listens at 127.0.0.1:{port}/postgres: connection refused."


async def test_a_missing_socket_is_down() -> None:
    result = await run(probe_of(PostgresqlProbe, dsn="host=/nowhere/at/all user=me dbname=it"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)


async def test_a_host_name_that_does_not_resolve_is_down() -> None:
    result = await run(probe_of(PostgresqlProbe, dsn="postgresql://me@nowhere.invalid/it"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.DNS)


async def test_a_wrong_password_is_misconfigured_not_down(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server, password="wr0ng")))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.AUTH)
    assert result.summary.startswith("Misconfigured: ")
    assert 'refuses the credentials of user "watcher"' in result.summary
    assert "wr0ng" not in repr(result)


async def test_a_user_that_does_not_exist_is_misconfigured(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=server.dsn(user="stranger")))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.AUTH)


async def test_a_database_that_does_not_exist_is_down(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server, database="dropped")))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.MISSING)
    assert result.summary == 'The server answers, but database "dropped" does not exist.'


async def test_too_many_connections_is_down_and_overloaded(server: PgServer) -> None:
    crowd = []
    try:
        with suppress(psycopg.OperationalError):
            while True:
                crowd.append(server.connect(user="plain", password="pl4in"))
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(server)))
    finally:
        for connection in crowd:
            connection.close()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.OVERLOADED)
    assert "no connection left: too many clients" in result.summary


async def test_a_peer_that_accepts_and_stays_silent_is_down_at_the_deadline(newest: PgServer) -> None:
    async with serving(silent) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port)), timeout_s=SHORT_S)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert result.summary.endswith("gave no answer in 0.27 s while connecting.")


async def test_a_connection_that_goes_half_open_is_down_at_the_deadline(newest: PgServer) -> None:
    frozen = Freezing(newest.port, b"json_build_object")
    async with serving(frozen) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port)), timeout_s=1.0)
    assert frozen.frozen.is_set()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "while reading its statistics" in result.summary
    assert "connect_seconds" in result.values


async def test_a_half_open_run_that_is_cancelled_ends_at_once(newest: PgServer) -> None:
    frozen = Freezing(newest.port, b"json_build_object")
    async with serving(frozen) as port, asyncio.timeout(4):  # psycopg alone would wait 5 s for the cancellation
        running = asyncio.create_task(run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port))))
        await frozen.frozen.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_a_peer_that_hangs_up_broke_the_connection(newest: PgServer) -> None:
    async with serving(hanging_up) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port)))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.RESET)


async def test_a_server_killed_between_two_statements_broke_the_connection(newest: PgServer) -> None:
    frozen = Freezing(newest.port, b"json_build_object")
    async with serving(frozen) as port:
        running = asyncio.create_task(run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port))))
        await frozen.frozen.wait()
        newest.stop()  # the proxy loses its server, and drops its client
        result = await running
    newest.start()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.RESET)


async def test_another_protocol_is_told_apart(newest: PgServer) -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port)))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.PROTOCOL)


@pytest.mark.parametrize(
    ("message", "cause", "words"),
    [
        (b"the database system is starting up", Cause.STARTING, "still starting"),
        (b"the database system is in recovery mode", Cause.STARTING, "recovering from a crash"),
        (b"the database system is shutting down", Cause.REFUSED, "is shutting down"),
    ],
)
async def test_a_server_that_is_not_ready_says_why(newest: PgServer, message: bytes, cause: Cause, words: str) -> None:
    async with serving(saying(refusal(b"57P03", message))) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port) + " sslmode=disable"))
    assert (result.verdict, result.cause) == (Status.DOWN, cause)
    assert words in result.summary


async def test_a_pooler_that_refuses_startup_options_is_misconfigured(newest: PgServer) -> None:
    async with serving(saying(refusal(b"08P01", b"unsupported startup parameter in options: lock_timeout"))) as port:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(newest, port=port) + " sslmode=disable"))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)


async def test_a_server_without_tls_where_it_is_required_is_told_apart(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server) + " sslmode=require"))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.TLS)


async def test_a_statement_past_its_timeout_is_told_apart(server: PgServer) -> None:
    probe = probe_of(PostgresqlProbe, dsn=watcher(server), statement_timeout_ms=50)
    probe._statement = "SELECT pg_sleep(5)"  # type: ignore[attr-defined]
    result = await run(probe)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "longer than the statement timeout" in result.summary


@pytest.fixture(scope="module")
def standby(server: PgServer) -> Iterator[PgServer]:
    clone = server.clone()
    try:
        yield clone.start(wal_receiver_timeout="1s", wal_retrieve_retry_interval="100ms")
    finally:
        clone.remove()


async def test_both_ends_of_a_replication_show_their_lag(server: PgServer, standby: PgServer) -> None:
    near = await streaming(standby)
    far, lag = Result(Status.UNKNOWN, ""), 'replica_lag_bytes{replica="walreceiver"}'
    while lag not in far.values:  # the standby reports how far it is a moment after it begins
        far = await run(probe_of(PostgresqlProbe, dsn=watcher(server), min_replicas=1))
    assert (near.verdict, near.values["wal_receiver_up"]) == (Status.UP, 1)
    assert near.values["replication_lag_bytes"] >= 0
    assert "(standby)" in near.summary
    assert far.values["replicas"] == 1
    assert 'slot_retained_bytes{slot="standby"}' in far.values


async def test_a_standby_where_a_primary_is_expected_is_down(standby: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(standby), expected_role="primary"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert "it takes no writes" in result.summary


async def test_a_standby_whose_primary_died_says_so_and_its_lag_is_not_zero(
    server: PgServer, standby: PgServer
) -> None:
    await streaming(standby)
    server.run("CREATE TABLE IF NOT EXISTS replayed (id int)")
    with standby.connect() as reader:
        while reader.execute("SELECT pg_last_xact_replay_timestamp() IS NULL").fetchone() == (True,):
            pass
    server.stop()
    try:
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(standby)))
        while result.values["wal_receiver_up"]:
            result = await run(probe_of(PostgresqlProbe, dsn=watcher(standby)))
    finally:
        server.start()
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.UNREACHABLE)
    assert result.values["replication_lag_seconds"] > 0


async def test_a_standby_that_takes_no_sessions_is_starting(newest: PgServer) -> None:
    clone = newest.clone()
    try:
        clone.start(wait=False, hot_standby="off")
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(clone)))
        while result.cause == Cause.REFUSED:
            result = await run(probe_of(PostgresqlProbe, dsn=watcher(clone)))
    finally:
        clone.remove()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.STARTING)


async def streaming(standby: PgServer) -> Result:
    probe = probe_of(PostgresqlProbe, dsn=watcher(standby))
    result = await run(probe)
    while not result.values.get("wal_receiver_up"):
        result = await run(probe)
    return result


def refusal(sqlstate: bytes, message: bytes) -> bytes:
    """A FATAL ErrorResponse as the frontend/backend protocol writes it."""
    fields = b"SFATAL\0VFATAL\0C" + sqlstate + b"\0M" + message + b"\0\0"
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
