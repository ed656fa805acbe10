"""Statements that run on Django's connection and on the engine's alike.

A plan is a generator: it yields an `Ask` (and is sent its rows) or a `Copy`, and returns its result. It never knows which
connection it runs on, so that every write exists once.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from psycopg import AsyncConnection


class Ask(NamedTuple):
    sql: str
    parameters: Sequence[Any] | Mapping[str, Any] = ()


class Copy(NamedTuple):
    sql: str
    data: bytes


T = TypeVar("T")
Rows = list[tuple[Any, ...]]
Plan = Generator[Ask | Copy, Rows, T]


def run(plan: Plan[T]) -> T:
    """On Django's connection, in the transaction it is in."""
    answer: Any = None
    with connection.cursor() as cursor:
        while True:
            try:
                step = plan.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = []
            if isinstance(step, Copy):
                with (
                    connection.wrap_database_errors,
                    cursor.copy(step.sql) as copy,
                ):  # which Django does not do by itself
                    copy.write(step.data)
            else:
                cursor.execute(step.sql, step.parameters)
                answer = cursor.fetchall() if cursor.description else []


async def arun(database: AsyncConnection[Any], plan: Plan[T]) -> T:
    """On a connection of psycopg's, in the transaction it is in."""
    answer: Any = None
    async with database.cursor() as cursor:
        while True:
            try:
                step = plan.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = []
            if isinstance(step, Copy):
                async with cursor.copy(step.sql) as copy:
                    await copy.write(step.data)
            else:
                await cursor.execute(step.sql, step.parameters)
                answer = await cursor.fetchall() if cursor.description else []
