"""Asking a service over HTTP several things at once, and reading what it says."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from opsportal.http import HttpError, Request, Response, Zone, fetch, scrub

Answer = Response | HttpError
EXCERPT_CHARACTERS = 500


async def ask_all(requests: Mapping[str, Request]) -> dict[str, Answer]:
    """Send all requests at once; the answer or the error of each, by name."""
    answers = await asyncio.gather(*(_ask(request) for request in requests.values()))
    return dict(zip(requests, answers, strict=True))


async def _ask(request: Request) -> Answer:
    try:
        return await fetch(request, zone=Zone.CHECKS)
    except HttpError as error:
        return error


def status_of(answer: Answer | None) -> int | None:
    """The HTTP status; None when no answer came."""
    return answer.status if isinstance(answer, Response) else None


def json_object(answer: Answer | None) -> dict[str, Any] | None:
    """The JSON object of a 200; None when there is none."""
    if not isinstance(answer, Response) or answer.status != 200:
        return None
    try:
        found = answer.json()
    except HttpError:
        return None
    return found if isinstance(found, dict) else None


def fault_words(answer: Answer) -> str:
    """What was wrong with an answer that was not the one hoped for, in a few words."""
    if isinstance(answer, HttpError):
        return answer.message[:1].lower() + answer.message[1:]
    return f"it answered {answer.status}" if answer.status != 200 else "the answer was not understood"


def told(answers: Mapping[str, Answer], secrets: Iterable[str] = ()) -> dict[str, Any]:
    """What was said by name, for evidence, without `secrets`."""
    kept = tuple(secrets)
    return {
        name: {"status": answer.status, "body": _excerpt(answer, kept)}
        if isinstance(answer, Response)
        else {"error": answer.message}
        for name, answer in answers.items()
    }


def _excerpt(response: Response, secrets: Iterable[str]) -> str:
    return scrub(response.text()[: 4 * EXCERPT_CHARACTERS], secrets)[:EXCERPT_CHARACTERS]
