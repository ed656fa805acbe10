"""How the reader of a message may answer it, worked out in a thread of its own with Django's connection."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import connection

from alerts.delivery.models import Delivery

LONGEST_S = 2.0
CLOSE_S = 0.5


class Answering:
    """One thread, so that one connection is held for it, however much is sent."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="answering")
        self.closed = False

    async def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Raises TimeoutError when PostgreSQL does not answer in time, and what `ways_to_answer` raises."""
        async with asyncio.timeout(LONGEST_S):
            return await asyncio.get_running_loop().run_in_executor(self.threads, ways_to_answer, row)

    async def close(self) -> None:
        """Once is enough; a thread that hangs is left behind."""
        if self.closed:
            return
        self.closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.get_running_loop().run_in_executor(self.threads, _close)
        self.threads.shutdown(wait=False)


def _close() -> None:
    """The connection of the thread that this runs in."""
    connection.close()


def ways_to_answer(row: dict[str, Any]) -> dict[str, Any]:
    """`answer_url`, `code` and `callback_url` of the envelope of a claimed row."""
    from alerts.delivery.answers.links import answering  # late, because answers read deliveries themselves

    try:
        return dict(answering(Delivery.objects.select_related("channel").get(pk=row["id"]))._asdict())
    except Exception:
        connection.close()  # it may be what is wrong
        raise
