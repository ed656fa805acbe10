"""Take alerts out of the inbox: which are new, which were sent again, which are over."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from alerts.incidents.episodes import Episode, received
from alerts.incidents.identity import identity, normalised
from alerts.incidents.reducer import alert_rows
from alerts.incidents.reducer.alert_rows import AlertRow
from opsportal.measures import counter

log = logging.getLogger(__name__)

MOST_ROWS = 1000
MOST_ALERTS = 5000  # a row more than that is taken by itself
# Rows become visible out of the order of their ids; they are deleted as they are taken, so that none is passed over.
TAKE = """
DELETE FROM incidents_inbox WHERE id IN (
    SELECT id FROM (
        SELECT id, alerts, sum(alerts) OVER (ORDER BY id) AS total FROM (
            SELECT id, CASE jsonb_typeof(payload) WHEN 'array' THEN jsonb_array_length(payload) ELSE 1 END AS alerts
            FROM incidents_inbox WHERE NOT is_broken ORDER BY id LIMIT %s
        ) AS first
    ) AS counted WHERE total - alerts < %s
)
RETURNING id, received_at, source, payload::text
"""
TAKEN = counter("opsportal_alerts_taken_total", "Alerts taken out of the inbox.", ("outcome",))


@dataclass(frozen=True, slots=True)
class Copy:
    """An alert as it was sent once."""

    received_at: datetime
    source: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime | None
    ends_at: datetime | None
    generator_url: str


@dataclass(slots=True)
class Taken:
    """What a batch came to. `rows`: how many rows of the inbox there were; `ended`: ids of alerts that fired before and are over,
    `lapsed` those of them of which no copy says so. `earlier`: started
    earlier than was known."""

    rows: int = 0
    new: list[AlertRow] = field(default_factory=list)
    changed: list[AlertRow] = field(default_factory=list)
    lapsed: list[int] = field(default_factory=list)
    earlier: list[AlertRow] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


def take(now: datetime, resolve_timeout_s: float, most_rows: int = MOST_ROWS) -> Taken:
    """One batch of the inbox, stored as alerts, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [most_rows, MOST_ALERTS])
        rows = sorted(cursor.fetchall())
    copies: dict[str, list[Copy]] = defaultdict(list)
    for _, received_at, source, payload in rows:
        for copy in _copies(received_at, source, payload):
            copies[identity(copy.labels)].append(copy)
    taken = Taken(rows=len(rows))
    standing = alert_rows.firing_read(copies) if copies else {}
    for name, sent in copies.items():
        _fold(taken, name, standing.get(name), sent, now, resolve_timeout_s)
    alert_rows.lapsed_write(taken.lapsed)
    alert_rows.changed_write(taken.changed)  # before the new ones: of an identity one fires
    alert_rows.new_write(taken.new)
    return taken


def _copies(received_at: datetime, source: str, payload: str) -> Iterable[Copy]:
    """The alerts of one row. What a door let through and is none is logged and left out."""
    alerts = orjson.loads(payload)
    for one in alerts if isinstance(alerts, list) else []:
        try:
            yield Copy(
                received_at,
                source,
                normalised(one["labels"]),
                one.get("annotations") or {},
                _time(one.get("starts_at")),
                _time(one.get("ends_at")),
                one.get("generator_url") or "",
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            TAKEN.add(1, "broken")
            log.error("inbox: an alert of %s is left out: %s: %s", source, type(error).__name__, error)


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} is not a time with a zone")
    return time


def _fold(
    taken: Taken, name: str, current: AlertRow | None, sent: list[Copy], now: datetime, resolve_timeout_s: float
) -> None:
    """All copies of one alert in the order they came in: the last one's texts win, their times merge."""
    for copy in sent:
        if current and current.episode.resolved_at(copy.received_at):
            _lapse(taken, current)
            current = None
        try:
            episode = _episode(current, copy, now, resolve_timeout_s)
        except ValueError as error:
            TAKEN.add(1, "broken")
            log.error("inbox: an alert of %s is left out: %s", copy.source, error)
            continue
        if episode is None:
            TAKEN.add(1, "nothing new")
            continue
        if current is None:
            current = AlertRow(name, copy.labels, episode, copy.received_at)
            taken.new.append(current)
            TAKEN.add(1, "new")
        else:
            TAKEN.add(1, "again")
        current = _rewritten(taken, current, copy, episode)


def _episode(current: AlertRow | None, copy: Copy, now: datetime, resolve_timeout_s: float) -> Episode | None:
    """Times are judged as of when the copy came in, but a time-out counts from now: while nobody took alerts in, none was refreshed."""
    starts_at = copy.starts_at or (copy.received_at if copy.ends_at is None else None)
    old = current.episode if current else None
    episode = received(old, starts_at, copy.ends_at, copy.received_at, resolve_timeout_s)
    if episode and episode.by_timeout:
        episode = replace(episode, ends_at=max(episode.ends_at, now + timedelta(seconds=resolve_timeout_s)))
    return episode


def _rewritten(taken: Taken, row: AlertRow, copy: Copy, episode: Episode) -> AlertRow | None:
    """The alert after a copy; None if that ended it."""
    row.annotations, row.generator_url, row.source = copy.annotations, copy.generator_url, copy.source
    if row.id and episode.starts_at < row.episode.starts_at:
        row.received_at = copy.received_at
        taken.earlier.append(row)
    row.episode = episode
    if row.id and not _is_noted(taken, row):
        taken.changed.append(row)
    if not episode.resolved_at(copy.received_at):
        return row
    row.is_firing = False
    if row.id:
        taken.ended.append(row.id)
    return None


def _lapse(taken: Taken, row: AlertRow) -> None:
    """Its end had come before the next copy did."""
    row.is_firing = False
    if row.id:
        taken.ended.append(row.id)
        if not _is_noted(taken, row):
            taken.lapsed.append(row.id)


def _is_noted(taken: Taken, row: AlertRow) -> bool:
    return bool(taken.changed) and taken.changed[-1] is row
