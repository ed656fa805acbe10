"""Metrics to choose from, for pages: by name or text, with their labels and some of their series. All of it is counted in PostgreSQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from monitoring.metrics.identities import METRIC
from monitoring.metrics.index import series_index
from monitoring.metrics.models import Series
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.storage import Matcher

PLAIN_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
MOST_COUNTED = 100_000  # series whose labels are looked at: the newest
TOP_VALUES = 8
EXAMPLES = 10

Order = Literal["name", "series"]
ORDERS: dict[Order, str] = {"name": "name", "series": "series DESC, name"}

# A histogram's or summary's series have names of their own; what they are is said of the family.
FAMILY = "regexp_replace(name, '_(bucket|sum|count|total|created)$', '')"
WITH_TEXT = """
WHERE name ILIKE %(like)s OR name = ANY(%(also)s)
   OR {family} IN (SELECT metric FROM metrics_metadata WHERE help ILIKE %(like)s)
"""
PAGE = """
WITH counted AS (
    SELECT name, count(*) AS series, max(last_seen_at) AS seen FROM metrics_series {where} GROUP BY name
), page AS (
    SELECT *, count(*) OVER () AS metrics, sum(series) OVER () AS all_series, row_number() OVER (ORDER BY {order}) AS place
    FROM counted ORDER BY place LIMIT %(most)s OFFSET %(skip)s
)
SELECT name, COALESCE(own.type, family.type, ''), COALESCE(own.help, family.help, ''), COALESCE(own.unit, family.unit, ''),
       series, seen, metrics, all_series
FROM page LEFT JOIN metrics_metadata own ON own.metric = name LEFT JOIN metrics_metadata family ON family.metric = {family}
ORDER BY place
"""
LABELS = """
WITH chosen AS (SELECT labels FROM metrics_series WHERE id = ANY(%(ids)s)),
pairs AS (SELECT key, value, count(*) AS n FROM chosen, jsonb_each_text(labels) GROUP BY key, value),
ranked AS (
    SELECT *, count(*) OVER one AS values, sum(n) OVER one AS series,
        row_number() OVER (PARTITION BY key ORDER BY n DESC, value) AS place
    FROM pairs WINDOW one AS (PARTITION BY key)
)
SELECT key, values, series, value, n FROM ranked WHERE place <= %(top)s ORDER BY values DESC, key, place
"""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric. `seen` is true to within a day; type, help and unit are "" where nobody said them."""

    name: str
    type: str
    help: str
    unit: str
    series: int
    seen: datetime


@dataclass(frozen=True, slots=True)
class MetricPage:
    """Some of the `metrics` that were found; `series` is how many series those have in all."""

    rows: Sequence[MetricRow]
    metrics: int
    series: int


@dataclass(slots=True)
class LabelCount:
    """A label: how many values it has, how many series have it, and the values of most series with their counts."""

    name: str
    values: int
    series: int
    top: list[tuple[str, int]] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.values - len(self.top)


def metric_page(*, text: str = "", also: Sequence[str] = (), order: Order = "name", most: int, skip: int) -> MetricPage:
    """Metrics with `text` in their name or help, and those named in `also`; all of them where there is no text."""
    given = {"like": f"%{_literally(text)}%", "also": list(also), "most": most, "skip": skip}
    found = _page(WITH_TEXT if text else "", order, given)
    if not found and skip:
        return metric_page(text=text, also=also, order=order, most=most, skip=0)
    metrics, series = (found[0][6], int(found[0][7])) if found else (0, 0)
    return MetricPage([MetricRow(*row[:6]) for row in found], metrics, series)


def metric_row(name: str) -> MetricRow | None:
    """One metric by its whole name."""
    found = _page("WHERE id = ANY(%(ids)s)", "name", {"ids": _ids_of(name), "most": 1, "skip": 0})
    return MetricRow(*found[0][:6]) if found else None


def _page(where: str, order: Order, given: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(PAGE.format(where=where.format(family=FAMILY), order=ORDERS[order], family=FAMILY), given)
        return list(cursor.fetchall())


def label_counts(name: str) -> list[LabelCount]:
    """The labels of a metric, those with the most values first; of its newest MOST_COUNTED series."""
    found: dict[str, LabelCount] = {}
    with connection.cursor() as cursor:
        cursor.execute(LABELS, {"ids": _ids_of(name)[-MOST_COUNTED:], "top": TOP_VALUES})
        for label, values, series, value, count in cursor.fetchall():
            found.setdefault(label, LabelCount(label, values, int(series))).top.append((value, count))
    return list(found.values())


def example_series(name: str) -> list[str]:
    """The newest series of a metric as selectors."""
    rows = Series.objects.filter(pk__in=_ids_of(name)[-EXAMPLES:]).order_by("-id").values_list("labels", flat=True)
    return [selector(name, labels) for labels in rows]


def names_there(names: Sequence[str]) -> set[str]:
    """Those of the metrics that have series."""
    return {name for name in names if _ids_of(name)}


def _ids_of(name: str) -> list[int]:
    """The series of a metric, the newest last; out of the index in memory."""
    ids: list[int] = series_index.match([Matcher(METRIC, "=", name)]).ids.tolist()
    return ids


def selector(name: str, labels: Mapping[str, str]) -> str:
    """`up{job="node"}`; a name that PromQL cannot write as a word is a condition."""
    plain = PLAIN_NAME.fullmatch(name)
    told = dict(labels) if plain else {METRIC: name, **labels}
    inside = ",".join(f"{label}={go_quote(value)}" for label, value in sorted(told.items()))
    return (name if plain else "") + (f"{{{inside}}}" if inside else "")


def _literally(text: str) -> str:
    """For LIKE."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
