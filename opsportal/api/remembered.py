"""Who a token is, remembered for a few seconds: for doors that are asked hundreds of times a second with the same one.

A token that is revoked is let in for REMEMBERED_S more at most.
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest

from opsportal.api.programs import admitted

REMEMBERED_S = 5.0
MOST = 1_000


@dataclass(slots=True)
class Remembered:
    """The names of the people whose Authorization headers were seen lately to hold a permission."""

    permission: str
    found: OrderedDict[bytes, tuple[str, float]] = field(default_factory=OrderedDict)

    async def admit(self, request: HttpRequest) -> str:
        """The user name of whoever asks. Raises what `admitted` raises."""
        header = str(request.META.get("HTTP_AUTHORIZATION", ""))
        if not header:
            return await self._ask(request)
        key = hashlib.blake2b(header.encode(errors="surrogatepass"), digest_size=16).digest()
        name, until = self.found.get(key, ("", 0.0))
        if time.monotonic() < until:
            return name
        name = await self._ask(request)
        self.found[key] = (name, time.monotonic() + REMEMBERED_S)
        while len(self.found) > MOST:
            self.found.popitem(last=False)
        return name

    async def _ask(self, request: HttpRequest) -> str:
        return await sync_to_async(self._asked, thread_sensitive=False)(request)

    def _asked(self, request: HttpRequest) -> str:
        try:
            return str(admitted(request, self.permission).get_username())
        finally:
            connection.close()  # of this thread: no request that begins or ends will do it
