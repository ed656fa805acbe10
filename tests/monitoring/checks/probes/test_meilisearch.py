"""The meilisearch probe against a strict fake, and the fake against the official client."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import meilisearch
import pytest
from aiohttp import web

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Context, Result
from monitoring.checks.probes.meilisearch import MeilisearchProbe, SettingsForm
from opsportal.http import aclose
from opsportal.kinds import clean_settings
from tests.fakes import half_open
from tests.fakes.meilisearch import FakeMeilisearch
from tests.fakes.serving import serving

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
KEY = "right-key"


async def run(url: str, key: str = KEY, memory: dict[str, Any] | None = None, timeout_s: float = 2.0) -> Result:
    probe = MeilisearchProbe(clean_settings(SettingsForm, {"url": url, "api_key": key}))
    return await probe.run(Context(now=NOW, timeout_s=timeout_s, memory=memory or {}))


async def ask(fake: FakeMeilisearch, key: str = KEY, memory: dict[str, Any] | None = None) -> Result:
    async with serving(fake.application()) as url:
        return await run(url, key, memory)


async def test_a_healthy_one_is_up_with_its_sizes() -> None:
    result = await ask(FakeMeilisearch())
    assert (result.verdict, result.cause) == (Status.UP, Cause.NONE)
    assert result.summary == "Meilisearch 1.41.0 is available: 19,654 documents, 0 tasks in the queue"
    assert result.values["fragmentation_ratio"] == pytest.approx(0.1)
    assert result.values["documents"] == 19654


async def test_the_queue_has_a_depth_and_a_lag() -> None:
    fake = FakeMeilisearch()
    fake.add_task("processing", age=timedelta(minutes=9), now=NOW)
    fake.add_task("enqueued", age=timedelta(minutes=8), now=NOW)
    fake.add_task("enqueued", age=timedelta(minutes=1), now=NOW)
    result = await ask(fake)
    assert result.values["queue_tasks"] == 3
    assert result.values["queue_lag_seconds"] == 480
    assert result.values["indexes_updating"] == 1


async def test_failures_are_counted_since_the_last_run() -> None:
    fake = FakeMeilisearch()
    fake.add_task("failed", age=timedelta(minutes=3), now=NOW)
    fake.add_task("failed", age=timedelta(seconds=10), now=NOW)
    result = await ask(fake, memory={"failures_since": (NOW - timedelta(seconds=30)).isoformat()})
    assert result.values["failed_tasks"] == 1
    assert result.memory == {"failures_since": NOW.isoformat()}


async def test_failures_not_counted_are_asked_for_again() -> None:
    fake = FakeMeilisearch(broken={"/tasks": lambda: web.Response(status=500)})
    since = (NOW - timedelta(seconds=30)).isoformat()
    result = await ask(fake, memory={"failures_since": since})
    assert result.memory == {"failures_since": since}


async def test_without_reverse_there_is_no_lag_and_no_fault() -> None:
    fake = FakeMeilisearch(knows_reverse=False)
    fake.add_task("enqueued", age=timedelta(hours=2), now=NOW)
    result = await ask(fake)
    assert result.verdict == Status.UP
    assert "queue_lag_seconds" not in result.values


async def test_one_that_asks_for_no_key_needs_none() -> None:
    assert (await ask(FakeMeilisearch(keys={}), key="")).verdict == Status.UP


KEY_FAULTS = [
    ({KEY: {"*"}}, "wrong-key", "Alive, but refuses the API key for /stats and /tasks (invalid_api_key): "),
    ({KEY: {"stats.get", "version"}}, KEY, "Alive, but refuses the API key for /tasks (invalid_api_key): "),
    ({KEY: {"*"}}, "", "Alive, but asks for an API key (missing_authorization_header): "),
]


@pytest.mark.parametrize(("keys", "key", "words"), KEY_FAULTS)
async def test_a_wrong_key_is_misconfigured_not_down(keys: dict[str, set[str]], key: str, words: str) -> None:
    result = await ask(FakeMeilisearch(keys=keys), key=key)
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert result.summary == words + "give one with stats.get, tasks.get and version"


async def test_the_key_is_nowhere_in_the_result() -> None:
    fake = FakeMeilisearch(broken={"/stats": lambda: web.Response(status=500, text="key was a-very-secret-key")})
    fake.keys = {"a-very-secret-key": {"*"}}
    assert "a-very-secret-key" not in repr(await ask(fake, key="a-very-secret-key"))


def huge() -> web.Response:
    return web.Response(body=b'{"indexes": "' + b"x" * 5_000_000 + b'"}', content_type="application/json")


FAULTS: list[tuple[str, Callable[[], web.Response] | str, Status, Cause, str]] = [
    ("/health", lambda: web.Response(status=503), Status.DOWN, Cause.UNEXPECTED, "/health answers 503"),
    (
        "/health",
        lambda: web.Response(text="<html>"),
        Status.DOWN,
        Cause.PROTOCOL,
        "/health is not Meilisearch's: the answer is not JSON",
    ),
    (
        "/health",
        lambda: web.json_response([]),
        Status.DOWN,
        Cause.PROTOCOL,
        "/health is not Meilisearch's: it has no status",
    ),
    (
        "/health",
        lambda: web.json_response({"status": "starting"}),
        *(Status.DOWN, Cause.UNEXPECTED, "/health says 'starting', not available"),
    ),
    (
        "/health",
        lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/"}),
        *(Status.DOWN, Cause.UNEXPECTED, "/health answers 302, a redirect: give the address it leads to"),
    ),
    (
        "/stats",
        lambda: web.Response(status=500),
        Status.DEGRADED,
        Cause.UNEXPECTED,
        "Alive, but /stats tells nothing: it answered 500",
    ),
    (
        "/stats",
        huge,
        Status.DEGRADED,
        Cause.UNEXPECTED,
        "Alive, but /stats tells nothing: the answer was not understood",
    ),
    (
        "/tasks",
        lambda: web.Response(text="]"),
        Status.DEGRADED,
        Cause.UNEXPECTED,
        "Alive, but /tasks tells nothing: the answer was not understood",
    ),
]


@pytest.mark.parametrize(("path", "broken", "verdict", "cause", "words"), FAULTS)
async def test_faults_have_their_words(path: str, broken: Any, verdict: Status, cause: Cause, words: str) -> None:
    result = await ask(FakeMeilisearch(broken={path: broken}))
    assert (result.verdict, result.cause, result.summary) == (verdict, cause, words)


async def test_a_closed_port_is_down() -> None:
    async with serving(FakeMeilisearch().application()) as url:
        pass
    result = await run(url)
    await aclose()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)
    assert result.summary == f"Connection refused by {url.removeprefix('http://')}"


async def test_a_hanging_one_is_down_at_the_deadline() -> None:
    async with serving(FakeMeilisearch(broken={"/health": "hang"}).application()) as url:
        result = await run(url, timeout_s=0.3)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)


@pytest.mark.parametrize(
    ("peer", "cause"),
    [
        (half_open.silent, Cause.TIMEOUT),
        (half_open.hanging_up, Cause.RESET),
        (half_open.saying(b"+PONG\r\n"), Cause.PROTOCOL),
    ],
)
async def test_a_peer_that_is_half_there_is_down(peer: half_open.Handler, cause: Cause) -> None:
    async with half_open.serving(peer) as port:
        result = await run(f"http://127.0.0.1:{port}", timeout_s=0.5)
        await aclose()
    assert (result.verdict, result.cause) == (Status.DOWN, cause)


async def test_a_hanging_queue_is_degraded() -> None:
    async with serving(FakeMeilisearch(broken={"/tasks": "hang"}).application()) as url:
        result = await run(url, timeout_s=0.3)
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.TIMEOUT)
    assert result.summary.startswith("Alive, but /tasks tells nothing: ")


async def test_a_metadata_address_is_not_asked() -> None:
    async with serving(FakeMeilisearch().application()):
        result = await run("http://169.254.169.254")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.BLOCKED)


async def test_the_official_client_understands_the_fake() -> None:
    fake = FakeMeilisearch()
    for status in ("succeeded", "failed", "enqueued"):
        fake.add_task(status)

    def look(url: str) -> None:
        client = meilisearch.Client(url, KEY)
        assert client.health() == {"status": "available"}
        assert client.get_version()["pkgVersion"] == "1.41.0"
        assert client.get_all_stats()["databaseSize"] == 1000
        tasks = client.get_tasks({"statuses": ["failed", "enqueued"], "limit": 1})
        assert (tasks.total, tasks.limit, tasks.from_, tasks.next_, tasks.results[0].status) == (2, 1, 2, 1, "enqueued")
        assert client.get_tasks({"reverse": "true", "limit": 1}).results[0].uid == 0

    async with serving(fake.application()) as url:
        await asyncio.to_thread(look, url)


async def test_the_official_client_understands_the_fakes_refusals() -> None:
    def look(url: str) -> None:
        with pytest.raises(meilisearch.errors.MeilisearchApiError) as wrong_key:
            meilisearch.Client(url, "wrong").get_all_stats()
        assert (wrong_key.value.status_code, wrong_key.value.code) == (403, "invalid_api_key")
        with pytest.raises(meilisearch.errors.MeilisearchApiError) as wrong_query:
            meilisearch.Client(url, KEY).get_tasks({"statuses": "broken"})
        assert (wrong_query.value.status_code, wrong_query.value.code) == (400, "invalid_task_statuses")

    async with serving(FakeMeilisearch().application()) as url:
        await asyncio.to_thread(look, url)
