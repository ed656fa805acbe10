"""A strict fake of a Discord webhook. https://discord.com/developers/docs/resources/webhook#execute-webhook"""

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PATH = "/api/webhooks/1046/aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"
LONGEST_EMBEDS = 6_000
LIMITS = {"title": 256, "description": 4_096}
KNOWN = {"title", "description", "color", "url"}
BARE_MENTION = re.compile(r"(?<!\\)<[@#]")


@dataclass
class FakeDiscord:
    """`limited`: how many requests are answered 429 first."""

    limited: int = 0
    statuses: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{path:.*}", self._execute)
        return application

    async def _execute(self, request: web.Request) -> web.Response:
        if request.path != PATH:
            return web.json_response({"message": "Unknown Webhook", "code": 10015}, status=404)
        if self.limited:
            self.limited -= 1
            said = {"message": "You are being rate limited.", "retry_after": 1.4, "global": False}
            return web.json_response(said, status=429, headers={"Retry-After": "1"})
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        body = await request.json()
        if fault := body_fault(body):
            self.rejected.append(fault)
            return web.json_response({"message": "Invalid Form Body", "code": 50035, "errors": fault}, status=400)
        self.kept.append(body)
        return (
            web.json_response({"id": str(1046000 + len(self.kept))})
            if "wait" in request.query
            else web.Response(status=204)
        )


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def body_fault(body: dict[str, Any]) -> str:
    """What Discord would say; empty when it would take it."""
    if body.get("allowed_mentions") != {"parse": []}:
        return "somebody could be mentioned"
    embeds = body.get("embeds", [])
    if not 1 <= len(embeds) <= 10:
        return "embeds"
    if sum(units(embed["title"]) + units(embed["description"]) for embed in embeds) > LONGEST_EMBEDS:
        return "embeds exceed 6000"
    for embed in embeds:
        if set(embed) - KNOWN or not 0 <= embed["color"] <= 0xFFFFFF:
            return f"embed {sorted(embed)}"
        if long := [name for name, most in LIMITS.items() if not 1 <= units(embed[name]) <= most]:
            return f"{long} too long or empty"
        if "url" in embed and not embed["url"].startswith(("http://", "https://")):
            return "url scheme"
    return ""
