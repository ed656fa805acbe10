"""The `sql` probe against real servers of versions 15 and 18."""

import asyncio

import pytest
from django import forms
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.actions.targets import database_target_save
from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.sql import SqlProbe
from monitoring.checks.probes.sql_columns import TooMuchError, column_name, values_of
from opsportal.kinds import clean_settings
from tests.fakes.half_open import Freezing, serving
from tests.fakes.pg_servers import PgServer, free_port
from tests.monitoring.checks.probes.postgres_parts import newest, server, watcher
from tests.monitoring.checks.probes.trying import probe_of, run

__all__ = ["newest", "server"]


async def ask(server: PgServer, query: str, **settings: object) -> Result:
    return await run(probe_of(SqlProbe, dsn=watcher(server), query=query, **settings))


async def test_numeric_columns_become_values_of_their_name(server: PgServer) -> None:
    result = await ask(
        server, "SELECT count(*) AS users, 12.5 AS \"Pages processed\", true AS open, 'x' AS what FROM users;"
    )
    assert result.verdict == Status.UP
    assert result.values['users{what="x"}'] == 2000
    assert result.values['pages_processed{what="x"}'] == 12.5
    assert result.values['open{what="x"}'] == 1
    assert result.values["rows"] == 1


async def test_text_columns_label_several_rows(server: PgServer) -> None:
    result = await ask(server, "VALUES ('free', 'eu', 3), ('paid', 'eu', 4)")
    assert result.values['column3{column1="free",column2="eu"}'] == 3
    assert result.values['column3{column1="paid",column2="eu"}'] == 4


async def test_null_and_infinite_values_are_left_out(server: PgServer) -> None:
    result = await ask(
        server, "SELECT NULL::int AS none, 'NaN'::float8 AS nan, 'Infinity'::numeric AS much, 1 AS one, now() AS at"
    )
    assert set(result.values) == {"one", "rows", "query_seconds"}


@pytest.mark.parametrize(
    "query", ["TABLE users LIMIT 2", "WITH two AS (SELECT 2 AS n) SELECT n FROM two", "(SELECT 1 AS n) UNION SELECT 2"]
)
async def test_each_kind_of_reading_statement_is_taken(server: PgServer, query: str) -> None:
    assert (await ask(server, query)).verdict == Status.UP


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM users", "; SELECT 1", "EXPLAIN SELECT 1", "/* SELECT */ DROP TABLE users", "COPY users TO STDOUT"],
)
def test_a_statement_of_another_kind_is_refused_by_the_form(query: str) -> None:
    with pytest.raises(forms.ValidationError, match="a check only reads"):
        clean_settings(SqlProbe.SettingsForm, {"dsn": "host=x", "query": query})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; DROP TABLE users",
        "SELECT 1; COMMIT; DROP TABLE users",
        "WITH gone AS (DELETE FROM users RETURNING 1) SELECT * FROM gone",
        "SELECT * INTO copied FROM users",
        "SELECT nextval('counter')",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT id FROM users FOR UPDATE",
    ],
)
async def test_a_write_never_happens_even_with_the_right_to(server: PgServer, query: str) -> None:
    server.run("CREATE SEQUENCE IF NOT EXISTS counter", "GRANT ALL ON users, counter TO plain")
    result = await run(probe_of(SqlProbe, dsn=server.dsn("plain", "pl4in", "postgres"), query=query))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED), result
    assert result.summary.startswith("Misconfigured: ")
    with server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (2000,)


async def test_no_query_is_run_as_a_superuser_whatever_role_it_takes_on(server: PgServer) -> None:
    dsn = f"{server.dsn()} options='-c role=plain'"
    result = await run(
        probe_of(SqlProbe, dsn=dsn, query="SELECT set_config('role', 'none', true), pg_read_file('PG_VERSION')")
    )
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert "is a superuser; give the check a user that may read what the query needs" in result.summary
    assert set(result.values) == set()


@pytest.mark.parametrize("table", ["access_user", "access_apitoken", "django_session"])
async def test_no_query_is_run_as_a_user_that_reads_the_portals_people(newest: PgServer, table: str) -> None:
    newest.run(f"CREATE TABLE {table} (secret text, open text)", f"GRANT SELECT (secret) ON {table} TO watcher")
    result = await ask(newest, "SELECT 1 AS n")
    newest.run(f"DROP TABLE {table}")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert "may read accounts, tokens and sessions" in result.summary


async def test_no_query_is_run_as_a_user_that_reads_files_of_the_server(newest: PgServer) -> None:
    newest.run("GRANT pg_read_server_files TO watcher")
    result = await ask(newest, "SELECT pg_read_file('PG_VERSION')")
    newest.run("REVOKE pg_read_server_files FROM watcher")
    assert "may use files or programs of the server" in result.summary


