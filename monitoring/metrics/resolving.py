"""Identities to series: found by their keys, made where they are new and their source has room."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from monitoring.metrics.identities import METRIC, fault_of, key_of, shown
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.statements import Ask, Plan

SERIES_PER_TARGET = 500
"""A larger source is cut into parts, so that no block is too large to be read or merged in memory."""

FIND = """
SELECT key, id, target_id, last_seen_at < now() - interval '1 day' FROM metrics_series WHERE key = ANY(%s::uuid[])
"""
TOUCH = """
UPDATE metrics_series SET last_seen_at = now()
WHERE id IN (SELECT id FROM metrics_series WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE) RETURNING id
"""
MAKE_SOURCES = """
INSERT INTO metrics_source (kind, name, part, series_count, created_at, active_count, refused)
SELECT kind, name, 0, 0, now(), 0, 0 FROM unnest(%s::text[], %s::text[]) AS u(kind, name) ORDER BY kind, name
ON CONFLICT (kind, name, part) DO NOTHING
"""
LOCK_SOURCES = """
SELECT id, kind, name, active_count FROM metrics_source
WHERE part = 0 AND (kind, name) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id FOR UPDATE
"""
LAST_PARTS = """
SELECT DISTINCT ON (s.id) s.id, p.id, p.part, p.series_count FROM metrics_source s JOIN metrics_source p USING (kind, name)
WHERE s.id = ANY(%s::int[]) ORDER BY s.id, p.part DESC
"""
MAKE_PARTS = """
WITH made AS (
    INSERT INTO metrics_source (kind, name, part, series_count, created_at, active_count, refused)
    SELECT s.kind, s.name, u.part, 0, now(), 0, 0
    FROM unnest(%s::int[], %s::int[]) AS u(source_id, part) JOIN metrics_source s ON s.id = u.source_id RETURNING id, kind, name, part
)
SELECT s.id, made.part, made.id FROM made JOIN metrics_source s ON s.kind = made.kind AND s.name = made.name AND s.part = 0
"""
MAKE_SERIES = """
INSERT INTO metrics_series (id, name, labels, key, target_id, first_seen_at, last_seen_at)
SELECT id, name, labels::jsonb, key, target_id, now(), now() FROM (
    SELECT nextval('metrics_series_id_seq') AS id, u.*
    FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::int[]) AS u(name, labels, key, target_id) ORDER BY target_id, key
) numbered ORDER BY key
ON CONFLICT (key) DO NOTHING RETURNING key, id, target_id
"""
"""Series of a target get ids in a row, which `hot_rows.schema_id` and blocks take less room for. They are written in the order of
their keys, so that two who make the same ones do not wait for each other."""
COUNT_UP = """
WITH made AS (
    SELECT p.id, p.kind, p.name, u.n FROM unnest(%s::int[], %s::int[]) AS u(id, n) JOIN metrics_source p ON p.id = u.id
), grown AS (
    SELECT id, n AS own, 0 AS whole FROM made
    UNION ALL SELECT s.id, 0, made.n FROM made JOIN metrics_source s ON s.kind = made.kind AND s.name = made.name AND s.part = 0
)
UPDATE metrics_source s SET series_count = series_count + g.own, active_count = active_count + g.whole
FROM (SELECT id, sum(own) AS own, sum(whole) AS whole FROM grown GROUP BY id) g WHERE s.id = g.id
"""
COUNT_REFUSED = """
UPDATE metrics_source s SET refused = refused + u.n, refused_at = now()
FROM unnest(%s::int[], %s::int[]) AS u(id, n) WHERE s.id = u.id
"""


class Wanted(NamedTuple):
    """An identity and who sends it: kind and name."""

    source: tuple[str, str]
    labels: Labels


@dataclass(slots=True)
class Found:
    """Ids and targets by identity; why the others are refused, with how many and an example each."""

    ids: dict[Labels, int] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)
    invalid: dict[Labels, str] = field(default_factory=dict)
    over: dict[Labels, str] = field(default_factory=dict)


def resolving(wanted: Iterable[Wanted]) -> Plan[Found]:
    """Find or make the series; within a transaction. Ids may be remembered once that is committed."""
    found = Found()
    by_key: dict[UUID, Wanted] = {}
    for one in wanted:
        fault = fault_of(one.labels)
        if fault:
            found.invalid[one.labels] = fault
        else:
            by_key[key_of(one.labels)] = one
    yield from _find(by_key, found)
    missing = {key: one for key, one in by_key.items() if one.labels not in found.ids}
    if missing:
        yield from _make(missing, found)
    return found


def _find(by_key: dict[UUID, Wanted], found: Found) -> Plan[None]:
    if not by_key:
        return
    rows = yield Ask(FIND, [list(by_key)])
    gone: set[int] = set()
    if old := [i for _, i, _, is_old in rows if is_old]:
        touched = yield Ask(TOUCH, [old])
        gone = set(old) - {i for (i,) in touched}
    for key, series_id, target_id, _ in rows:
        if series_id not in gone:
            found.ids[by_key[key].labels] = series_id
            found.targets[series_id] = target_id


class _Sender(NamedTuple):
    id: int
    room: int


def _make(missing: dict[UUID, Wanted], found: Found) -> Plan[None]:
    by_source: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for key, one in missing.items():
        by_source[one.source].append(key)
    kinds, names = [kind for kind, _ in by_source], [name for _, name in by_source]
    yield Ask(MAKE_SOURCES, [kinds, names])
    rows = yield Ask(LOCK_SOURCES, [kinds, names])
    senders = {
        (kind, name): _Sender(i, max(0, settings.METRICS_SERIES_PER_SOURCE - active)) for i, kind, name, active in rows
    }
    taken = {senders[source].id: keys[: senders[source].room] for source, keys in by_source.items()}
    yield from _refuse(by_source, senders, missing, found)
    yield from _insert({sender: keys for sender, keys in taken.items() if keys}, missing, found)


def _refuse(
    by_source: dict[tuple[str, str], list[UUID]],
    senders: dict[tuple[str, str], _Sender],
    missing: dict[UUID, Wanted],
    found: Found,
) -> Plan[None]:
    over = {source: keys[senders[source].room :] for source, keys in by_source.items()}
    over = {source: keys for source, keys in over.items() if keys}
    for (kind, name), keys in over.items():
        why = (
            f"{kind}:{name} has {settings.METRICS_SERIES_PER_SOURCE:,} series, the most that one source may have"
            f" (METRICS_SERIES_PER_SOURCE); {len(keys):,} new ones were refused, such as {shown(missing[keys[0]].labels)}."
            " Drop labels with many values, or raise the setting; `manage.py metrics stats` names the largest."
        )
        found.over |= {missing[key].labels: why for key in keys}
    if over:
        yield Ask(COUNT_REFUSED, [[senders[source].id for source in over], [len(keys) for keys in over.values()]])


def _insert(taken: dict[int, list[UUID]], missing: dict[UUID, Wanted], found: Found) -> Plan[None]:
    if not taken:
        return
    places = yield from _places({sender: len(keys) for sender, keys in taken.items()})
    keys = [key for keys in taken.values() for key in keys]
    labels = [missing[key].labels for key in keys]
    parameters = [[_name(one) for one in labels], [_others(one) for one in labels], keys, places]
    made = yield Ask(MAKE_SERIES, parameters)
    counts: dict[int, int] = defaultdict(int)
    for key, series_id, target_id in made:
        found.ids[missing[key].labels] = series_id
        found.targets[series_id] = target_id
        counts[target_id] += 1
    if counts:
        yield Ask(COUNT_UP, [list(counts), list(counts.values())])
    if lost := {key: missing[key] for key in keys if missing[key].labels not in found.ids}:
        yield from _find(lost, found)  # somebody else made them meanwhile, for another source


def _places(wanted: dict[int, int]) -> Plan[list[int]]:
    """The target of each new series, source by source: the last part of each is filled up, then parts are added."""
    rows = yield Ask(LAST_PARTS, [list(wanted)])
    last = {source: (target_id, part, count) for source, target_id, part, count in rows}
    free, added = {}, []
    for source, count in wanted.items():
        target_id, part, used = last.get(source, (0, -1, SERIES_PER_TARGET))
        free[source] = [target_id] * max(0, SERIES_PER_TARGET - used)
        more = max(0, -(-(count - len(free[source])) // SERIES_PER_TARGET))
        added += [(source, part + 1 + n) for n in range(more)]
    made: Sequence[tuple[int, int, int]] = []
    if added:
        made = yield Ask(MAKE_PARTS, [[source for source, _ in added], [part for _, part in added]])
    for source, _, target_id in sorted(made):
        free[source] += [target_id] * SERIES_PER_TARGET
    return [target_id for source, count in wanted.items() for target_id in free[source][:count]]


def _name(labels: Labels) -> str:
    return next(value for label, value in labels if label == METRIC)


def _others(labels: Labels) -> str:
    return orjson.dumps({label: value for label, value in labels if label != METRIC}).decode()
