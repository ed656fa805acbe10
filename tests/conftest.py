"""Fixtures of the whole suite: the people, and a browser of each."""

from collections.abc import Iterator, Sequence

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client

from security.access.models import User
from tests import people

PARTITIONED = (
    "events_event",
    "metrics_hot",
    "metrics_schema",
    "metrics_block",
    "metrics_hour",
    "metrics_rollup_1m",
    "metrics_rollup_10m",
    "metrics_rollup_1h",
    "checks_statuschange",
    "checks_statusrollup",
    "checks_heartbeatping",
)


@pytest.fixture(scope="session", autouse=True)
def _cheap_password_hashes() -> None:
    """The real hash takes 0.3 s a person by design."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _partitioned_tables_are_flushed_too(request: pytest.FixtureRequest) -> Iterator[None]:
    """Django's flush after a transactional test knows only the tables it made itself."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = (marker is not None and marker.kwargs.get("transaction")) or "transactional_db" in request.fixturenames
    if commits:
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            for statement in emptying(PARTITIONED):
                cursor.execute(statement)
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def _only_what_is_filled_is_flushed() -> Iterator[None]:
    """Emptying every table of the portal takes half a second, those that a test filled a few milliseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", lambda self, style, tables, **_: emptying(tables))
        yield


def emptying(tables: Sequence[str]) -> list[str]:
    """Statements that empty those of the tables that hold something, in any order: keys are not looked at meanwhile."""
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        filled = [table for (table,) in cursor.fetchall()]
    deletes = [f'DELETE FROM "{table}"' for table in filled]
    return ["SET session_replication_role = replica", *deletes, "RESET session_replication_role"]


@pytest.fixture
def ada(db: None) -> User:
    """Administrator."""
    return people.person(people.ADA)


@pytest.fixture
def otto(db: None) -> User:
    """Operator."""
    return people.person(people.OTTO)


@pytest.fixture
def vera(db: None) -> User:
    """Viewer."""
    return people.person(people.VERA)


@pytest.fixture
def mallory(db: None) -> User:
    """Logged in, no role."""
    return people.person(people.MALLORY)


@pytest.fixture
def ada_client(ada: User) -> Client:
    return logged_in(ada)


@pytest.fixture
def otto_client(otto: User) -> Client:
    return logged_in(otto)


@pytest.fixture
def vera_client(vera: User) -> Client:
    return logged_in(vera)


@pytest.fixture
def mallory_client(mallory: User) -> Client:
    return logged_in(mallory)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
