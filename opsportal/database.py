"""The portal's own PostgreSQL for code that speaks psycopg directly."""

from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo


def conninfo(**extra: Any) -> str:
    """A libpq connection string of the default database, the suite's own one in tests. It may hold a password: never print it."""
    parameters = connection.get_connection_params()
    known = {
        name: value
        for name, value in parameters.items()
        if isinstance(value, str | int) and name not in {"prepare_threshold", "server_side_binding", "assume_role"}
    }
    return make_conninfo(**(known | extra))
