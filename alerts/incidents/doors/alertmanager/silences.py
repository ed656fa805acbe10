"""`/api/v2/silences` and `/api/v2/silence/<id>`."""

import uuid
from datetime import datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from alerts.delivery.messages import iso
from alerts.incidents.actions.silences import silence_expire, silence_save
from alerts.incidents.doors.alertmanager.door import AlertmanagerDoor, matchers_of
from alerts.incidents.doors.alertmanager.posting import body_of
from alerts.incidents.doors.alertmanager.reading import text_of, time_of
from alerts.incidents.doors.answers import said
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.matching import Matcher, MatcherError, Matchers, parse_all
from alerts.incidents.models import Silence
from alerts.incidents.silencing import state
from opsportal.writing import person_of

NOT_FOUND = "silence not found"
REQUIRED = ("matchers", "startsAt", "endsAt", "createdBy", "comment")
KEPT = 5_000  # silences in one answer, the latest end first
NO_COMMENT = "(no comment)"  # a comment is required here; Alertmanager takes an empty one


class Silences(AlertmanagerDoor):
    permissions = {"GET": "incidents.view_silence", "POST": "incidents.add_silence"}

    def answer_get(self, request: HttpRequest) -> HttpResponse:
        wanted, now = matchers_of(request), timezone.now()
        found = [one for one in Silence.objects.order_by("-ends_at")[:KEPT] if about(one, wanted)]
        order = ("active", "pending", "expired")
        found.sort(key=lambda one: order.index(state(one.starts_at, one.ends_at, now)))
        return said([gettable(one, now) for one in found])

    def answer_post(self, request: HttpRequest) -> HttpResponse:
        posted = posted_of(body_of(request))
        stored = stored_of(posted["id"]) if posted.get("id") else None
        made = silence_save(
            silence=stored,
            matchers=[str(matcher_of(one, place)) for place, one in enumerate(posted["matchers"])],
            starts_at=start_of(required_time(posted, "startsAt"), stored),
            ends_at=required_time(posted, "endsAt"),
            comment=text_of(posted["comment"]) or NO_COMMENT,
            created_by=text_of(posted["createdBy"]) or request.user.get_username(),
            by=person_of(request),
            now=timezone.now(),
        )
        return said({"silenceID": str(made.uuid)})


class OneSilence(AlertmanagerDoor):
    permissions = {"GET": "incidents.view_silence", "DELETE": "incidents.delete_silence"}

    def answer_get(self, request: HttpRequest, name: str) -> HttpResponse:
        return said(gettable(stored_of(name, bare=True), timezone.now()))

    def answer_delete(self, request: HttpRequest, name: str) -> HttpResponse:
        silence_expire(silence=stored_of(name, bare=True), by=person_of(request), now=timezone.now())
        return HttpResponse(status=200)


def posted_of(body: bytes) -> dict[str, Any]:
    """Raises BodyError."""
    try:
        posted = orjson.loads(body)
    except ValueError as error:
        raise BodyError(
            400, {"code": 400, "message": f'parsing silence body from "" failed, because {error}'}
        ) from None
    if not isinstance(posted, dict):
        raise BodyError(400, {"code": 400, "message": 'parsing silence body from "" failed, because it is no object'})
    if missing := [name for name in REQUIRED if posted.get(name) is None]:
        raise BodyError(422, {"code": 602, "message": f"{missing[0]} in body is required"})
    if not isinstance(posted["matchers"], list) or not posted["matchers"]:
        raise BodyError(422, {"code": 612, "message": "matchers in body should have at least 1 items"})
    return posted


def start_of(posted: datetime, stored: Silence | None) -> datetime:
    """Of a silence that is changed its own start, if that is what was read here: answers are exact to the millisecond only, and
    Alertmanager itself compares whole seconds."""
    if stored is not None and int(posted.timestamp()) == int(stored.starts_at.timestamp()):
        return stored.starts_at
    return posted


def required_time(posted: dict[str, Any], name: str) -> datetime:
    time = time_of(posted[name])
    if time is None:
        raise BodyError(422, {"code": 602, "message": f"{name} in body is required"})
    return time


def matcher_of(posted: Any, place: int) -> Matcher:
    """Raises BodyError."""
    one = posted if isinstance(posted, dict) else {}
    name, value = text_of(one.get("name")), text_of(one.get("value"))
    op = (
        ("=~" if one.get("isEqual", True) else "!~")
        if one.get("isRegex")
        else "="
        if one.get("isEqual", True)
        else "!="
    )
    try:
        return Matcher(name, op, value)
    except MatcherError as error:
        raise BodyError(400, f"silence invalid: invalid label matcher {place}: {error}") from None


def stored_of(name: str, *, bare: bool = False) -> Silence:
    """Raises BodyError, 404. `bare`: without words, as Alertmanager answers for an address."""
    try:
        found = Silence.objects.filter(uuid=uuid.UUID(name)).first()
    except (ValueError, AttributeError, TypeError):
        message = f"silenceID in path must be of type uuid: {str(name)[:60]!r}"
        raise BodyError(422, {"code": 601, "message": message}) from None
    if found is None:
        raise BodyError(404, NOT_FOUND if not bare else "")
    return found


def about(silence: Silence, wanted: Matchers) -> bool:
    """Is it about what the filter says? As Alertmanager: the silence has a matcher of that name which agrees."""
    own = parse_all(silence.matchers)
    return all(any(one.name == matcher.name and matcher.test(one.value) for one in own) for matcher in wanted)


def gettable(silence: Silence, now: datetime) -> dict[str, Any]:
    """`gettableSilence` of the API."""
    return {
        "id": str(silence.uuid),
        "status": {"state": state(silence.starts_at, silence.ends_at, now)},
        "updatedAt": iso(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": iso(silence.ends_at),
        "matchers": [
            {"isEqual": one.op in ("=", "=~"), "isRegex": one.op in ("=~", "!~"), "name": one.name, "value": one.value}
            for one in parse_all(silence.matchers)
        ],
        "startsAt": iso(silence.starts_at),
    }
