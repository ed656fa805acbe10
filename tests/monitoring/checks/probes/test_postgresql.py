"""The `postgresql` probe against real servers of versions 15 and 18."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.postgresql import PostgresqlProbe
from opsportal.kinds import clean_settings
from tests.fakes.pg_servers import PASSWORD, SUPERUSER, PgServer
from tests.monitoring.checks.probes.postgres_parts import newest, server, watcher
from tests.monitoring.checks.probes.trying import NOW, probe_of, run

__all__ = ["newest", "server"]


async def test_a_role_with_pg_monitor_only_reads_everything(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server)))
    assert (result.verdict, result.cause) == (Status.UP, Cause.NONE)
    assert "(primary) answers in" in result.summary
    declared = {name.partition("{")[0] for name in result.values}
    assert {"connect_seconds", "select_seconds", "connections_used_ratio", "txid_age_ratio", "replicas"} <= declared
    assert declared <= set(PostgresqlProbe.values)


async def test_connections_are_held_against_the_limit_less_those_reserved(server: PgServer) -> None:
    with server.connect(), server.connect():
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(server)))
    assert result.values["connections_limit"] == 17
    assert result.values["connections_used"] == 3
    assert result.values['connections{state="idle"}'] == 2


async def test_an_idle_transaction_shows_its_age_and_its_query_without_literals(server: PgServer) -> None:
    async with await psycopg.AsyncConnection.connect(server.dsn()) as idle:
        await idle.execute("SELECT 'card 4111', 42 FROM users LIMIT 1")
        result = await run(probe_of(PostgresqlProbe, dsn=watcher(server)))
    assert result.values["idle_in_transaction_seconds"] > 0
    assert result.values["oldest_transaction_seconds"] > 0
    assert result.evidence["longest_transactions"][0]["query"] == "SELECT ?, ? FROM users LIMIT ?"


async def test_a_lock_that_is_waited_for_shows_who_blocks_whom(server: PgServer) -> None:
    async with (
        await psycopg.AsyncConnection.connect(server.dsn()) as holder,
        await psycopg.AsyncConnection.connect(server.dsn()) as waiter,
    ):
        holder_pid, waiter_pid = holder.info.backend_pid, waiter.info.backend_pid
        await holder.execute("LOCK TABLE billing.invoices")
        waiting = asyncio.create_task(waiter.execute("DELETE FROM billing.invoices WHERE id = 7"))
        probe = probe_of(PostgresqlProbe, dsn=watcher(server))
        result = await run(probe)
        while not result.values["locks_ungranted"]:
            result = await run(probe)
        await holder.rollback()
        await waiting
    tree = result.evidence["blocking"]
    assert [(node["pid"], node["user"]) for node in tree] == [(holder_pid, SUPERUSER)]
    assert tree[0]["blocks"][0]["pid"] == waiter_pid
    assert tree[0]["blocks"][0]["query"] == "DELETE FROM billing.invoices WHERE id = ?"


async def test_a_missing_column_says_that_a_migration_was_not_run(server: PgServer) -> None:
    wanted = "users.email, users.name, billing.invoices.paid_at, invoices.id"
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server), expected_columns=wanted))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.MISSING)
    assert result.summary == 'Missing in database "postgres": users.email; was a migration not run?'


async def test_a_missing_table_is_down_and_present_ones_are_not_named(server: PgServer) -> None:
    tables = ["users", "billing.invoices", "public.invoices", "projects"]
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server), expected_tables=tables))
    assert result.cause == Cause.MISSING
    assert ": projects, public.invoices;" in result.summary


async def test_a_role_without_pg_monitor_is_misconfigured_not_down(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=server.dsn("plain", "pl4in")))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert 'GRANT pg_monitor TO "plain"' in result.summary


async def test_without_statistics_any_role_will_do(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=server.dsn("plain", "pl4in"), statistics=False))
    assert result.verdict == Status.UP
    assert "select_seconds" in result.values
    assert "connections_used" not in result.values


async def test_a_standby_is_down_where_a_primary_is_expected_and_the_other_way_round(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server), expected_role="standby"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert result.summary == "The server is a primary where a standby is expected: two primaries may be writing."


async def test_a_missing_replica_degrades(server: PgServer) -> None:
    result = await run(probe_of(PostgresqlProbe, dsn=watcher(server), min_replicas=1))
    assert (result.verdict, result.summary) == (Status.DEGRADED, "0 of 1 expected replicas are streaming.")


async def test_ratios_count_what_happened_between_two_runs(server: PgServer) -> None:
    probe = probe_of(PostgresqlProbe, dsn=watcher(server))
    first = await run(probe)
    server.run("SELECT count(*) FROM users", "SELECT pg_stat_force_next_flush()")
    second = await run(probe, memory=first.memory, now=NOW + timedelta(seconds=60))
    assert "cache_hit_ratio" not in first.values
    assert 0 <= second.values["cache_hit_ratio"] <= 1
    assert second.values["index_use_ratio"] < 0.5
    assert second.values["deadlocks"] == 0


async def test_a_deadlock_between_two_runs_is_counted(server: PgServer) -> None:
    probe = probe_of(PostgresqlProbe, dsn=watcher(server))
    first = await run(probe)
    await provoke_deadlock(server)
    second = await run(probe, memory=first.memory, now=NOW + timedelta(seconds=60))
    assert second.values["deadlocks"] == 1


async def test_a_reset_of_the_statistics_gives_no_change_rather_than_a_negative_one(server: PgServer) -> None:
    probe = probe_of(PostgresqlProbe, dsn=watcher(server))
    first = await run(probe)
    server.run("SELECT pg_stat_reset()")
    second = await run(probe, memory=first.memory, now=NOW + timedelta(seconds=60))
    assert not {"deadlocks", "temp_bytes", "cache_hit_ratio", "transactions_per_second"} & set(second.values)


async def test_a_restart_gives_no_change_either(server: PgServer) -> None:
    probe = probe_of(PostgresqlProbe, dsn=watcher(server))
    first = await run(probe)
    server.stop()
    server.start()
    second = await run(probe, memory=first.memory, now=NOW + timedelta(seconds=60))
    assert second.verdict == Status.UP
    assert "transactions_per_second" not in second.values


async def test_the_session_cannot_write(server: PgServer) -> None:
    probe = PostgresqlProbe(clean_settings(PostgresqlProbe.SettingsForm, {"dsn": server.dsn()}))
    probe._statement = "CREATE TABLE made_by_a_check (id int)"
    result = await run(probe)
    assert "read-only transaction" in result.summary


async def test_the_password_is_in_no_part_of_a_result(server: PgServer) -> None:
    for dsn in (server.dsn(), server.dsn(database="nowhere"), server.dsn(user="nobody")):
        assert PASSWORD not in repr(await run(probe_of(PostgresqlProbe, dsn=dsn)))


@pytest.mark.parametrize(
    "dsn",
    [
        "password=s3cret nonsense",
        "postgresql://me:s3cret/x@host/db",
        "postgresql://me:x@s3cret@host/db",
        "postgresql://me:7/s3cret@host/db",
    ],
)
def test_a_dsn_that_cannot_be_read_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        clean_settings(PostgresqlProbe.SettingsForm, {"dsn": dsn})
    assert "s3cret" not in str(caught.value)
    assert "dsn" in caught.value.message_dict


def test_a_check_without_dsn_and_without_database_is_refused() -> None:
    with pytest.raises(forms.ValidationError, match="Give a DSN, or name a registered database"):
        clean_settings(PostgresqlProbe.SettingsForm, {})


def test_cleaned_settings_clean_to_themselves() -> None:
    once = clean_settings(PostgresqlProbe.SettingsForm, {"dsn": "host=x", "expected_columns": "a.b,\nc.d.e, a.b"})
    assert once["expected_columns"] == ["a.b", "c.d.e"]
    assert clean_settings(PostgresqlProbe.SettingsForm, once) == once


async def provoke_deadlock(server: PgServer) -> None:
    async with (
        await psycopg.AsyncConnection.connect(server.dsn()) as one,
        await psycopg.AsyncConnection.connect(server.dsn()) as other,
    ):
        await one.execute("LOCK TABLE users")
        await other.execute("LOCK TABLE billing.invoices")
        outcomes = await asyncio.gather(
            one.execute("LOCK TABLE billing.invoices"), other.execute("LOCK TABLE users"), return_exceptions=True
        )
    assert any(isinstance(outcome, psycopg.errors.DeadlockDetected) for outcome in outcomes)
