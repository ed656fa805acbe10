"""A strict fake of the webhook of a Teams workflow: adaptive cards 1.4 as the reference of their elements has them, 28 KB.

https://adaptivecards.io/explorer/
"""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PATH = "/workflows/0123456789abcdef/triggers/manual/paths/invoke"
QUERY = "sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s1gnatureOfTheWorkflow"
MOST_BYTES = 28 * 1024
BLOCK = {"type", "text", "wrap", "size", "weight", "color", "separator"}
COLOURS = {"default", "dark", "light", "accent", "good", "warning", "attention"}


@dataclass
class FakeTeams:
    statuses: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{path:.*}", self._run)
        return application

    async def _run(self, request: web.Request) -> web.Response:
        if request.path != PATH or "sig" not in request.query:
            return web.json_response({"error": {"code": "WorkflowNotFound", "message": "not found"}}, status=404)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), headers={"Retry-After": "5"})
        raw = await request.read()
        body = await request.json()
        if fault := f"{len(raw)} bytes" if len(raw) > MOST_BYTES else message_fault(body):
            self.rejected.append(fault)
            return web.json_response({"error": {"code": "BadRequest", "message": fault}}, status=400)
        self.kept.append(body)
        return web.Response(status=202)


def message_fault(body: dict[str, Any]) -> str:
    """What is wrong with a message; empty when nothing is."""
    if set(body) != {"type", "attachments"} or body["type"] != "message" or len(body["attachments"]) != 1:
        return "message"
    attachment = body["attachments"][0]
    if attachment["contentType"] != "application/vnd.microsoft.card.adaptive":
        return "content type"
    card = attachment["content"]
    if card["type"] != "AdaptiveCard" or card["version"] not in {"1.2", "1.3", "1.4", "1.5"} or not card["body"]:
        return "card"
    for action in card["actions"]:
        if set(action) != {"type", "title", "url"} or not action["url"].startswith(("http://", "https://")):
            return f"action {action}"
    return next((fault for element in card["body"] if (fault := element_fault(element))), "")


def element_fault(element: dict[str, Any]) -> str:
    """What is wrong with an element of a card; empty when nothing is."""
    match element:
        case {"type": "TextBlock", "text": str(text)} if text.strip() and not set(element) - BLOCK:
            return "" if element.get("color", "default") in COLOURS else "colour"
        case {"type": "FactSet", "facts": list(facts)} if facts and len(element) == 2:
            odd = [fact for fact in facts if set(fact) != {"title", "value"} or not (fact["title"] and fact["value"])]
            return f"fact {odd[0]}" if odd else ""
    return f"element {str(element)[:200]}"
