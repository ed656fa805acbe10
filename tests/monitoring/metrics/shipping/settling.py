"""Waits until the queue may be read to its end: transactions of other workers of the suite, in other databases, hold it up as well."""

import time

import psycopg

from opsportal.database import conninfo

SETTLED = (
    "SELECT count(*) = 0 FROM shipping_outgoing WHERE xid::text::bigint >= "
    "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
)
DEADLINE_S = 100.0


def settle() -> None:
    """Return once every row of the queue is older than all transactions that are under way."""
    deadline = time.monotonic() + DEADLINE_S
    with psycopg.connect(conninfo(), autocommit=True) as asking:
        while time.monotonic() < deadline:
            if (row := asking.execute(SETTLED).fetchone()) and row[0]:
                return
            time.sleep(0.05)
