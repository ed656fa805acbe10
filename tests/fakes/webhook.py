"""A strict receiver of webhooks: it verifies Standard Webhooks signatures, or the form of Alertmanager's body, and keeps what was good.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from aiohttp import web

TOLERANCE_S = 300
STANDARD_BYTES = 20_000
ALERTMANAGER_BYTES = 512_000
ENVELOPE_KEYS = {
    "version",
    "groupKey",
    "truncatedAlerts",
    "status",
    "receiver",
    "groupLabels",
    "commonLabels",
    "commonAnnotations",
    "externalURL",
    "alerts",
}
ALERT_KEYS = {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}


@dataclass
class FakeWebhook:
    """`secrets`: any one that fits is enough; none: unsigned is taken. `answers`: what is answered instead of 200, one a request."""

    now: datetime
    secrets: list[str] = field(default_factory=list)
    form: str = "standard"
    answers: list[web.Response] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{path:.*}", self._take)
        return application

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        fault = self._fault(request, body)
        if fault:
            self.rejected.append(fault)
            return web.Response(status=400, text=fault)
        if self.answers:
            return self.answers.pop(0)
        self.kept.append(json.loads(body))
        self.ids.append(request.headers["webhook-id"])
        self.headers.append(dict(request.headers))
        return web.Response(text="thank you")

    def _fault(self, request: web.Request, body: bytes) -> str:
        if request.content_type != "application/json":
            return f"content type {request.content_type}"
        webhook_id, sent_at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not webhook_id or "." in webhook_id or not sent_at.isdigit():
            return "webhook-id or webhook-timestamp is missing"
        if abs(self.now.timestamp() - int(sent_at)) > TOLERANCE_S:
            return "webhook-timestamp is too old or too new"
        if self.secrets and not self._signed(request.headers.get("webhook-signature", ""), webhook_id, sent_at, body):
            return "no signature fits"
        said = json.loads(body)  # strict UTF-8: lone surrogates and bare control characters do not pass
        return standard_fault(said, body) if self.form == "standard" else alertmanager_fault(said, body)

    def _signed(self, header: str, webhook_id: str, sent_at: str, body: bytes) -> bool:
        signed = f"{webhook_id}.{sent_at}.".encode() + body
        right = []
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            right.append("v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode())
        return any(hmac.compare_digest(one, given) for one in right for given in header.split(" "))


def standard_fault(said: Any, body: bytes) -> str:
    """What is wrong with a body of Standard Webhooks; empty when nothing is."""
    if len(body) > STANDARD_BYTES:
        return f"{len(body)} bytes, more than {STANDARD_BYTES}"
    if set(said) != {"type", "timestamp", "data"} or not isinstance(said["data"], dict):
        return f"keys {sorted(said)}"
    if not all(part.isidentifier() for part in said["type"].split(".")):
        return f"type {said['type']!r}"
    datetime.fromisoformat(said["timestamp"])
    return ""


def alertmanager_fault(said: Any, body: bytes) -> str:
    """What is wrong with a body of Alertmanager's webhook, version 4; empty when nothing is."""
    if len(body) > ALERTMANAGER_BYTES:
        return f"{len(body)} bytes, more than {ALERTMANAGER_BYTES}"
    if set(said) != ENVELOPE_KEYS or said["version"] != "4" or said["status"] not in {"firing", "resolved"}:
        return f"envelope {sorted(said)}"
    if not isinstance(said["truncatedAlerts"], int) or (not said["alerts"] and not said["truncatedAlerts"]):
        return "no alerts"
    for alert in said["alerts"]:
        if set(alert) != ALERT_KEYS or alert["status"] not in {"firing", "resolved"}:
            return f"alert {alert}"
        texts = [*alert["labels"].items(), *alert["annotations"].items()]
        if not all(isinstance(one, str) for pair in texts for one in pair):
            return "a label that is no text"
        datetime.fromisoformat(alert["startsAt"]), datetime.fromisoformat(alert["endsAt"])
    return ""
