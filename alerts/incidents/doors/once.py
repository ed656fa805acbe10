"""The header Idempotency-Key: a request that comes again within a day is answered as before, and done once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.http import HttpRequest

from alerts.incidents.doors.errors import BodyError
from alerts.incidents.models import RememberedAnswer

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotent-Replayed": "true"}
REMEMBERED = timedelta(hours=24)
MOST_NAME = 255
UNSETTLED = 0  # the status while the request is under way, in its own transaction


@dataclass(frozen=True, slots=True)
class Done:
    """An answer. `again`: it was given before."""

    status: int
    body: Any
    again: bool = False


def once(request: HttpRequest, body: bytes, *, scope: str, now: datetime, act: Callable[[], Done]) -> Done:
    """Do `act` and remember its answer, in one transaction; or the answer that was given to the same request before.

    A second one that comes while the first is under way waits for it. Raises BodyError: 422 for another request with the same
    header, 400 for a header that cannot be, and what `act` raises: then nothing is done or remembered.
    """
    name = request.headers.get(HEADER, "")
    if len(name) > MOST_NAME or "\x00" in name:
        raise BodyError(400, f"{HEADER}: at most {MOST_NAME} characters")
    with transaction.atomic():
        if not name:
            return act()
        digest = hashlib.blake2b(request.path.encode() + b"\x00" + body, digest_size=16).hexdigest()
        fresh = {"digest": digest, "status": UNSETTLED, "created_at": now}
        row, _ = RememberedAnswer.objects.get_or_create(scope=scope[:160], name=name, defaults=fresh)
        row = RememberedAnswer.objects.select_for_update().get(pk=row.pk)
        if row.status != UNSETTLED and row.created_at > now - REMEMBERED:
            return _again(row, digest)
        done = act()
        row.digest, row.status, row.created_at = digest, done.status, now
        row.body = orjson.dumps(done.body).decode()
        row.save()
        return done


def _again(row: RememberedAnswer, digest: str) -> Done:
    if row.digest != digest:
        raise BodyError(422, f"{HEADER}: another request had this one; make a new one for each")
    return Done(row.status, orjson.loads(row.body), again=True)
