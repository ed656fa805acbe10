"""Who waits for whom: from flat pairs to trees whose roots hold the locks. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring.checks.probes.postgresql.sql_text import without_literals

DEEPEST = 10
Row = Mapping[str, Any]


def blocking_trees(waiters: Iterable[Row], actors: Iterable[Row]) -> list[dict[str, Any]]:
    """Trees of sessions, roots first held longest: {"pid", "user", "database", "state", "waiting_s", "query", "blocks": […]}.

    `waiters`: {"pid", "waiting_s", "blocked_by": [pid]}; `actors`: {"pid", "user", "database", "state", "query"}. A session that waits for
    two others stands under both; a ring (a deadlock not yet broken) is entered at its longest waiter.
    """
    waiting = {row["pid"]: row for row in waiters}
    known = {row["pid"]: row for row in actors}
    blocked: dict[int, list[int]] = {}
    for pid, row in waiting.items():
        for blocker in dict.fromkeys(row["blocked_by"] or []):
            blocked.setdefault(blocker, []).append(pid)
    roots = [pid for pid in blocked if pid not in waiting]
    reached = {pid for root in roots for pid in _under(root, blocked)}
    for pid in waiting:
        if pid in blocked and pid not in reached:
            roots.append(pid)
            reached |= _under(pid, blocked)
    return [_node(pid, waiting, known, blocked, ()) for pid in roots]


def _under(root: int, blocked: Mapping[int, list[int]]) -> set[int]:
    reached, ahead = {root}, [root]
    while ahead:
        for pid in blocked.get(ahead.pop(), []):
            if pid not in reached:
                reached.add(pid)
                ahead.append(pid)
    return reached


def _node(
    pid: int,
    waiting: Mapping[int, Row],
    known: Mapping[int, Row],
    blocked: Mapping[int, list[int]],
    above: tuple[int, ...],
) -> dict[str, Any]:
    row = known.get(pid, {})
    waited = waiting[pid]["waiting_s"] if pid in waiting else None
    path = (*above, pid)
    below = [child for child in blocked.get(pid, []) if child not in path] if len(path) < DEEPEST else []
    return {
        "pid": pid,
        "user": row.get("user"),
        "database": row.get("database"),
        "state": row.get("state"),
        "waiting_s": None if waited is None else round(float(waited), 1),
        "query": without_literals(row.get("query")),
        "blocks": [_node(child, waiting, known, blocked, path) for child in below],
    }
