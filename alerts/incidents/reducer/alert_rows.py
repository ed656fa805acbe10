"""Alerts in bulk: one statement reads or writes a batch of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from alerts.incidents.episodes import Episode
from monitoring.events.choices import Severity

FIRING = """
SELECT id, identity, starts_at, ends_at, updated_at, ends_by_timeout FROM incidents_alert
WHERE is_firing AND identity = ANY(%s) FOR UPDATE
"""
CHANGE = """
UPDATE incidents_alert a
SET annotations = r.annotations, generator_url = r.generator_url, source = r.source, starts_at = r.starts_at, ends_at = r.ends_at,
    updated_at = r.updated_at, ends_by_timeout = r.ends_by_timeout, is_firing = r.is_firing
FROM json_to_recordset(%s::json) AS r(id bigint, annotations jsonb, generator_url text, source text, starts_at timestamptz,
    ends_at timestamptz, updated_at timestamptz, ends_by_timeout boolean, is_firing boolean)
WHERE a.id = r.id
"""
ADD = """
INSERT INTO incidents_alert (identity, labels, annotations, generator_url, source, severity, service, starts_at, ends_at, updated_at,
    ends_by_timeout, is_firing, suppressed_by)
SELECT identity, labels, annotations, generator_url, source, severity, service, starts_at, ends_at, updated_at, ends_by_timeout, is_firing,
    '{}'::jsonb
FROM json_to_recordset(%s::json) AS r(identity text, labels jsonb, annotations jsonb, generator_url text, source text, severity text,
    service text, starts_at timestamptz, ends_at timestamptz, updated_at timestamptz, ends_by_timeout boolean, is_firing boolean, place int)
ORDER BY place
RETURNING id
"""
EXPIRE = """
UPDATE incidents_alert SET is_firing = false, updated_at = ends_at
WHERE id IN (SELECT id FROM incidents_alert WHERE is_firing AND ends_at <= %s ORDER BY ends_at LIMIT %s)
RETURNING id
"""
LAPSE = "UPDATE incidents_alert SET is_firing = false, updated_at = ends_at WHERE id = ANY(%s)"
# What senders call severities, beside our own words.
SEVERITIES = {word.value: word for word in Severity} | {
    "page": Severity.CRITICAL,
    "fatal": Severity.CRITICAL,
    "emergency": Severity.CRITICAL,
    "disaster": Severity.CRITICAL,
    "high": Severity.ERROR,
    "major": Severity.ERROR,
    "warn": Severity.WARNING,
    "medium": Severity.WARNING,
    "minor": Severity.NOTICE,
    "low": Severity.NOTICE,
    "none": Severity.INFO,
    "informational": Severity.INFO,
}


@dataclass(slots=True)
class AlertRow:
    """An alert of a batch: one episode of a label set. `id` 0: not stored yet. `received_at`: when its first copy came in."""

    identity: str
    labels: dict[str, str]
    episode: Episode
    received_at: datetime
    id: int = 0
    annotations: dict[str, str] = field(default_factory=dict)
    generator_url: str = ""
    source: str = ""
    is_firing: bool = True

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "identity": self.identity,
            "labels": self.labels,
            "annotations": self.annotations,
            "generator_url": self.generator_url,
            "source": self.source,
            "severity": severity_of(self.labels),
            "service": self.labels.get("service", "")[:120],
            "starts_at": self.episode.starts_at,
            "ends_at": self.episode.ends_at,
            "updated_at": self.episode.updated_at,
            "ends_by_timeout": self.episode.by_timeout,
            "is_firing": self.is_firing,
        }


def severity_of(labels: dict[str, str]) -> str:
    """From the label `severity`; a warning where it says nothing known."""
    return SEVERITIES.get(labels.get("severity", "").lower(), Severity.WARNING).value


def firing_read(identities: Iterable[str]) -> dict[str, AlertRow]:
    """Those of the identities that fire, by identity. Labels and texts are not read."""
    with connection.cursor() as cursor:
        cursor.execute(FIRING, [list(identities)])
        return {
            row[1]: AlertRow(row[1], {}, Episode(row[2], row[3], row[4], row[5]), received_at=row[4], id=row[0])
            for row in cursor.fetchall()
        }


def changed_write(rows: Sequence[AlertRow]) -> None:
    """Store what changed of alerts that are there."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(CHANGE, [_json(rows)])


def lapsed_write(ids: Sequence[int]) -> None:
    """End alerts at the end they were stored with."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(LAPSE, [list(ids)])


def new_write(rows: Sequence[AlertRow]) -> None:
    """Store new alerts, and set their ids."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(ADD, [_json(rows)])
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.id = pk


def expired(now: datetime, most: int) -> list[int]:
    """End those whose end has come, at most so many; their ids."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, [now, most])
        return [pk for (pk,) in cursor.fetchall()]


def _json(rows: Sequence[AlertRow]) -> str:
    return orjson.dumps([row.as_json() | {"place": place} for place, row in enumerate(rows)]).decode()
