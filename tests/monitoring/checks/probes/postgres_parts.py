"""PostgreSQL 15 and 18 for a test module, with people of different rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.pg_servers import DEBIAN_15, EMBEDDED_18, PgServer, missing_reason

WATCHER, WATCHER_PASSWORD = "watcher", "w4tch and tell"
SETUP = (
    "CREATE ROLE watcher LOGIN PASSWORD 'w4tch and tell' IN ROLE pg_monitor",
    "CREATE ROLE plain LOGIN PASSWORD 'pl4in'",
    "CREATE TABLE users (id int PRIMARY KEY, name text)",
    "CREATE SCHEMA billing CREATE TABLE invoices (id int PRIMARY KEY, paid_at date)",
    "INSERT INTO users SELECT n, 'somebody' FROM generate_series(1, 2000) AS n",
    "GRANT SELECT ON users TO watcher",
)


def servers(binaries: Path) -> Iterator[PgServer]:
    if reason := missing_reason(binaries):
        pytest.skip(reason)
    server = PgServer(binaries).create()
    try:
        server.start().run(*SETUP)
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="module", params=[EMBEDDED_18, DEBIAN_15], ids=["18", "15"])
def server(request: pytest.FixtureRequest) -> Iterator[PgServer]:
    """A running server of each version, as one superuser, one watcher with pg_monitor only, one plain role."""
    yield from servers(request.param)


@pytest.fixture(scope="module")
def newest() -> Iterator[PgServer]:
    yield from servers(EMBEDDED_18)


def watcher(
    server: PgServer, *, port: int | None = None, password: str = WATCHER_PASSWORD, database: str = "postgres"
) -> str:
    return server.dsn(WATCHER, password, database, port)
