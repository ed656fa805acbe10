"""Sources that began to be refused series: told once, and again only after a day of peace."""

from typing import NamedTuple

from django.db import connection

CLAIM = """
WITH refusing AS (
    SELECT id, COALESCE(refused_at > refusal_told_at + interval '1 day', true) AS begins FROM metrics_source
    WHERE part = 0 AND refused_at > COALESCE(refusal_told_at, '-infinity') FOR UPDATE SKIP LOCKED
)
UPDATE metrics_source s SET refusal_told_at = refused_at FROM refusing r WHERE r.id = s.id
RETURNING r.begins, s.kind, s.name, s.active_count, s.refused
"""


class Refusing(NamedTuple):
    """A source, its series in use, and how many new ones were refused in all."""

    source: str
    series: int
    refused: int


def refusals_claim() -> list[Refusing]:
    """Those that began since the last time, for whoever tells of them in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM)
        return [Refusing(f"{kind}:{name}", *counts) for begins, kind, name, *counts in cursor.fetchall() if begins]
