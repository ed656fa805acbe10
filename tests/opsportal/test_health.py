import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings

from opsportal import health
from opsportal.health import NotReadyError, Readiness


@contextmanager
def mute_server() -> Iterator[int]:
    """Takes connections (the kernel does) and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "readiness", Readiness(health.readiness.checks))


async def fine() -> str:
    return "answers"


async def stubborn() -> str:
    """Does not let itself be cancelled, as a client that tidies up first."""
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(3600)
    return "never"


def test_livez_answers_any_host_without_database_or_session(client: Client) -> None:
    response = client.get("/livez", headers={"Host": "not.allowed.example"})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert not response.cookies


async def test_livez_answers_an_asynchronous_server_too(async_client: AsyncClient) -> None:
    assert (await async_client.get("/livez")).content == b"ok\n"


def test_livez_answers_plain_http_where_everything_else_is_sent_to_tls(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_readyz_says_ready_when_postgresql_and_valkey_answer(client: Client) -> None:
    response = client.get("/readyz", headers={"Host": "not.allowed.example"})
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db(transaction=True)
def test_details_are_for_staff(ada_client: Client, vera_client: Client, client: Client) -> None:
    assert ada_client.get("/readyz?verbose").json()["checks"]["database"]["detail"] == "answers, migrated"
    assert vera_client.get("/readyz?verbose").json() == {"status": "ready"}
    assert client.get("/readyz?verbose").json() == {"status": "ready"}


@pytest.mark.django_db(transaction=True)
def test_a_missing_migration_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {**health._expected(), ("checks", "9999_not_applied"): frozenset[tuple[str, str]]()}
    monkeypatch.setattr(health, "_expected", lambda: missing)
    with pytest.raises(NotReadyError, match=r"1 migrations are missing; run manage\.py migrate"):
        asyncio.run(health.database())


def test_a_squashed_migration_counts_when_all_that_it_replaces_are_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    old = frozenset({("checks", "0001"), ("checks", "0002")})
    monkeypatch.setattr(health, "_expected", lambda: {("checks", "0001_squashed"): old})
    assert health._missing(old) == []


def test_a_postgresql_that_takes_connections_and_never_answers_is_not_ready_in_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_DEADLINE_S", 0.2)
    with mute_server() as port:
        monkeypatch.setattr(health, "conninfo", lambda **_: f"host=127.0.0.1 port={port} dbname=x connect_timeout=60")
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "not ready"})


def test_a_valkey_that_never_answers_is_not_ready_in_time(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(health, "CHECK_DEADLINE_S", 0.2)
    with mute_server() as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port}"
        report = asyncio.run(Readiness({"valkey": health.valkey}).look())
    assert report.findings["valkey"].detail == "no answer within 0.2 s"


async def test_a_client_that_resists_being_cancelled_does_not_hold_the_answer_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "CHECK_DEADLINE_S", 0.01)
    readiness = Readiness({"database": stubborn, "valkey": fine})
    async with asyncio.timeout(10):
        report = await readiness.look()
    assert [finding.ok for finding in report.findings.values()] == [False, True]
    for task in list(readiness.abandoned):
        task.cancel()


async def test_an_error_is_named_by_its_kind_and_not_by_its_text() -> None:
    async def refused() -> str:
        raise OSError("connection to db.example.org user portal password hunter22 refused")

    report = await Readiness({"database": refused}).look()
    assert report.findings["database"].detail == "OSError"


async def test_who_asks_at_once_or_again_soon_gets_the_same_look() -> None:
    looks = []

    async def counted() -> str:
        looks.append(1)
        await asyncio.sleep(0)
        return "answers"

    readiness = Readiness({"database": counted})
    await asyncio.gather(*(readiness.look() for _ in range(50)))
    await readiness.look()
    assert len(looks) == 1


async def test_an_old_answer_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    readiness = Readiness({"database": fine})
    first = await readiness.look()
    monkeypatch.setattr(health, "KEPT_S", -1)
    assert await readiness.look() is not first
