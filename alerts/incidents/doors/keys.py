"""Who sends with an integration key, and whether the body was signed with its secret."""

import hashlib
import hmac
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest

from alerts.incidents.doors.errors import BodyError
from alerts.incidents.models import IntegrationKey
from opsportal.crypto import SealBrokenError, unseal
from security.access.tokens import digest

USE_NOTED_EVERY = timedelta(minutes=1)
SIGNATURES = ("X-Hub-Signature-256", "X-Signature-256")
PREFIX = "sha256="


def key_of(text: str, kind: str) -> IntegrationKey | None:
    """The key that is enabled and has this text, for a door of `kind`."""
    if not text or len(text) > 200:
        return None
    return IntegrationKey.objects.filter(digest=digest(text), kind=kind, enabled=True).first()


def note_use(key: IntegrationKey, now: datetime) -> None:
    """At most once in USE_NOTED_EVERY."""
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        IntegrationKey.objects.filter(due, pk=key.pk).update(last_used_at=now)


def secret_of(key: IntegrationKey) -> str:
    """ "": bodies need no signature. Raises SealBrokenError."""
    return unseal(key.sealed_secret).get("secret", "")


def require_signature(request: HttpRequest, body: bytes, key: IntegrationKey) -> None:
    """Raises BodyError 401 where the key has a secret and the body was not signed with it."""
    try:
        secret = secret_of(key)
    except SealBrokenError:
        raise BodyError(503, "the secret of this key cannot be opened; enter it again in the portal") from None
    if not secret:
        return
    given = next((text for name in SIGNATURES if (text := request.headers.get(name, ""))), "")
    wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.removeprefix(PREFIX).lower().encode(errors="replace"), wanted.encode()):
        words = f"sign the body: {SIGNATURES[0]}: sha256=<HMAC-SHA256 of the body with the key's secret, in hex>"
        raise BodyError(401, words, {"WWW-Authenticate": "Signature"})
