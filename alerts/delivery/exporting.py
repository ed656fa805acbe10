"""The history of deliveries as CSV or as lines of JSON, a row an attempt."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from django.db.models import QuerySet

from alerts.delivery.models import Attempt, Delivery
from alerts.delivery.queries import HIDDEN, may_see_address, why_not

COLUMNS = (
    "id", "key", "subject", "kind", "urgency", "state", "channel", "user", "target_name", "address", "why", "why_not", "created_at",
    "finished_at", "attempt", "started_at", "duration_s", "outcome", "status_code", "answer",
)  # fmt: skip
MOST = 100_000
AT_A_TIME = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula


def rows(deliveries: QuerySet[Delivery], person: Any) -> Iterator[dict[str, Any]]:
    """A row for each attempt of each delivery, or one without an attempt; MOST deliveries at most."""
    found = deliveries.prefetch_related("attempts")[:MOST]
    for one in found.iterator(chunk_size=AT_A_TIME):
        tries: list[Attempt | None] = [*one.attempts.all()] or [None]
        for attempt in tries:
            yield _row(one, attempt, person)


def _row(one: Delivery, attempt: Attempt | None, person: Any) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in COLUMNS[:6]}
    return values | {
        "channel": one.channel.slug if one.channel else None,
        "user": one.user.get_username() if one.user else None,
        "target_name": one.target_name,
        "address": one.address if not one.address or may_see_address(person, one) else HIDDEN,
        "why": one.why,
        "why_not": why_not(one),
        "created_at": one.created_at.isoformat(),
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "attempt": attempt.number if attempt else None,
        "started_at": attempt.started_at.isoformat() if attempt else None,
        "duration_s": attempt.duration_s if attempt else None,
        "outcome": attempt.outcome if attempt else None,
        "status_code": attempt.status_code if attempt else None,
        "answer": attempt.answer if attempt else None,
    }


def as_json_lines(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in found:
        yield orjson.dumps(row) + b"\n"


def as_csv(found: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """RFC 4180, UTF-8, with a line of headings."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow([_plain(row[name]) for name in COLUMNS])
        yield _taken(text)
    yield _taken(text)


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written
