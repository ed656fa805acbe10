"""A strict fake of Meilisearch: what its reference documents of /health, /version, /stats and /tasks, and nothing else.

https://www.meilisearch.com/docs/reference/api: a key for everything but /health; errors as JSON with message, code,
type and link; every parameter of /tasks checked. Held against the official client in
`tests/monitoring/checks/probes/test_meilisearch.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.serving import hang

STATUSES = ("enqueued", "processing", "succeeded", "failed", "canceled")
FILTERS = ("uids", "batchUids", "canceledBy", "types", "statuses", "indexUids")
TIMES = tuple(f"{side}{what}At" for side in ("before", "after") for what in ("Enqueued", "Started", "Finished"))
PARAMETERS = {"limit", "from", "reverse", *FILTERS, *TIMES}
ACTIONS = {"/stats": "stats.get", "/version": "version", "/tasks": "tasks.get"}
Task = dict[str, Any]


@dataclass
class FakeMeilisearch:
    """`keys`: actions by key, `*` for all; empty: it asks for none. `broken`: what a path does instead of answering."""

    keys: dict[str, set[str]] = field(default_factory=lambda: {"right-key": {"*"}})
    tasks: list[Task] = field(default_factory=list)
    database_size: int = 1000
    used_size: int = 900
    knows_reverse: bool = True
    broken: dict[str, Callable[[], web.Response] | str] = field(default_factory=dict)

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded])
        application.router.add_get("/health", self._health)
        application.router.add_get("/version", self._version)
        application.router.add_get("/stats", self._stats)
        application.router.add_get("/tasks", self._tasks)
        return application

    def add_task(self, status: str, *, age: timedelta = timedelta(0), now: datetime | None = None) -> Task:
        """A task enqueued, and where its status says so finished, `age` before `now`."""
        then = ((now or datetime.now(UTC)) - age).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        done = then if status in {"succeeded", "failed", "canceled"} else None
        task: Task = {
            "uid": len(self.tasks),
            "batchUid": None,
            "indexUid": "pages",
            "status": status,
            "type": "documentAdditionOrUpdate",
            "canceledBy": None,
            "details": {"receivedDocuments": 1},
            "error": None,
            "duration": "PT0.1S" if done else None,
            "enqueuedAt": then,
            "startedAt": done,
            "finishedAt": done,
        }
        self.tasks.append(task)
        return task

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        instead = self.broken.get(request.path)
        if instead == "hang":
            await hang()
        if callable(instead):
            return instead()
        if request.path in ACTIONS and (refusal := self._refusal(request)):
            return refusal
        return await handler(request)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self.keys:
            return None
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            words = "The Authorization header is missing. It must use the bearer authorization method."
            return problem(401, "missing_authorization_header", "auth", words)
        actions = self.keys.get(key, set())
        if not actions & {"*", ACTIONS[request.path]}:
            return problem(403, "invalid_api_key", "auth", "The provided API key is invalid.")
        return None

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "available"})

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"commitSha": "b46889b", "commitDate": "2026-01-05", "pkgVersion": "1.41.0"})

    async def _stats(self, request: web.Request) -> web.Response:
        updating = any(task["status"] == "processing" for task in self.tasks)
        index = {"numberOfDocuments": 19654, "isIndexing": updating, "fieldDistribution": {"title": 19654}}
        sizes = {"databaseSize": self.database_size, "usedDatabaseSize": self.used_size}
        return web.json_response({**sizes, "lastUpdate": "2026-11-23T08:00:00.0Z", "indexes": {"pages": index}})

    async def _tasks(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if fault := self._query_fault(query):
            return fault
        found = [task for task in self.tasks if matches(task, query)]
        backwards = query.get("reverse") != "true"
        found.sort(key=lambda task: int(task["uid"]), reverse=backwards)
        limit, start = int(query.get("limit", 20)), query.get("from")
        rest = [t for t in found if start is None or (t["uid"] <= int(start) if backwards else t["uid"] >= int(start))]
        page, after = rest[:limit], rest[limit : limit + 1]
        return web.json_response(
            {
                "results": page,
                "total": len(found),
                "limit": limit,
                "from": page[0]["uid"] if page else None,
                "next": after[0]["uid"] if after else None,
            }
        )

    def _query_fault(self, query: Mapping[str, str]) -> web.Response | None:
        known = PARAMETERS if self.knows_reverse else PARAMETERS - {"reverse"}
        for name, value in query.items():
            if name not in known:
                return problem(400, "bad_request", "invalid_request", f"Unknown parameter `{name}`")
            if not valid(name, value):
                code = "invalid_task_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
                return problem(400, code, "invalid_request", f"Invalid value in parameter `{name}`: `{value}`")
        return None


def valid(name: str, value: str) -> bool:
    """Whether /tasks takes this value of a parameter it knows."""
    if name in {"limit", "from"}:
        return value.isdigit()
    if name == "reverse":
        return value in {"true", "false"}
    if name == "statuses":
        return value == "*" or set(value.split(",")) <= set(STATUSES)
    if name in TIMES:
        return value == "*" or rfc3339(value) is not None
    return bool(value)


def matches(task: Task, query: Mapping[str, str]) -> bool:
    """Whether a task passes the filters on status and times, the ones this fake carries out."""
    if "statuses" in query and query["statuses"] != "*" and task["status"] not in query["statuses"].split(","):
        return False
    for name in TIMES:
        if name not in query or query[name] == "*":
            continue
        side, what = ("before", name[6:]) if name.startswith("before") else ("after", name[5:])
        happened, bound = rfc3339(task[what[0].lower() + what[1:]] or ""), rfc3339(query[name])
        if happened is None or bound is None or (happened < bound) != (side == "before") or happened == bound:
            return False
    return True


def rfc3339(text: str) -> datetime | None:
    """A date, or a time with its zone; None when it is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2026-11-23"):
        return found.replace(tzinfo=UTC)
    return found if found.tzinfo else None


def problem(status: int, code: str, kind: str, message: str) -> web.Response:
    """An error as Meilisearch words it."""
    link = f"https://docs.meilisearch.com/errors#{code}"
    return web.json_response({"message": message, "code": code, "type": kind, "link": link}, status=status)
