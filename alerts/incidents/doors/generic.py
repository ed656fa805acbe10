"""`POST /alerts/in/json/<key>`, or `/alerts/in/json` with the key as a bearer token: JSON of any form, as the key's mapping reads it."""

from typing import Any

import orjson
from django.http import HttpRequest
from django.utils import timezone

from alerts.incidents.choices import KeyKind
from alerts.incidents.doors import limits
from alerts.incidents.doors.base import MOST_BYTES, PostDoor
from alerts.incidents.doors.bodies import read_at_most
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.doors.keys import key_of, note_use, require_signature
from alerts.incidents.doors.mapping import occurrence
from alerts.incidents.doors.occurrences import SENT, take
from alerts.incidents.doors.once import Done, once

ACCEPTED = 202
NO_KEY = "there is no such key, or it is switched off; it stands in the address or in Authorization: Bearer"


class GenericDoor(PostDoor):
    name = "json"

    def take(self, request: HttpRequest, **path: Any) -> Done:
        now = timezone.now()
        key = key_of(path.get("key") or _bearer(request), KeyKind.JSON)
        if key is None:
            raise BodyError(401, NO_KEY, {"WWW-Authenticate": "Bearer"})
        limits.admit(f"key:{key.pk}", key.rate_per_minute)
        body = read_at_most(request, MOST_BYTES)
        require_signature(request, body, key)
        sent = occurrence(json_of(body), mapping=key.mapping, kind=key.kind, slug=key.slug, name=key.name)

        def act() -> Done:
            outcome = take(key, sent, now)
            return Done(ACCEPTED, {"outcome": outcome, "dedup": sent.dedup})

        done = once(request, body, scope=f"key:{key.pk}", now=now, act=act)
        note_use(key, now)
        SENT.add(1, self.name, done.body["outcome"])
        return done


def json_of(body: bytes) -> Any:
    """Raises BodyError."""
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise BodyError(400, f"the body is not JSON: {error}") from None


def _bearer(request: HttpRequest) -> str:
    word, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if word.lower() == "bearer" else ""
