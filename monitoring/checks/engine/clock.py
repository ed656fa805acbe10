"""The time of the database, kept by its difference to the local clock, so that workers on many hosts agree on what is due."""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

MEASURES_KEPT = 30


class DatabaseClock:
    """`now()` is the database's time; `adjust` measures it anew.

    Of the last measures the one with the quickest answer counts, as in NTP (RFC 5905, clock filter): a slow answer says little.
    """

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.measures: deque[tuple[timedelta, timedelta]] = deque(maxlen=MEASURES_KEPT)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    async def adjust(self, database: AsyncConnection[Any]) -> None:
        asked = datetime.now(UTC)
        row = await (await database.execute("SELECT clock_timestamp()")).fetchone()
        answered = datetime.now(UTC)
        if row is not None:
            self.note(asked, row[0], answered)

    def note(self, asked: datetime, database_time: datetime, answered: datetime) -> None:
        """One measure: local times around the database's own."""
        took = answered - asked
        self.measures.append((took, database_time - (asked + took / 2)))
        self.offset = min(self.measures)[1]
