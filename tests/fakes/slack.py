"""A strict fake of Slack: incoming webhooks, chat.postMessage and chat.update, with the documented limits and errors, and the one that was
found by others (all blocks together). https://docs.slack.dev/reference/block-kit, https://docs.slack.dev/apis/web-api/rate-limits
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "xoxb-1-2-abcdefgh"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PATH = "/services/T00000001/B00000001/XXXXXXXXXXXXXXXXXXXXXXXX"
MOST_BLOCKS = 50
MOST_CHARACTERS = 13_200
LONGEST_TEXT = 40_000
BARE_MARK = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")
Json = Any


@dataclass
class FakeSlack:
    """`strict_rate`: more than one message in `clock()` seconds a channel is answered 429. `errors`: answered instead, one a call."""

    strict_rate: bool = False
    clock: float = 0.0
    errors: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    channels: set[str] = field(default_factory=lambda: {"C024BE91L", "#ops"})
    last_at: dict[str, float] = field(default_factory=dict)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/services/{rest:.*}", self._webhook)
        application.router.add_post("/api/{method}", self._method)
        application.router.add_post("/response/{rest:.*}", self._response)
        return application

    async def _webhook(self, request: web.Request) -> web.Response:
        if request.path != PATH:
            return web.Response(status=404, text="no_service")
        if self._too_soon(request.path):
            return web.Response(status=429, text="rate_limited", headers={"Retry-After": "1"})
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), text="said so")
        said = await request.json()
        if fault := message_fault(said):
            self.rejected.append(fault)
            return web.Response(status=400, text=fault)
        self.kept.append(said)
        return web.Response(text="ok")

    async def _response(self, request: web.Request) -> web.Response:
        self.calls.append(("response_url", await request.json()))
        return web.Response(text="ok")

    async def _method(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        said = await request.json()
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), text="<html>sorry</html>", headers={"Retry-After": "7"})
        if method == "chat.postMessage" and self._too_soon(str(said.get("channel"))):
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        error = self.errors.pop(0) if self.errors else self._fault(method, said)
        if error:
            self.rejected.append(error)
            return web.json_response({"ok": False, "error": error.partition(" ")[0]})
        self.calls.append((method, said))
        return web.json_response(self._done(method, said))

    def _fault(self, method: str, said: dict[str, Any]) -> str:
        if method not in {"chat.postMessage", "chat.update"}:
            return "unknown_method"
        channel = str(said.get("channel", ""))
        if channel not in self.channels and not re.fullmatch(r"[UWD][A-Z0-9]+", channel):
            return "channel_not_found"
        known = {message["ts"] for message in self.kept}
        if method == "chat.update" and said.get("ts") not in known:
            return "message_not_found"
        if method == "chat.postMessage" and said.get("thread_ts", "") not in known | {""}:
            return "thread_not_found"
        return message_fault(said)

    def _done(self, method: str, said: dict[str, Any]) -> dict[str, Any]:
        channel = "D" + said["channel"][1:] if said["channel"][0] in "UW" else said["channel"]
        if method == "chat.update":
            kept = next(message for message in self.kept if message["ts"] == said["ts"])
            kept.update(said)
        else:
            kept = {**said, "ts": f"17640000{len(self.kept):02d}.000100", "channel": channel}
            self.kept.append(kept)
        return {"ok": True, "channel": channel, "ts": kept["ts"], "message": {"text": said.get("text", "")}}

    def _too_soon(self, place: str) -> bool:
        last, self.last_at[place] = self.last_at.get(place), self.clock
        return self.strict_rate and last is not None and self.clock - last < 1


def message_fault(said: Json) -> str:
    """What Slack would say of a message; empty when it would take it."""
    if not isinstance(said, dict) or not isinstance(said.get("text"), str) or not said["text"].strip():
        return "no_text"
    if len(said["text"]) > LONGEST_TEXT:
        return "msg_too_long"
    if BARE_MARK.search(said["text"]):
        return "invalid_payload bare markup in text"
    blocks = said.get("blocks", [])
    if len(blocks) > MOST_BLOCKS:
        return "invalid_blocks more than 50"
    if sum(len(json.dumps(text, ensure_ascii=False)) for text in texts_of(blocks)) > MOST_CHARACTERS:
        return "msg_blocks_too_long"
    return next((f"invalid_blocks {fault}" for block in blocks if (fault := block_fault(block))), "")


def texts_of(part: Json) -> Iterator[str]:
    """Every text in blocks."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for inner in part.values():
            yield from texts_of(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts_of(inner)


def block_fault(block: Json) -> str:
    """What is wrong with one block; empty when nothing is."""
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            return text_fault(text, 150)
        case {"type": "section", "text": text}:
            return text_fault(text, 3_000)
        case {"type": "section", "fields": list(fields)} if 1 <= len(fields) <= 10:
            return next((fault for one in fields if (fault := text_fault(one, 2_000))), "")
        case {"type": "context", "elements": list(elements)} if 1 <= len(elements) <= 10:
            return next((fault for one in elements if (fault := text_fault(one, 3_000))), "")
        case {"type": "actions", "elements": list(elements)} if 1 <= len(elements) <= 25:
            ids = [one.get("action_id") for one in elements]
            repeated = "" if len(set(ids)) == len(ids) else "action_id twice"
            return repeated or next((fault for one in elements if (fault := button_fault(one))), "")
    return f"block {block!r:.200}"


def text_fault(text: Json, longest: int) -> str:
    """What is wrong with a text object; empty when nothing is."""
    match text:
        case {"type": "mrkdwn", "text": str(words)}:
            if BARE_MARK.search(words):
                return "bare markup"
        case {"type": "plain_text", "text": str(words)}:
            pass
        case _:
            return f"text {text!r:.200}"
    return "" if 1 <= len(words) <= longest else f"{len(words)} characters, at most {longest}"


def button_fault(button: Json) -> str:
    """What is wrong with a button; empty when nothing is."""
    known = {"type", "text", "action_id", "value", "url", "style"}
    if (
        set(button) - known
        or button.get("type") != "button"
        or button.get("style", "primary") not in {"primary", "danger"}
    ):
        return f"button {button!r:.200}"
    sizes = len(button.get("value", "")), len(button.get("url", "")), len(button["action_id"])
    if any(size > most for size, most in zip(sizes, (2_000, 3_000, 255), strict=True)):
        return "button too long"
    return text_fault(button["text"], 75)
