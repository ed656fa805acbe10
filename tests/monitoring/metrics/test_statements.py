"""What plans run into on Django's connection is Django's error, whichever statement it is: doors know no other."""

import pytest
from django.db import DatabaseError, connection

from monitoring.metrics.statements import Ask, Copy, Plan, run


def asking(step: Ask | Copy) -> Plan[None]:
    yield step


@pytest.mark.django_db
@pytest.mark.parametrize(
    "step",
    [Ask("SELECT nothing"), Copy("COPY nothing FROM STDIN", b""), Copy("COPY metrics_series (id) FROM STDIN", b"x\n")],
)
def test_an_error_of_any_statement_is_django_s(step: Ask | Copy) -> None:
    with pytest.raises(DatabaseError):
        run(asking(step))


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_ends_before_a_copy_is_django_s_error_too() -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseError):
        run(asking(Copy("COPY metrics_series (id) FROM STDIN", b"")))
    connection.close()
