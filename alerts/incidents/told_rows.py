"""What targets were told, in bulk (model Told)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection

from alerts.incidents.grouping import ToldState

READ = """
SELECT group_key, target_id, firing::text, resolved::text, owed::text, sequence, told_at FROM incidents_told WHERE group_key = ANY(%s)
"""
WRITE = """
INSERT INTO incidents_told (group_key, target_id, firing, resolved, owed, sequence, told_at)
SELECT group_key, target_id, firing, resolved, owed, sequence, told_at
FROM json_to_recordset(%s::json) AS r(group_key text, target_id bigint, firing jsonb, resolved jsonb, owed jsonb, sequence int,
    told_at timestamptz)
ON CONFLICT (group_key, target_id) DO UPDATE SET firing = excluded.firing, resolved = excluded.resolved, owed = excluded.owed,
    sequence = excluded.sequence, told_at = excluded.told_at
"""

Key = tuple[str, int]  # a group's key or an incident's subject, and a target


@dataclass(frozen=True, slots=True)
class ToldRow:
    """`sequence`: how often the target was told: part of the keys of deliveries."""

    state: ToldState
    sequence: int = 0


def told_read(group_keys: Iterable[str]) -> dict[Key, ToldRow]:
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(group_keys)])
        for key, target, firing, resolved, owed, sequence, told_at in cursor.fetchall():
            state = ToldState(_set(firing), _set(resolved), _set(owed), told_at)
            found[key, target] = ToldRow(state, sequence)
    return found


def _set(text: str) -> frozenset[str]:
    return frozenset(orjson.loads(text))


def told_write(rows: Mapping[Key, ToldRow]) -> None:
    values = [
        {
            "group_key": key,
            "target_id": target,
            "firing": sorted(row.state.firing),
            "resolved": sorted(row.state.resolved),
            "owed": sorted(row.state.owed),
            "sequence": row.sequence,
            "told_at": row.state.told_at,
        }
        for (key, target), row in rows.items()
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, [orjson.dumps(values).decode()])


def told_over(row: ToldRow, now: datetime) -> ToldRow:
    """After its end was told."""
    return ToldRow(ToldState(frozenset(), row.state.owed, frozenset(), now), row.sequence + 1)
