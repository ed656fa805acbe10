"""One try: the envelope of a claim, sent within its time. Whatever a kind does, there is an answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.delivery.bundling import bundle
from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Envelope, Sent
from alerts.delivery.messages import Message
from alerts.delivery.sending.claiming import Claim
from opsportal.http import scrub

log = logging.getLogger(__name__)

LONGEST_ANSWER = 2000
GRACE_S = 2.0  # a kind bounds itself by its timeout; this is for one that does not
Answering = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Tried:
    """A claim and what came of it; `duration_s` is the time of the request alone."""

    claim: Claim
    sent: Sent
    began: datetime
    duration_s: float
    is_plain: bool = False


def unwritable(tried: Tried) -> Tried:
    """The same without the receiver's words."""
    return replace(tried, sent=replace(tried.sent, answer="The answer could not be stored."), is_plain=True)


async def attempt(claim: Claim, now: datetime, answering: Answering) -> Tried:
    """Send once. Raises nothing but the caller's own cancellation."""
    started = time.monotonic()
    if claim.refusal:
        return Tried(claim, Sent(Outcome.PERMANENT, claim.refusal), now, 0.0)
    if claim.loaded.kind is None:
        return Tried(claim, Sent(Outcome.RETRY, claim.loaded.fault), now, 0.0)
    try:
        envelope = await _envelope(claim, now, answering)
        started = time.monotonic()
        grace_s = 0.0 if claim.probe else GRACE_S
        async with asyncio.timeout(claim.timeout_s + grace_s):
            sent = await claim.loaded.kind.send(envelope)
    except TimeoutError:
        sent = Sent(Outcome.RETRY, f"No answer within {claim.timeout_s:g} s.", endpoint_at_fault=True)
    except Exception as error:
        log.exception("channel kind %s raised, which it must not", claim.row["channel_kind"])
        sent = Sent(Outcome.RETRY, f"{type(error).__name__} in the portal; its log says more.")
    return Tried(claim, sent, now, time.monotonic() - started)


async def _envelope(claim: Claim, now: datetime, answering: Answering) -> Envelope:
    row = claim.row
    message = Message.of_json(row["message"])
    if claim.parts:
        message = bundle(message, [Message.of_json(part["message"]) for part in claim.parts])
    ways: dict[str, Any] = {}
    if message.answerable or row["channel_kind"] == "sms":
        ways = await _ways(answering, row)
    return Envelope(
        key=row["key"],
        message=message,
        now=now,
        address=row["address"],
        attempt=row["attempts_made"] + 1,
        earlier_ref=row["earlier_ref"],
        delivery_id=row["id"],
        **ways,
    )


async def _ways(answering: Answering, row: dict[str, Any]) -> dict[str, Any]:
    """A message that cannot be answered is better than none."""
    try:
        return await answering(row)
    except Exception:
        log.exception("delivery %s is sent without a way to answer", row["id"])
        return {}


def redacted(claim: Claim, sent: Sent) -> str:
    """The answer without the channel's secrets, cut visibly."""
    text = scrub(sent.answer, claim.loaded.secrets).replace("\x00", "\ufffd")
    return text if len(text) <= LONGEST_ANSWER else f"{text[: LONGEST_ANSWER - 1]}…"
