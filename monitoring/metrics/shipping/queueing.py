"""Into the queue, in the transaction that stores the samples: what is stored is sent, what is rolled back is not."""

import time
from typing import Any

from django.db import connection
from psycopg import AsyncConnection

from monitoring.metrics.shipping.payloads import Samples, packed

LOOK_EVERY_S = 5.0
WANTED = "SELECT EXISTS (SELECT 1 FROM shipping_destination WHERE enabled)"
INSERT = "INSERT INTO shipping_outgoing (samples, payload) VALUES (%s, %s)"


class Interest:
    """Whether anybody wants samples, looked up every LOOK_EVERY_S seconds: so long a new destination waits for its first."""

    def __init__(self) -> None:
        self.wanted = False
        self.known_until = 0.0

    def is_known(self) -> bool:
        return time.monotonic() < self.known_until

    def learn(self, wanted: bool) -> bool:
        self.wanted, self.known_until = wanted, time.monotonic() + LOOK_EVERY_S
        return wanted

    def forget(self) -> None:
        self.known_until = 0.0


interest = Interest()


def enqueue(samples: Samples) -> None:
    """Queue samples for every destination there is, in the caller's transaction."""
    if not len(samples.ids):
        return
    with connection.cursor() as cursor:
        if not interest.is_known():
            cursor.execute(WANTED)
            interest.learn(bool(cursor.fetchone()[0]))
        if interest.wanted:
            cursor.execute(INSERT, [len(samples.ids), packed(samples)])


async def aenqueue(database: AsyncConnection[Any], samples: Samples) -> None:
    """As `enqueue`, on a connection of the engine's."""
    if not len(samples.ids):
        return
    if not interest.is_known():
        row = await (await database.execute(WANTED)).fetchone()
        interest.learn(bool(row and row[0]))
    if interest.wanted:
        await database.execute(INSERT, [len(samples.ids), packed(samples)])
