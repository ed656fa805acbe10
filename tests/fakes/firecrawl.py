"""Strict fakes of self-hosted Firecrawl: the older generation (2025, BullMQ) and the newer (2026, NuQ).

They answer what the source of each answers, and note every call to an address that changes something: `forbidden`
must stay empty.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from tests.fakes.serving import hang

OLDER, NEWER = "older", "newer"
ADMIN_KEY = "bull/key with spaces"
SIDE_EFFECTS = re.compile(
    r"/serverHealthCheck/notify|/admin/[^/]+/(check-queues|clean-before-24h-complete-jobs|autoscaler|cclog|zdrcleaner|precrawl|acuc-cache-clear|queues)"
)
NUQ_METRICS = """# HELP nuq_queue_scrape_job_count Number of jobs in each status
# TYPE nuq_queue_scrape_job_count gauge
nuq_queue_scrape_job_count{status="queued"} 7
nuq_queue_scrape_job_count{status="active"} 2
"""
CONCURRENCY = 'concurrency_limit_queue_job_count{team_id="a\\"b"} 3\n'
INDEX_QUEUE = (
    "# TYPE firecrawl_index_queue_length gauge\nfirecrawl_index_queue_length 4\nfirecrawl_webhook_queue_length 1\n"
)


@dataclass
class FakeFirecrawl:
    """`broken`: what a path (the key left out) does instead of answering; `scrapes`: requests of /scrape."""

    generation: str = NEWER
    waiting_jobs: int = 0
    redis_well: bool = True
    api_key: str = ""
    broken: dict[str, Callable[[], web.Response] | str] = field(default_factory=dict)
    forbidden: list[str] = field(default_factory=list)
    scrapes: list[dict[str, object]] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded])
        add = application.router.add_get
        add("/v0/health/liveness", self._ok)
        add("/v0/health/readiness", self._readiness)
        add("/admin/{key}/redis-health", self._redis_health)
        add("/admin/{key}/metrics", text(CONCURRENCY))
        add("/admin/{key}/index-queue-prometheus", text(INDEX_QUEUE))
        add("/worker/liveness", self._worker)
        add("/playwright/health", self._playwright)
        if self.generation == OLDER:
            add("/serverHealthCheck", self._server_health)
            application.router.add_post("/v1/scrape", self._scrape)
        else:
            add("/admin/{key}/nuq-metrics", text(NUQ_METRICS))
            application.router.add_post("/v2/scrape", self._scrape)
        return application

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if SIDE_EFFECTS.search(request.path):
            self.forbidden.append(request.path)
            raise web.HTTPForbidden
        key = request.match_info.get("key")
        if request.path.startswith("/admin/") and key != ADMIN_KEY:
            raise web.HTTPNotFound
        instead = self.broken.get(request.path.replace(f"/{ADMIN_KEY}/", "/KEY/"))
        if instead == "hang":
            await hang()
        return instead() if callable(instead) else await handler(request)

    async def _ok(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readiness(self, request: web.Request) -> web.Response:
        if self.generation == OLDER or self.redis_well:
            return await self._ok(request)
        return web.json_response({"status": "unhealthy"}, status=503)

    async def _redis_health(self, request: web.Request) -> web.Response:
        if self.redis_well:
            return web.json_response({"status": "healthy", "details": {"queueRedis": "healthy"}})
        return web.json_response({"status": "unhealthy", "details": {"queueRedis": "unhealthy"}}, status=500)

    async def _server_health(self, request: web.Request) -> web.Response:
        return web.json_response({"waitingJobs": self.waiting_jobs}, status=500 if self.waiting_jobs else 200)

    async def _worker(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _playwright(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "healthy"})

    async def _scrape(self, request: web.Request) -> web.Response:
        if self.api_key and request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return web.json_response({"success": False, "error": "Unauthorized: Invalid token"}, status=401)
        asked = await request.json()
        self.scrapes.append(asked)
        if set(asked) - {"url", "formats", "timeout"} or asked["formats"] != ["markdown"] or not asked["timeout"] > 0:
            return web.json_response({"success": False, "error": "Bad Request"}, status=400)
        async with ClientSession() as session, session.get(asked["url"]) as page:
            words = re.sub(r"<[^>]*>", " ", await page.text())
        metadata = {"statusCode": page.status, "sourceURL": asked["url"]}
        return web.json_response({"success": True, "data": {"markdown": words, "metadata": metadata}})


def text(body: str) -> Handler:
    """A handler that answers this text."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    return answer
