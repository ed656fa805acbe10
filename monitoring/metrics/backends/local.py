"""This portal's own store, evaluated here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from monitoring.metrics.backends.base import Options
from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.storage import Labels, Matchers
from monitoring.metrics.reading import PostgresStorage

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
            return evaluate.query(
                self.storage, text, time_ms, limits=limits(options.deadline_s), lookback_ms=options.lookback_ms
            )

    def query_range(self, text: str, start_ms: int, end_ms: int, step_ms: int, options: Options) -> Result:
        with reading(options.deadline_s):
            return evaluate.query_range(
                self.storage,
                text,
                start_ms,
                end_ms,
                step_ms,
                limits=limits(options.deadline_s),
                lookback_ms=options.lookback_ms,
            )

    def series(
        self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int, deadline_s: float
    ) -> list[Labels]:
        with reading(deadline_s):
            return self.storage.series(matcher_sets, start_ms, end_ms, limit)

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
            return self.storage.label_values(name, matcher_sets, start_ms, end_ms, limit)

    def metadata(self, metric: str, limit: int, deadline_s: float) -> list[Metadata]:
        with reading(deadline_s), connection.cursor() as cursor:
            cursor.execute(METADATA, {"metric": metric, "limit": limit or None})
            return [Metadata(*row) for row in cursor.fetchall()]


def local(url: str) -> Local:
    """The backend of `local://`."""
    return Local()


def limits(deadline_s: float) -> Limits:
    return Limits(most_samples=settings.METRICS_QUERY_MAX_SAMPLES, deadline_s=deadline_s)


@contextmanager
def reading(deadline_s: float) -> Iterator[None]:
    """A transaction in which no statement outlives the deadline, and all see the same moment.

    Within a transaction of the caller's the moment is the caller's, and the time limit is taken back afterwards.
    """
    limit_ms = max(int(deadline_s * 1000), 1)
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(limit_ms)])
        yield
        if nested:
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
