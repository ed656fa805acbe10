"""A strict fake of PagerDuty's Events API v2. https://developer.pagerduty.com/docs/send-alert-event"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

ROUTING_KEY = "0123456789abcdef0123456789ABCDEF"
MOST_BYTES = 512 * 1000
TOP_KEYS = {"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"}
PAYLOAD_KEYS = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}


@dataclass
class FakePagerDuty:
    """`open_keys`: what is triggered and not resolved. `statuses`: answered instead, one a request."""

    statuses: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    open_keys: dict[str, str] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/v2/enqueue", self._enqueue)
        return application

    async def _enqueue(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.statuses:
            return web.Response(status=self.statuses.pop(0), text="said so", headers={"Retry-After": "60"})
        if len(body) > MOST_BYTES:
            self.rejected.append(f"{len(body)} bytes")
            return web.Response(status=413)
        said = await request.json()
        if faults := event_faults(said):
            self.rejected += faults
            answer = {"status": "invalid event", "message": "Event object is invalid", "errors": faults}
            return web.json_response(answer, status=400)
        self.kept.append(said)
        self._turn(said["dedup_key"], said["event_action"])
        answer = {"status": "success", "message": "Event processed", "dedup_key": said["dedup_key"]}
        return web.json_response(answer, status=202)

    def _turn(self, key: str, action: str) -> None:
        if action == "trigger":
            self.open_keys.setdefault(key, "triggered")
        elif action == "resolve":
            self.open_keys.pop(key, None)
        elif key in self.open_keys:
            self.open_keys[key] = "acknowledged"


def event_faults(said: dict[str, Any]) -> list[str]:
    """What PagerDuty would say of an event; empty when it would take it."""
    faults = [f"unknown key {name}" for name in set(said) - TOP_KEYS]
    if said.get("routing_key") != ROUTING_KEY:
        faults.append("Invalid routing key")
    if said.get("event_action") not in {"trigger", "acknowledge", "resolve"}:
        faults.append("Invalid event action")
    key = said.get("dedup_key")
    if not isinstance(key, str) or not 1 <= len(key) <= 255:
        faults.append("Invalid dedup key")
    if said.get("event_action") == "trigger":
        faults += payload_faults(said.get("payload") or {})
    for link in said.get("links", []):
        if set(link) != {"href", "text"} or not link["href"].startswith("http"):
            faults.append(f"link {link}")
    return faults


def payload_faults(payload: dict[str, Any]) -> list[str]:
    faults = [f"unknown payload key {name}" for name in set(payload) - PAYLOAD_KEYS]
    if not 1 <= len(payload.get("summary", "")) <= 1024:
        faults.append("summary must have 1 to 1024 characters")
    if not payload.get("source"):
        faults.append("'source' is missing or blank")
    if payload.get("severity") not in {"critical", "error", "warning", "info"}:
        faults.append("'severity' is invalid")
    if "timestamp" in payload:
        try:
            datetime.fromisoformat(payload["timestamp"])
        except ValueError:
            faults.append("'timestamp' is invalid")
    if not isinstance(payload.get("custom_details", {}), dict):
        faults.append("'custom_details' must be an object")
    return faults
