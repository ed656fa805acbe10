"""This portal's own store, evaluated here."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from monitoring.metrics.backends.base import Options
from monitoring.metrics.index import series_index
from monitoring.metrics.ingest import Metadata
from monitoring.metrics.own_metrics import OWN
from monitoring.metrics.promql import batch, evaluate
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.storage import Labels, Matcher, Matchers
from monitoring.metrics.reading import PostgresStorage
from monitoring.metrics.retention import kept_days_lately
from monitoring.metrics.tiers import DAY_MS, RAW

Item = TypeVar("Item")


MOST_HELD, MOST_CELLS = 1_000_000, 2_000_000
"""Samples of a large query in memory at once, 16 MB of them, and values of its vectors; one that needs more is answered in
portions of its time."""
SMALL_HELD, SMALL_CELLS = 400_000, 400_000
"""The same of the queries that are worked on beside each other."""
CANCELLED = "query timed out in query execution"
METADATA = """
SELECT metric, type, help, unit FROM metrics_metadata
WHERE %(metric)s = '' OR metric = %(metric)s ORDER BY metric LIMIT %(limit)s
"""


class Local:
    """PromQL over PostgresStorage. Everything that one question reads, it reads of one moment."""

    def __init__(self) -> None:
        self.storage = PostgresStorage()

    def query(self, text: str, time_ms: int, options: Options) -> Result:
        with reading(options.deadline_s):
            return evaluate.query(self.storage, text, time_ms, limits=limits(options), lookback_ms=options.lookback_ms)

    def query_many(self, texts: Sequence[str], time_ms: int, options: Options) -> list[Result | PromqlError]:
        with reading(options.deadline_s):
            return batch.query_many(
                self.storage, texts, time_ms, limits=limits(options), lookback_ms=options.lookback_ms
            )

    def query_range(self, text: str, start_ms: int, end_ms: int, step_ms: int, options: Options) -> Result:
        with reading(options.deadline_s):
            return evaluate.query_range(
                self.storage,
                text,
                start_ms,
                end_ms,
                step_ms,
                limits=limits(options),
                lookback_ms=options.lookback_ms,
            )

    def series(
        self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int, deadline_s: float
    ) -> list[Labels]:
        with reading(deadline_s):
            if not whole(start_ms, end_ms):
                return self.storage.series(matcher_sets, start_ms, end_ms, limit)
            return cut(sorted(known(matcher_sets)), limit)

    def label_values(
        self,
        name: str | None,
        matcher_sets: Sequence[Matchers],
        start_ms: int,
        end_ms: int,
        limit: int,
        deadline_s: float,
    ) -> list[str]:
        with reading(deadline_s):
            if not whole(start_ms, end_ms):
                return self.storage.label_values(name, matcher_sets, start_ms, end_ms, limit)
            pairs = {pair for labels in known(matcher_sets) for pair in labels}
            return cut(sorted({value if name else key for key, value in pairs if name in (None, key)}), limit)

    def metadata(self, metric: str, limit: int, deadline_s: float) -> list[Metadata]:
        with reading(deadline_s), connection.cursor() as cursor:
            cursor.execute(METADATA, {"metric": metric, "limit": limit or None})
            sent = [Metadata(*row) for row in cursor.fetchall()]
        own = [one for one in OWN if metric in ("", one.metric) and _is_there(one.metric)]
        found = sorted(({one.metric: one for one in own} | {one.metric: one for one in sent}).values())
        return found[:limit] if limit else found


def _is_there(metric: str) -> bool:
    return len(series_index.match([Matcher("__name__", "=", metric)]).ids) > 0


def whole(start_ms: int, end_ms: int) -> bool:
    """Whether a span holds all that is kept: then every series there is has samples in it, and none need be read to know."""
    now_ms = time.time_ns() // 1_000_000
    return start_ms <= now_ms - kept_days_lately()[RAW.name] * DAY_MS and end_ms >= now_ms


def known(matcher_sets: Sequence[Matchers]) -> list[Labels]:
    return series_index.match(*(matcher_sets or [()])).labels


def cut(found: list[Item], limit: int) -> list[Item]:
    return found[:limit] if limit else found


def local(url: str) -> Local:
    """The backend of `local://`."""
    return Local()


def limits(options: Options) -> Limits:
    return Limits(
        most_samples=settings.METRICS_QUERY_MAX_SAMPLES,
        most_held=MOST_HELD if options.large else SMALL_HELD,
        most_cells=MOST_CELLS if options.large else SMALL_CELLS,
        deadline_s=options.deadline_s,
        in_portions=options.large,
    )


@contextmanager
def reading(deadline_s: float) -> Iterator[None]:
    """A transaction in which no statement outlives the deadline, and all see the same moment.

    Within a transaction of the caller's the moment is the caller's, and the time limit is taken back afterwards. A statement
    that is cancelled is a PromqlError of kind timeout.
    """
    limit_ms = max(int(deadline_s * 1000), 1)
    nested = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            one_moment = "" if nested else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
            cursor.execute(f"{one_moment} SET LOCAL statement_timeout = {limit_ms}")
            yield
            if nested:
                cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise PromqlError("timeout", CANCELLED) from None
        raise
