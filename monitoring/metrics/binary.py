"""Rows of Django's connection in PostgreSQL's binary format: bytes come as they are, not as twice their length in hexadecimal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from monitoring.metrics.moments import moment


def fetch(sql: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows, if the statement has any; within the transaction that the connection is in."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, parameters, binary=True)
        return cursor.fetchall() if cursor.description else []


def array_literal(numbers: Iterable[int]) -> str:
    """An array of whole numbers, as it stands in a statement."""
    return f"'{{{','.join(map(str, map(int, numbers)))}}}'"


def time_literal(time_ms: int) -> str:
    return f"'{moment(time_ms).isoformat()}'::timestamptz"
