"""A strict fake of an ntfy server, publishing as JSON. https://docs.ntfy.sh/publish/#publish-as-json"""

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
LONGEST_MESSAGE = 4_096  # bytes
KNOWN = {"topic", "title", "message", "priority", "tags", "click", "actions"}


@dataclass
class FakeNtfy:
    """`statuses`: answered instead, one a request."""

    statuses: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/", self._publish)
        return application

    async def _publish(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, 40101, "unauthorized")
        if self.statuses:
            status = self.statuses.pop(0)
            return problem(status, status * 100 + 1, "limit reached")
        body = await request.json()
        if fault := body_fault(body):
            self.rejected.append(fault)
            return problem(400, 40000, fault)
        self.kept.append(body)
        return web.json_response({"id": f"ntfy{len(self.kept)}", "event": "message", "topic": body["topic"]})


def body_fault(body: dict[str, Any]) -> str:
    """What ntfy would say; empty when it would take it, and as a message, not as an attachment."""
    if set(body) - KNOWN or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body.get("topic", "")):
        return "topic or keys"
    if len(body.get("message", "").encode()) > LONGEST_MESSAGE:
        return "message would become an attachment"
    if not body.get("message") or len(body.get("title", "")) > 1_000 or "\n" in body.get("title", ""):
        return "message or title"
    if body.get("priority") not in range(1, 6) or len(body.get("actions", [])) > 3:
        return "priority or actions"
    return ""


def problem(status: int, code: int, words: str) -> web.Response:
    """An error as ntfy words it."""
    return web.json_response({"code": code, "http": status, "error": words}, status=status)
