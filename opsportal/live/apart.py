"""Snapshots that read the database, each on a thread of its own."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import connection

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

Picture = Mapping[str, object]


def apart(read: Callable[["AbstractUser", str], Picture]) -> Callable[["AbstractUser", str], Awaitable[Picture]]:
    """`read` on a thread of its own, so that a slow picture holds up no other; the thread leaves no connection behind."""

    @wraps(read)
    def closing(user: "AbstractUser", topic: str) -> Picture:
        try:
            return read(user, topic)
        finally:
            connection.close()

    return sync_to_async(closing, thread_sensitive=False)
