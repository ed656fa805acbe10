"""Asking a service over HTTP several things at once, and what a failed call means for a check."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from opsportal.http import HttpError, Request, Response, Zone, fetch, scrub
from opsportal.http.targets import target

Answer = Response | HttpError
EXCERPT_CHARACTERS = 500


class BaseUrlField(forms.CharField):
    """The http(s) address of a service, without query and fragment; cleans to the address without a trailing slash."""

    def clean(self, value: Any) -> str:
        url = str(super().clean(value)).rstrip("/")
        if not url:
            return ""
        try:
            found = target(url)
        except ValueError as error:
            raise forms.ValidationError(f"This URL {error}.") from None
        if "?" in found.path or "#" in url:
            raise forms.ValidationError("Give the address of the service only, without ? and #.")
        return url


async def ask_all(requests: Mapping[str, Request]) -> dict[str, Answer]:
    """Send all requests at once; the answer or the error of each, by name."""
    answers = await asyncio.gather(*(_ask(request) for request in requests.values()))
    return dict(zip(requests, answers, strict=True))


async def _ask(request: Request) -> Answer:
    try:
        return await fetch(request, zone=Zone.CHECKS)
    except HttpError as error:
        return error


def failed(error: HttpError) -> Result:
    """Down; unknown where the portal itself would not go there."""
    verdict = Status.UNKNOWN if error.cause == Cause.BLOCKED.value else Status.DOWN
    return Result(verdict, error.message, Cause(error.cause.value))


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


def excerpt(response: Response, secrets: Iterable[str] = ()) -> str:
    """The first characters of a body, for evidence, without `secrets`."""
    return scrub(response.text()[: 4 * EXCERPT_CHARACTERS], secrets)[:EXCERPT_CHARACTERS]
