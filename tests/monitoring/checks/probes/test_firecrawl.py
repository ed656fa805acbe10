"""The firecrawl probe against strict fakes of both generations."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from django.core.exceptions import ValidationError

from monitoring.checks.canary import nonce_of
from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Context, Result
from monitoring.checks.probes.exposition import parse
from monitoring.checks.probes.firecrawl import FirecrawlProbe, SettingsForm
from opsportal.http import aclose
from opsportal.kinds import clean_settings
from tests.fakes import half_open
from tests.fakes.firecrawl import ADMIN_KEY, NEWER, OLDER, FakeFirecrawl
from tests.fakes.serving import serving

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


async def run(url: str, timeout_s: float = 3.0, memory: dict[str, Any] | None = None, **settings: object) -> Result:
    cleaned = clean_settings(SettingsForm, {"url": url, "bull_auth_key": ADMIN_KEY, **settings})
    return await FirecrawlProbe(cleaned).run(Context(now=NOW, timeout_s=timeout_s, memory=memory or {}))


async def ask(fake: FakeFirecrawl, **settings: object) -> Result:
    """Run against `fake`; settings may name paths of the fake, such as {"playwright_url": "/playwright/health"}."""
    async with serving(fake.application()) as url:
        placed = {name: url + str(value) if str(value).startswith("/") else value for name, value in settings.items()}
        result = await run(url, **placed)  # type: ignore[arg-type] # timeout_s or settings
    assert fake.forbidden == []
    assert ADMIN_KEY not in repr(result)
    assert "bull%2Fkey" not in repr(result)
    return result


@asynccontextmanager
async def portal_page(show: Callable[[str], str] = lambda nonce: f"<h1>{nonce}</h1>") -> AsyncIterator[str]:
    """A stand-in for the portal that shows canaries as it does."""

    async def page(request: web.Request) -> web.Response:
        nonce = nonce_of(request.match_info["signed"])
        assert nonce is not None
        return web.Response(text=show(nonce), content_type="text/html")

    application = web.Application()
    application.router.add_get("/canary/{signed}", page)
    async with serving(application) as url:
        yield url


async def test_the_newer_one_is_up_with_its_queue() -> None:
    result = await ask(FakeFirecrawl(NEWER))
    assert (result.verdict, result.summary) == (Status.UP, "Firecrawl (newer) is alive, 7 jobs waiting")
    assert result.values['jobs{status="active"}'] == 2
    assert result.values['held_jobs{team_id="a\\"b"}'] == 3
    assert result.values['queue_length{queue="index"}'] == 4


async def test_the_older_one_is_up() -> None:
    result = await ask(FakeFirecrawl(OLDER))
    assert (result.verdict, result.summary) == (Status.UP, "Firecrawl (older) is alive, 0 jobs waiting")


async def test_waiting_jobs_of_the_older_one_are_load_not_failure() -> None:
    result = await ask(FakeFirecrawl(OLDER, waiting_jobs=40))
    assert (result.verdict, result.values["waiting_jobs"]) == (Status.UP, 40)


async def test_the_older_ones_constant_readiness_is_not_trusted() -> None:
    result = await ask(FakeFirecrawl(OLDER, redis_well=False))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert result.summary == "Firecrawl (older): its Redis is unhealthy: unhealthy"


async def test_the_newer_ones_readiness_is_trusted() -> None:
    result = await ask(FakeFirecrawl(NEWER, redis_well=False), bull_auth_key="")
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert result.summary == "Firecrawl (newer): not ready: readiness answers 503: unhealthy"


async def test_a_wrong_admin_key_is_misconfigured() -> None:
    result = await ask(FakeFirecrawl(NEWER), bull_auth_key="wrong")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert result.summary.endswith("alive, but has no admin pages under the key given: check BULL_AUTH_KEY")


def status(code: int) -> Callable[[], web.Response]:
    return lambda: web.Response(status=code)


WORKER = {"worker_urls": "/worker/liveness"}
BROWSER = {"playwright_url": "/playwright/health"}
FAULTS: list[tuple[str, Any, dict[str, str], Status, Cause, str]] = [
    ("/v0/health/liveness", status(500), {}, Status.DOWN, Cause.UNEXPECTED, "/v0/health/liveness answers 500"),
    (
        *("/v0/health/liveness", lambda: web.Response(text="<html>"), {}, Status.DOWN, Cause.PROTOCOL),
        "/v0/health/liveness is not Firecrawl's: it does not say that its status is ok",
    ),
    (
        *("/v0/health/liveness", lambda: web.Response(status=302, headers={"Location": "http://169.254.169.254/"}), {}),
        *(Status.DOWN, Cause.UNEXPECTED, "/v0/health/liveness answers 302"),
    ),
    (
        *("/admin/KEY/redis-health", status(500), {}, Status.DOWN, Cause.UNEXPECTED),
        "Firecrawl (newer): its Redis is unhealthy",
    ),
    (
        *("/worker/liveness", status(500), WORKER, Status.DOWN, Cause.UNEXPECTED),
        "Firecrawl (newer): 1 of 1 workers are not well: ",
    ),
    (
        *("/playwright/health", status(503), BROWSER, Status.DEGRADED, Cause.UNEXPECTED),
        "Firecrawl (newer): its browser (Playwright) is not well: it answered 503",
    ),
    (
        "/admin/KEY/nuq-metrics",
        lambda: web.Response(text="not { metrics"),
        {},
        Status.UP,
        Cause.NONE,
        "Firecrawl (newer) is alive",
    ),
    (
        "/admin/KEY/metrics",
        lambda: web.Response(body=b"x 1\n" * 500_000),
        {},
        Status.UP,
        Cause.NONE,
        "Firecrawl (newer) is alive, 7",
    ),
]


@pytest.mark.parametrize(("path", "broken", "settings", "verdict", "cause", "words"), FAULTS)
async def test_faults_have_their_words(
    path: str, broken: Any, settings: dict[str, str], verdict: Status, cause: Cause, words: str
) -> None:
    result = await ask(FakeFirecrawl(broken={path: broken}), **settings)
    assert (result.verdict, result.cause) == (verdict, cause)
    assert result.summary.startswith(words)


async def test_a_closed_port_is_down() -> None:
    async with serving(FakeFirecrawl().application()) as gone:
        pass
    async with serving(FakeFirecrawl().application()):
        result = await run(gone)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)


async def test_a_hanging_one_is_down_at_the_deadline() -> None:
    result = await ask(FakeFirecrawl(broken={"/v0/health/liveness": "hang"}), timeout_s=0.3)
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


async def test_a_hanging_redis_health_is_degraded() -> None:
    result = await ask(FakeFirecrawl(broken={"/admin/KEY/redis-health": "hang"}), timeout_s=0.3)
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.TIMEOUT)


@pytest.mark.parametrize(("generation", "key"), [(OLDER, ""), (NEWER, "fc-key")])
async def test_a_canary_comes_back(generation: str, key: str) -> None:
    fake = FakeFirecrawl(generation, api_key=key)
    async with portal_page() as portal:
        result = await ask(fake, canary=True, canary_base_url=portal, api_key=key)
    assert (result.verdict, result.values["canary_ok"]) == (Status.UP, 1)
    assert result.memory is not None
    assert result.memory["canary_at"] == NOW.isoformat()


async def test_a_canary_flies_only_so_often_and_its_fault_stands() -> None:
    fault = ["down", "unexpected", "canary: /v2/scrape answers 500"]
    memory = {"canary_at": (NOW - timedelta(minutes=5)).isoformat(), "canary_seconds": 1.5, "canary_fault": fault}
    fake = FakeFirecrawl()
    result = await ask(fake, canary=True, memory=memory)
    assert (result.verdict, result.summary) == (Status.DOWN, "Firecrawl (newer): canary: /v2/scrape answers 500")
    assert fake.scrapes == []
    assert result.memory == memory


async def test_a_canary_without_the_words_of_the_page_is_down() -> None:
    async with portal_page(lambda nonce: "<h1>Please log in</h1>") as portal:
        result = await ask(FakeFirecrawl(), canary=True, canary_base_url=portal)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert result.summary == "Firecrawl (newer): canary: /v2/scrape answers without the words of the page"


async def test_a_refused_api_key_is_misconfigured() -> None:
    result = await ask(
        FakeFirecrawl(api_key="right"), canary=True, api_key="wrong", canary_base_url="http://127.0.0.1:9"
    )
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)


async def test_a_busy_api_is_overloaded() -> None:
    fake = FakeFirecrawl(broken={"/v2/scrape": status(429)})
    result = await ask(fake, canary=True, canary_base_url="http://127.0.0.1:9")
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.OVERLOADED)


async def test_a_canary_that_never_returns_is_degraded() -> None:
    fake = FakeFirecrawl(broken={"/v2/scrape": "hang"})
    result = await ask(fake, canary=True, canary_base_url="http://127.0.0.1:9", timeout_s=0.5)
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.TIMEOUT)


def test_a_wrong_worker_address_is_named() -> None:
    with pytest.raises(ValidationError, match="ftp://x"):
        clean_settings(SettingsForm, {"url": "http://firecrawl:3002", "worker_urls": "ftp://x"})


def test_the_text_format_is_read() -> None:
    found = parse('# TYPE a gauge\na{x="1 } \\"2",y="3"} 4.5 1700000000\nb NaN\nc +Inf\nnonsense\nd 1e3\n')
    assert [tuple(sample) for sample in found] == [("a", {"x": '1 } "2', "y": "3"}, 4.5), ("d", {}, 1000.0)]
