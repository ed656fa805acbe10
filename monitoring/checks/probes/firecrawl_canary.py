"""The canary: have Firecrawl scrape a page of the portal, and look for its nonce in what comes back.

Runs at most once in so many seconds; in between, what the last one found stands.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings as portal
from django.utils.dateparse import parse_datetime

from monitoring.checks.canary import new_canary
from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.asking import Answer, ask_all, fault_words, json_object
from monitoring.checks.probes.finding import Finding
from monitoring.checks.probes.firecrawl_seen import NEWER
from opsportal.http import BearerAuth, HttpError, Request, Response

BUSY = {402, 408, 429}
Memory = dict[str, Any]


def is_due(memory: Mapping[str, Any], interval_s: int, now: datetime) -> bool:
    """Whether the last canary, if any, was long enough ago."""
    last = memory.get("canary_at")
    at = parse_datetime(last) if isinstance(last, str) else None
    return at is None or now - at >= timedelta(seconds=interval_s)


async def fly(settings: Mapping[str, Any], generation: str, budget_s: float, now: datetime) -> Memory:
    """Scrape a fresh page; what to remember: when, how long it took, what was wrong."""
    canary = new_canary()
    base = settings.get("canary_base_url") or portal.PUBLIC_URL.rstrip("/")
    version = "v2" if generation == NEWER else "v1"
    key = settings.get("api_key")
    page = {"url": base + canary.path, "formats": ["markdown"], "timeout": int(budget_s * 1000)}
    request = Request(
        url=f"{settings['url']}/{version}/scrape",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=orjson.dumps(page),
        timeout_s=budget_s,
        verify_tls=bool(settings.get("verify_tls", True)),
        auth=BearerAuth(key) if key else None,
    )
    answer = (await ask_all({"canary": request}))["canary"]
    seen = _seen(answer, canary.nonce, f"/{version}/scrape")
    took_s = answer.timings.total_s if isinstance(answer, Response) else None
    return {"canary_at": now.isoformat(), "canary_seconds": took_s, "canary_fault": list(seen) if seen else None}


def remembered(memory: Mapping[str, Any]) -> Finding | None:
    """What the last canary found wrong."""
    fault = memory.get("canary_fault")
    if not isinstance(fault, list) or len(fault) != len(Finding._fields):
        return None
    verdict, cause, words = fault
    return Finding(Status(verdict), Cause(cause), str(words))


def _seen(answer: Answer, nonce: str, path: str) -> Finding | None:
    if isinstance(answer, HttpError):
        return Finding(Status.DEGRADED, Cause(answer.cause.value), f"canary: {path}: {fault_words(answer)}")
    if answer.status in (401, 403):
        return Finding(Status.UNKNOWN, Cause.MISCONFIGURED, f"canary: {path} refuses the API key ({answer.status})")
    if answer.status in BUSY:
        return Finding(Status.DEGRADED, Cause.OVERLOADED, f"canary: {path} has no room ({answer.status})")
    if answer.status != 200:
        return Finding(Status.DOWN, Cause.UNEXPECTED, f"canary: {path} answers {answer.status}")
    data = (json_object(answer) or {}).get("data")
    markdown = data.get("markdown") if isinstance(data, dict) else None
    if not isinstance(markdown, str) or nonce not in markdown:
        return Finding(Status.DOWN, Cause.UNEXPECTED, f"canary: {path} answers without the words of the page")
    return None
