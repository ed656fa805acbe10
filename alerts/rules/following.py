"""Events, as they come in, held against the rules that look at events and at statuses.

The timeline is read in the order of its transactions, each once it is over, behind a cursor that moves on in the transaction that notes
what was found: no event is missed and none is counted twice, whoever dies in between. Whoever reads holds an advisory lock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from alerts.rules import measures
from alerts.rules.choices import RuleKind
from alerts.rules.event_matching import Happened
from alerts.rules.kinds.check_status import CheckStatusKind
from alerts.rules.kinds.event import EventKind
from alerts.rules.loading import plans
from alerts.rules.plan import Plan
from alerts.rules.states import Labels
from alerts.rules.waking import DUE
from opsportal.sweeps import wake

BATCH = 1_000
SOON = timedelta(milliseconds=50)  # until a transaction that holds others up may be over

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('opsportal rules events'))"
CURSOR = "SELECT xid, event_id, xid > pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM rules_eventcursor WHERE id = 1"
BEGIN = """
INSERT INTO rules_eventcursor (id, xid, event_id, read_at) VALUES (1, pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1,
    9223372036854775807, %s)
ON CONFLICT (id) DO NOTHING
"""
READ = """
SELECT xid::text::bigint, id, time, kind, severity, subject, summary, payload::text FROM events_event
WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, id LIMIT %(limit)s
"""
MORE = "SELECT EXISTS (SELECT 1 FROM events_event WHERE (xid, id) > (%s::text::xid8, %s))"
ADVANCE = "UPDATE rules_eventcursor SET xid = %s, event_id = %s, read_at = %s WHERE id = 1"
# A database restored into another cluster counts its transactions anew: what was read there is put before all that comes.
REWIND = """
WITH old AS (UPDATE events_event SET xid = '0' WHERE time <= (SELECT read_at FROM rules_eventcursor WHERE id = 1) RETURNING 1)
UPDATE rules_eventcursor SET xid = 0, event_id = 9223372036854775807 WHERE id = 1
"""
NOTE = """
INSERT INTO rules_rulehit (rule_id, labels, at, value, hits)
SELECT rule_id, labels, at, value, hits FROM json_to_recordset(%s::json)
    AS r(rule_id bigint, labels jsonb, at timestamptz, value text, hits int)
"""
# Also when it is due already: whoever claims it then has a clock that is past these hits.
MARK = """
WITH touched AS MATERIALIZED (
    SELECT id FROM rules_ruleschedule WHERE rule_id = ANY(%s) AND next_at IS NOT NULL ORDER BY id FOR UPDATE
)
UPDATE rules_ruleschedule s SET next_at = %s FROM touched WHERE s.id = touched.id
"""
WATCHING = "SELECT id, revision FROM rules_alertrule WHERE enabled AND kind = ANY(%s)"


class Place(NamedTuple):
    """The last event that was read."""

    xid: int
    event_id: int


class Key(NamedTuple):
    """What one row of hits is about; `second` keeps the rows of a storm few."""

    rule_id: int
    labels: Labels
    second: int
    value: str


def events_followed(now: datetime) -> datetime | None:
    """Read what came in; `now` when there is more to read at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return None
        place = _place(now)
        cursor.execute(READ, {"xid": str(place.xid), "id": place.event_id, "limit": BATCH})
        rows = cursor.fetchall()
        if not rows:
            cursor.execute(MORE, [str(place.xid), place.event_id])
            return now + SOON if cursor.fetchone()[0] else None
        _note([_happened(row) for row in rows], now)
        cursor.execute(ADVANCE, [rows[-1][0], rows[-1][1], now])
    measures.EVENTS.add(len(rows))
    return now if len(rows) == BATCH else now + SOON


def _place(now: datetime) -> Place:
    """Where the reading stands; the first time it begins with what comes from now on."""
    with connection.cursor() as cursor:
        cursor.execute(CURSOR)
        found = cursor.fetchone()
        if found is None:
            cursor.execute(BEGIN, [now])
        elif found[2]:
            cursor.execute(REWIND)
        else:
            return Place(found[0], found[1])
        cursor.execute(CURSOR)
        xid, event_id, _ = cursor.fetchone()
    return Place(xid, event_id)


def _happened(row: tuple[Any, ...]) -> Happened:
    _, event_id, time, kind, severity, subject, summary, payload = row
    found = orjson.loads(payload)
    return Happened(event_id, time, kind, severity, subject, summary, found if isinstance(found, dict) else {})


def _note(events: Sequence[Happened], now: datetime) -> None:
    """Note what rules count, and make those due that something happened for."""
    watching = _watching()
    counts, latest, touched = matched(events, watching, now)
    with connection.cursor() as cursor:
        if counts:
            rows = [
                {
                    "rule_id": key.rule_id,
                    "labels": dict(key.labels),
                    "at": latest[key],
                    "value": key.value,
                    "hits": hits,
                }
                for key, hits in counts.items()
            ]
            cursor.execute(NOTE, [orjson.dumps(rows).decode().replace("\\u0000", "\\ufffd")])
            measures.HITS.add(sum(counts.values()))
        if touched:
            cursor.execute(MARK, [sorted(touched), now])
            wake(DUE)


def _watching() -> list[Plan]:
    with connection.cursor() as cursor:
        cursor.execute(WATCHING, [[RuleKind.EVENT.value, RuleKind.CHECK_STATUS.value]])
        return list(plans.get(cursor.fetchall()).values())


def matched(
    events: Iterable[Happened], watching: Sequence[Plan], now: datetime
) -> tuple[Counter[Key], dict[Key, datetime], set[int]]:
    """How often each rule counts what, when that happened last, and which rules are to be looked at. An event of the future is of now."""
    counts: Counter[Key] = Counter()
    latest: dict[Key, datetime] = {}
    touched: set[int] = set()
    of_kind: dict[str, list[tuple[int, EventKind]]] = {}
    counting = [(plan.rule_id, plan.kind) for plan in watching if isinstance(plan.kind, EventKind)]
    standing = [(plan.rule_id, plan.kind) for plan in watching if isinstance(plan.kind, CheckStatusKind)]
    for event in events:
        if event.kind not in of_kind:
            of_kind[event.kind] = [(rule_id, kind) for rule_id, kind in counting if kind.takes_kind(event.kind)]
        at = min(event.time, now)
        for rule_id, kind in of_kind[event.kind]:
            for labels, value in kind.hits(event):
                key = Key(rule_id, labels, int(at.timestamp()), value)
                counts[key] += 1
                latest[key] = max(at, latest.get(key, at))
                touched.add(rule_id)
        touched.update(rule_id for rule_id, kind in standing if kind.concerns(event.kind, event.subject))
    return counts, latest, touched
