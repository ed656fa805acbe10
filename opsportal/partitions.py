"""Time partitions of PostgreSQL: made ahead of time, dropped when they are older than what is kept.

A partitioned table may have a default partition, so that a row of an odd time is never refused; `ensure` moves such rows when their
proper partition is made.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db import connection, transaction
from psycopg import sql

Step = Literal["hour", "day", "month"]
NAMES: dict[str, str] = {"hour": "%Y%m%d%H", "day": "%Y%m%d", "month": "%Y%m"}


@dataclass(frozen=True, slots=True)
class PartitionedTable:
    """A table partitioned by range on `column`, one partition a `step`."""

    name: str
    column: str
    step: Step

    def start(self, time: datetime) -> datetime:
        """The lower bound of the partition that holds `time`."""
        hour = time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self.step == "hour":
            return hour
        return hour.replace(hour=0) if self.step == "day" else hour.replace(hour=0, day=1)

    def after(self, start: datetime) -> datetime:
        """The upper bound, exclusive, of the partition that begins at `start`."""
        if self.step == "hour":
            return start + timedelta(hours=1)
        return start + timedelta(days=1) if self.step == "day" else (start + timedelta(days=32)).replace(day=1)

    def partition(self, start: datetime) -> str:
        return f"{self.name}_{start.strftime(NAMES[self.step])}"


def create_default(name: str) -> str:
    """SQL of the default partition, for migrations."""
    return f'CREATE TABLE "{name}_default" PARTITION OF "{name}" DEFAULT'


def ensure(table: PartitionedTable, now: datetime, ahead: int = 2) -> list[str]:
    """Make the partition of `now` and the next `ahead` ones; the names of those that were new. Safe to run at once in many processes."""
    made = []
    start = table.start(now)
    for _ in range(ahead + 1):
        if table.partition(start) not in existing(table) and _make(table, start):
            made.append(table.partition(start))
        start = table.after(start)
    return made


def existing(table: PartitionedTable) -> set[str]:
    """Names of the partitions there are, the default one included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table.name])
        return {name.strip('"') for (name,) in cursor.fetchall()}


def expire(table: PartitionedTable, before: datetime) -> list[str]:
    """Drop the partitions that end at or before `before`; their names. Rows of the default partition are deleted by time."""
    kept_from = table.partition(table.start(before))
    have, default = existing(table), f"{table.name}_default"
    old = sorted(name for name in have if name < kept_from and name != default)
    with connection.cursor() as cursor:
        for name in old:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))
        if default in have:
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE {} < %s").format(sql.Identifier(default), sql.Identifier(table.column)),
                [before],
            )
    return old


def _make(table: PartitionedTable, start: datetime) -> bool:
    names = {
        "parent": sql.Identifier(table.name),
        "default": sql.Identifier(f"{table.name}_default"),
        "child": sql.Identifier(table.partition(start)),
        "column": sql.Identifier(table.column),
        "low": sql.Literal(start.isoformat()),
        "high": sql.Literal(table.after(start).isoformat()),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"partition {table.name}"])
        have = existing(table)
        if table.partition(start) in have:
            return False
        cursor.execute(
            sql.SQL("CREATE TABLE {child} (LIKE {parent} INCLUDING DEFAULTS INCLUDING STORAGE)").format(**names)
        )
        if f"{table.name}_default" in have:
            cursor.execute(
                sql.SQL(
                    "WITH moved AS (DELETE FROM {default} WHERE {column} >= {low} AND {column} < {high} RETURNING *) "
                    "INSERT INTO {child} SELECT * FROM moved"
                ).format(**names)
            )
        cursor.execute(
            sql.SQL("ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES FROM ({low}) TO ({high})").format(**names)
        )
    return True
