"""One HTTP call to a receiver, and what its answer means. Every kind that speaks HTTP sends through here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from opsportal.http import Fault, HttpError, Request, Response, Zone, fetch, scrub

LONGEST_ANSWER = 2_000
MAX_ANSWER_BYTES = 65_536
LONGEST_WAIT_S = 86_400.0
WORTH_RETRYING = frozenset({408, 421, 425, 429})
NOT_AT_FAULT = frozenset({Fault.BLOCKED})
JSON_HEADERS = {"Content-Type": "application/json"}


def json_request(
    url: str, body: Any, *, headers: Mapping[str, str] | None = None, secrets: Iterable[str] = (), **options: Any
) -> Request:
    """A POST of `body` as JSON. `secrets`: what no error may show, the URL's own secret parts among them."""
    return Request(
        url,
        "POST",
        {**JSON_HEADERS, **(headers or {})},
        body if isinstance(body, bytes) else orjson.dumps(body),
        max_bytes=MAX_ANSWER_BYTES,
        secrets=tuple(secrets),
        **options,
    )


async def ask(request: Request, timeout_s: float) -> Response | Sent:
    """The receiver's answer, or what came of it where there was none."""
    try:
        return await fetch(request, zone=Zone.WEBHOOKS, timeout_s=timeout_s)
    except HttpError as error:
        if error.cause in NOT_AT_FAULT:
            return Sent(Outcome.PERMANENT, error.message[:LONGEST_ANSWER])
        return Sent(Outcome.RETRY, error.message[:LONGEST_ANSWER], endpoint_at_fault=not error.own_fault)


def judged(response: Response, now: datetime, secrets: Iterable[str] = (), ref: str = "") -> Sent:
    """What an HTTP status means: 2xx delivered; 408, 421, 425, 429 and 5xx again later; every other one refused for good."""
    words = answer_words(response, secrets)
    status = response.status
    if 200 <= status < 300:
        return Sent(Outcome.DELIVERED, words, status, provider_ref=ref)
    if status >= 500 or status in WORTH_RETRYING:
        wait_s = retry_after_s(response.headers.get("Retry-After"), now)
        return Sent(Outcome.RETRY, words, status, wait_s, endpoint_at_fault=True)
    return Sent(Outcome.PERMANENT, words, status)


def answer_words(response: Response, secrets: Iterable[str] = ()) -> str:
    """The receiver's own words without secrets; where there are none, the status."""
    text = scrub(response.text()[: 4 * LONGEST_ANSWER], secrets).replace("\x00", "").strip()
    if 300 <= response.status < 400:
        text = f"It redirects, which is not followed. {text}"
    return (text or f"HTTP {response.status}")[:LONGEST_ANSWER]


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110 10.2.3: seconds or a date); None when it says nothing usable."""
    if not header:
        return None
    try:
        wait_s = float(header)
    except ValueError:
        try:
            wait_s = (parsedate_to_datetime(header) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(wait_s, 0.0), LONGEST_WAIT_S) if wait_s == wait_s else None


def json_of(response: Response) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
