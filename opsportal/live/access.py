"""Who is behind a socket and what they may see: read from the session and the roles in the database."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


@dataclass(frozen=True, slots=True)
class Access:
    """One logged-in person as the database knew them when it was read."""

    user: "AbstractUser"
    permissions: frozenset[str]


def read(session_keys: Collection[str]) -> dict[str, Access]:
    """Session key -> access; a session that is over, or whose user is not active, is left out."""
    try:
        found = ((key, _read_one(key)) for key in session_keys)
        return {key: access for key, access in found if access is not None}
    finally:
        close_old_connections()


# A thread of its own: a database that hangs here must not hold up the portal's other synchronous code.
aread = sync_to_async(read, thread_sensitive=False)


def _read_one(session_key: str) -> Access | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    return Access(user, frozenset(user.get_all_permissions()))
