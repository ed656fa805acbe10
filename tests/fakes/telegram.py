"""A strict fake of Telegram's sendMessage. https://core.telegram.org/bots/api#sendmessage"""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
LONGEST_TEXT = 4_096
KNOWN = {"chat_id", "text", "link_preview_options", "reply_parameters"}


@dataclass
class FakeTelegram:
    """`chats`: where the bot may write. `answers`: (status, description, retry_after) instead, one a request."""

    chats: set[str] = field(default_factory=lambda: {"123456789", "-1001234567890"})
    answers: list[tuple[int, str, int]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{bot}/{method}", self._call)
        return application

    async def _call(self, request: web.Request) -> web.Response:
        if request.match_info["bot"] != f"bot{TOKEN}":
            return problem(401, "Unauthorized")
        if request.match_info["method"] != "sendMessage":
            return problem(404, "Not Found")
        if self.answers:
            return problem(*self.answers.pop(0))
        body = await request.json()
        if fault := self._fault(body):
            self.rejected.append(fault)
            return problem(400, f"Bad Request: {fault}")
        self.kept.append(body)
        return web.json_response({"ok": True, "result": {"message_id": len(self.kept)}})

    def _fault(self, body: dict[str, Any]) -> str:
        if set(body) - KNOWN:
            return f"unknown {sorted(set(body) - KNOWN)}"
        if str(body.get("chat_id")) not in self.chats:
            return "chat not found"
        text = body.get("text", "")
        if not text.strip():
            return "message text is empty"
        if len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
            return "message is too long"
        if "\x00" in text:
            return "strings must be encoded in UTF-8"
        reply = body.get("reply_parameters", {"message_id": 1, "allow_sending_without_reply": True})
        return "" if isinstance(reply["message_id"], int) else "message to reply is no number"


def problem(status: int, description: str, retry_after: int = 0) -> web.Response:
    """An error as Telegram words it."""
    said: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after:
        said["parameters"] = {"retry_after": retry_after}
    return web.json_response(said, status=status)
