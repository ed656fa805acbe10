"""`promql.storage.Storage` over PostgreSQL."""

import re2
import numpy as np
import orjson
from django.db import connection

from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection


class PostgresStorage:
    """The store of this portal."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        found = [(i, labels) for i, labels in self._all() if _matches(labels, matchers)]
        times, values, offsets = [], [], [0]
        with connection.cursor() as cursor:
            for series, _ in found:
                cursor.execute(
                    "SELECT (extract(epoch FROM time) * 1000)::bigint, value FROM metrics_sample WHERE series_id = %s"
                    " AND time BETWEEN to_timestamp(%s / 1000.0) AND to_timestamp(%s / 1000.0) ORDER BY time",
                    [series, start_ms, end_ms],
                )
                rows = cursor.fetchall()
                times += [row[0] for row in rows]
                values += [row[1] for row in rows]
                offsets.append(len(times))
        return Selection(
            [labels for _, labels in found],
            np.array(offsets, dtype=np.int64),
            np.array(times, dtype=np.int64),
            np.array(values, dtype=np.float64),
        )

    def series(self, matcher_sets: list[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        found = sorted(
            labels for _, labels in self._all() if not matcher_sets or any(_matches(labels, one) for one in matcher_sets)
        )
        return found[:limit] if limit else found

    def label_values(
        self, name: str | None, matcher_sets: list[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        series = self.series(matcher_sets, start_ms, end_ms)
        found = sorted({value if name else key for labels in series for key, value in labels if name in (None, key)})
        return found[:limit] if limit else found

    def _all(self) -> list[tuple[int, Labels]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, name, labels FROM metrics_series")
            return [
                (i, tuple(sorted({"__name__": name, **(orjson.loads(labels) if isinstance(labels, str) else labels)}.items())))
                for i, name, labels in cursor.fetchall()
            ]


def _matches(labels: Labels, matchers: Matchers) -> bool:
    own = dict(labels)
    for name, op, value in matchers:
        text = own.get(name, "")
        hit = text == value if op in ("=", "!=") else re2.fullmatch(value, text) is not None
        if hit == op.startswith("!"):
            return False
    return True
