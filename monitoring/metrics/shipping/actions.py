"""Writes of destinations."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from monitoring.metrics.shipping.models import Auth, Destination
from monitoring.metrics.shipping.queueing import interest
from opsportal.crypto import seal
from opsportal.http.targets import target

END_OF_QUEUE = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@transaction.atomic
def destination_save(
    *,
    destination: Destination | None = None,
    name: str,
    url: str,
    auth: str = Auth.NONE,
    username: str = "",
    secret: str = "",
    external_labels: dict[str, str] | None = None,
    enabled: bool = True,
) -> Destination:
    """Add a destination, or edit one. Raises ValidationError by field.

    A new one, and one that is switched on again, is sent what is stored from then on. The secret (a password or a token) is sealed;
    empty on an edit: as it was, unless the address changed.
    """
    stored = Destination.objects.select_for_update().get(pk=destination.pk) if destination else Destination()
    errors = _url_faults(url) | _label_faults(external_labels or {}) | _auth_faults(stored, url, auth, username, secret)
    if errors:
        raise ValidationError(errors)
    begins = enabled and (destination is None or not stored.enabled)
    stored.name, stored.url, stored.auth, stored.username = name.strip(), url, auth, username
    stored.external_labels, stored.enabled = external_labels or {}, enabled
    if auth == Auth.NONE:
        stored.sealed_secret = ""
    elif secret:
        stored.sealed_secret = seal({"secret": secret})
    stored.failures, stored.failing_since, stored.last_error = 0, None, ""
    if begins:
        stored.cursor_xid, stored.cursor_id = _end_of_queue(), 0
    stored.full_clean(exclude={"sealed_secret"})
    stored.save()
    interest.forget()
    return stored


@transaction.atomic
def destination_delete(*, destination: Destination) -> None:
    """Forget a destination, and what only it was still to be sent."""
    destination.delete()
    interest.forget()


def _end_of_queue() -> int:
    with connection.cursor() as cursor:
        cursor.execute(END_OF_QUEUE)
        return int(cursor.fetchone()[0])


def _url_faults(url: str) -> dict[str, str]:
    try:
        place = target(url)
    except ValueError as error:
        return {"url": f"The address {error}."}
    return {"url": "Give the user and password in their own fields, not in the address."} if place.userinfo else {}


def _label_faults(labels: dict[str, Any]) -> dict[str, str]:
    for name, value in labels.items():
        if not LABEL_NAME.fullmatch(name) or name.startswith("__"):
            return {"external_labels": f"{name!r} is not a label name: letters, digits and _, not beginning with __."}
        if not value:
            return {"external_labels": f"{name}: give it a value."}
    return {}


def _auth_faults(stored: Destination, url: str, auth: str, username: str, secret: str) -> dict[str, str]:
    """Where credentials are missing, or would be sent to another place than they were given for."""
    if auth == Auth.NONE:
        return {}
    errors = {"username": "Basic authentication needs a user name."} if auth == Auth.BASIC and not username else {}
    if not secret and not stored.sealed_secret:
        errors["secret"] = "Give the password or token."  # noqa: S105 - words
    elif not secret and stored.url != url:
        errors["secret"] = "The address changed: give the password or token again."  # noqa: S105 - words
    return errors
