"""The time of the database, kept by its difference to the local clock, so that workers on many hosts agree on what is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection


class DatabaseClock:
    """`now()` is the database's time; `adjust` measures it anew."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    async def adjust(self, database: AsyncConnection[Any]) -> None:
        before = datetime.now(UTC)
        row = await (await database.execute("SELECT clock_timestamp()")).fetchone()
        if row is not None:
            self.offset = row[0] - (before + (datetime.now(UTC) - before) / 2)
