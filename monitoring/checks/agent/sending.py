"""Sending buffered readings to the portal, in order, and what its answer means."""

import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

import orjson
from django.utils.text import slugify

from monitoring.checks.agent.buffer import Buffer
from opsportal.http import BearerAuth, HttpError, Request, Response, Zone, fetch

PATH = "/api/v1/agent/report"
BATCH = 100
RETRYABLE = {408, 425, 429}
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
WAIT_IN_VAIN_S = 60.0  # a refused token mends only by hand


class Outcome(Enum):
    STORED = "stored"
    AWAY = "away"  # not reached, or not able: try again
    REFUSED = "refused"  # the token or its account: try again later, somebody must act
    REJECTED = "rejected"  # the portal will never take these readings


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch; `words` for the log; `last_sequence` what the portal has, where it said so."""

    outcome: Outcome
    words: str
    last_sequence: int = 0


@dataclass(slots=True)
class Sender:
    """Sends what is buffered. The token is read anew for each batch, so that it can be replaced while the agent
    runs."""

    url: str
    token_file: Path
    machine: str
    interval_s: int
    timeout_s: float = 10.0
    verify_tls: bool = True
    backoff: "Backoff" = field(default_factory=lambda: Backoff())

    async def flush(self, buffer: Buffer, facts: dict[str, str]) -> Answer | None:
        """Send batches until nothing is left or one fails; the last answer, None when there was nothing to send."""
        answer = None
        while readings := buffer.oldest(BATCH):
            answer = await self._send(buffer, facts, readings)
            if answer.outcome is Outcome.STORED:
                buffer.acknowledge(max(answer.last_sequence, readings[-1]["sequence"]))
            elif answer.outcome is Outcome.REJECTED:
                buffer.give_up(readings[-1]["sequence"])
            else:
                break
        return answer

    async def _send(self, buffer: Buffer, facts: dict[str, str], readings: list[dict[str, Any]]) -> Answer:
        try:
            token = read_token(self.token_file)
        except ValueError as error:
            return Answer(Outcome.REFUSED, str(error))
        body = {
            "machine": self.machine,
            "name": facts.get("host") or self.machine,
            "interval_s": self.interval_s,
            "stream": buffer.stream,
            "dropped": buffer.dropped,
            "sent_at": datetime.now(UTC).isoformat(),
            "facts": facts,
            "readings": readings,
        }
        request = Request(
            url=self.url.rstrip("/") + PATH,
            method="POST",
            headers={"Content-Type": "application/json"},
            body=orjson.dumps(body),
            timeout_s=self.timeout_s,
            verify_tls=self.verify_tls,
            auth=BearerAuth(token),
        )
        try:
            return meaning(await fetch(request, zone=Zone.CHECKS))
        except HttpError as error:
            return Answer(Outcome.AWAY, error.message)


class Backoff:
    """When to try again: after 1 s, then twice as long each time up to 5 min, each shortened at random by up to a
    half."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or Random()
        self._failures = 0
        self._not_before = 0.0

    def ready(self, now: float) -> bool:
        return now >= self._not_before

    def note(self, outcome: Outcome, now: float) -> None:
        """After an attempt at `now` (seconds of a monotonic clock)."""
        if outcome in {Outcome.STORED, Outcome.REJECTED}:
            self._failures, self._not_before = 0, now
            return
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures, 30))
        if outcome is Outcome.REFUSED:
            wait_s = max(wait_s, WAIT_IN_VAIN_S)
        self._failures += 1
        self._not_before = now + wait_s * (1 - self._random.random() / 2)


def meaning(response: Response) -> Answer:
    """What the portal's answer means for the batch it was about."""
    said = _said(response)
    if response.status == 200 and isinstance(said.get("last_sequence"), int):
        words = f"{said.get('accepted', 0)} readings stored"
        return Answer(Outcome.STORED, words, said["last_sequence"])
    if response.status == 401:
        return Answer(
            Outcome.REFUSED,
            "The portal does not know this token, or it was revoked or has expired: make a new one (401)",
        )
    if response.status == 403:
        detail = said.get("detail") or "the token's account needs the permission checks.push_report"
        return Answer(Outcome.REFUSED, f"The portal does not let this token report: {detail} (403)")
    if response.status in {400, 413, 422}:
        return Answer(
            Outcome.REJECTED, f"The portal does not take these readings ({response.status}): {response.text()[:300]}"
        )
    if response.status >= 500 or response.status in RETRYABLE:
        return Answer(Outcome.AWAY, f"The portal cannot take readings now ({response.status})")
    return Answer(
        Outcome.AWAY, f"This is not an Opsportal that takes reports: it answers {response.status}; check --url"
    )


def read_token(path: Path) -> str:
    """The token in a file. Raises ValueError in words that do not repeat it."""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--token-file: {path} cannot be read ({type(error).__name__}).") from None
    if not token or any(character.isspace() for character in token):
        raise ValueError(f"--token-file: {path} must hold one token and nothing else.")
    return token


def machine_name() -> str:
    """This machine's host name as a slug."""
    return slugify(socket.gethostname().partition(".")[0])[:120] or "machine"


def _said(response: Response) -> dict[str, Any]:
    try:
        found = response.json()
    except HttpError:
        return {}
    return found if isinstance(found, dict) else {}