async def test_more_rows_than_the_cap_are_refused_without_fetching_them(server: PgServer) -> None:
    result = await ask(server, "SELECT generate_series(1, 100000000) AS n", max_rows=3)
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.TOO_LARGE)
    assert "more than 3 rows" in result.summary


async def test_fewer_rows_than_expected_are_down(server: PgServer) -> None:
    result = await ask(server, "SELECT 1 AS n WHERE false", min_rows=1)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.MISSING)


async def test_a_long_query_is_stopped_by_the_server(server: PgServer) -> None:
    result = await ask(server, "SELECT pg_sleep(30)", statement_timeout_ms=50)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "longer than the statement timeout" in result.summary


async def test_a_query_that_may_not_read_is_misconfigured(server: PgServer) -> None:
    result = await ask(server, "SELECT count(*) FROM billing.invoices")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)


async def test_a_table_that_is_not_there_is_missing(server: PgServer) -> None:
    result = await ask(server, "SELECT count(*) FROM projects")
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.MISSING)
    assert 'relation "projects" does not exist' in result.summary


async def test_a_query_that_is_no_sql_is_misconfigured(server: PgServer) -> None:
    result = await ask(server, "SELECT FROM WHERE")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)


async def test_a_division_by_zero_is_the_datas_fault(server: PgServer) -> None:
    result = await ask(server, "SELECT 1 / (count(*) - count(*)) AS n FROM users")
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.FAILED)


async def test_a_percent_sign_needs_no_escape(server: PgServer) -> None:
    assert (await ask(server, "SELECT count(*) AS n FROM users WHERE name LIKE 'some%'")).values["n"] == 2000


async def test_nothing_listening_is_down(newest: PgServer) -> None:
    result = await run(probe_of(SqlProbe, dsn=watcher(newest, port=free_port()), query="SELECT 1"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)


async def test_a_half_open_connection_is_down_at_the_deadline(newest: PgServer) -> None:
    frozen = Freezing(newest.port, b"DECLARE")
    async with serving(frozen) as port:
        result = await run(probe_of(SqlProbe, dsn=watcher(newest, port=port), query="SELECT 1"), timeout_s=1.0)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "while running the query" in result.summary


async def test_a_server_killed_in_the_middle_of_a_query_broke_the_connection(newest: PgServer) -> None:
    running = asyncio.create_task(ask(newest, "SELECT pg_sleep(20)", statement_timeout_ms=30_000))
    with newest.connect() as keeper:
        while not keeper.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'FETCH%'").fetchone():
            await asyncio.sleep(0.01)
    newest.stop()
    result = await running
    newest.start()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.RESET)


@pytest.mark.django_db(transaction=True)
def test_a_registered_database_is_found_by_its_slug(newest: PgServer) -> None:
    database_target_save(name="Shop", slug="shop", dsn=watcher(newest))

    async def both() -> tuple[Result, Result]:
        async with portal() as pool:
            known = probe_of(SqlProbe, database="shop", query="SELECT 7 AS n")
            strange = probe_of(SqlProbe, database="nowhere", query="SELECT 7 AS n")
            return await run(known, portal=pool), await run(strange, portal=pool)

    found, lost = asyncio.run(both())
    assert found.values["n"] == 7
    assert (lost.verdict, lost.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert lost.summary == 'database: no database is registered as "nowhere".'


def portal() -> "AsyncConnectionPool[AsyncConnection[tuple[object, ...]]]":
    from django.db import connection

    parameters = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    return AsyncConnectionPool(
        kwargs={name: parameters[name] for name in names if parameters.get(name)}, open=False, min_size=1
    )


def test_names_become_fit_for_a_metric() -> None:
    names = ["Pages processed", "?column?", "2xx", "", "rows", "größe"]
    assert [column_name(name, 3) for name in names] == [
        "pages_processed",
        "column",
        "c_2xx",
        "column_4",
        "rows_value",
        "gr_e",
    ]


def test_rows_that_nothing_tells_apart_are_numbered() -> None:
    assert values_of(["n"], [[1], [2]], most_columns=5, most_values=5) == {'n{row="1"}': 1, 'n{row="2"}': 2}


def test_too_many_columns_and_columns_of_one_name_are_refused() -> None:
    with pytest.raises(TooMuchError, match="3 columns; 2 are allowed"):
        values_of(["a", "b", "c"], [], most_columns=2, most_values=5)
    with pytest.raises(TooMuchError, match="several columns are called a"):
        values_of(["a", "A"], [], most_columns=2, most_values=5)
