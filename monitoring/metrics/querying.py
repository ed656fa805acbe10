"""Questions about what was measured, in PromQL: for the API, the pages and the rules. Which store answers is a setting.

Times are milliseconds since 1970. What goes wrong is a PromqlError with Prometheus's kinds and words. Each process answers
METRICS_QUERY_CONCURRENCY questions at once; others wait their turn for a few seconds at most.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db import connection

from monitoring.metrics.backends.base import LOOKBACK_MS, Options
from monitoring.metrics.backends.registry import backend
from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.storage import Labels, Matchers
from opsportal.measures import counter, gauge, histogram

LONGEST_WAIT_S = 5.0  # for a turn
WAITING_PER_TURN = 16  # more than so many waiting for each turn are sent away at once
TIMED_OUT = "query timed out in query execution"
NO_TURN = "query timed out in query queue"

QUERIES = counter(
    "opsportal_queries_total", "Questions to the store of samples, by how they ended.", ("kind", "outcome")
)
DURATION = histogram("opsportal_query_duration_seconds", "Time to answer, the wait for a turn included.", ("kind",))
ACTIVE = gauge("opsportal_queries_active", "Questions being answered.")

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Turns:
    """So many questions are answered at once; the others wait."""

    at_once: int
    free: threading.Semaphore
    waiting: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Raises PromqlError where none comes free in time. `deadline` is of the monotonic clock."""
        if not self.free.acquire(blocking=False):
            self._wait(deadline)
        ACTIVE.add(1)
        try:
            yield
        finally:
            ACTIVE.add(-1)
            self.free.release()

    def _wait(self, deadline: float) -> None:
        if not self._queued(1):
            raise PromqlError("timeout", NO_TURN)
        try:
            if not connection.in_atomic_block:
                connection.close()  # whoever waits holds no connection, or waiting requests would use up PostgreSQL's
            if not self.free.acquire(timeout=max(min(deadline - time.monotonic(), LONGEST_WAIT_S), 0.0)):
                raise PromqlError("timeout", NO_TURN)
        finally:
            self._queued(-1)

    def _queued(self, change: int) -> bool:
        """Count who comes and goes; False, and nobody counted, when the queue is full."""
        with self.lock:
            if change > 0 and self.waiting >= self.at_once * WAITING_PER_TURN:
                return False
            self.waiting += change
            return True


def _turns() -> Turns:
    at_once: int = settings.METRICS_QUERY_CONCURRENCY
    return Turns(at_once, threading.Semaphore(at_once))


turns = _turns()


def query(text: str, time_ms: int, *, timeout_s: float | None = None, lookback_ms: int = LOOKBACK_MS) -> Result:
    """The value at one time."""
    return _answer("query", timeout_s, lambda left_s: backend().query(text, time_ms, Options(left_s, lookback_ms)))


def query_range(
    text: str,
    start_ms: int,
    end_ms: int,
    step_ms: int,
    *,
    timeout_s: float | None = None,
    lookback_ms: int = LOOKBACK_MS,
) -> Result:
    """The value at every step from `start_ms` up to `end_ms`."""
    return _answer(
        "query_range",
        timeout_s,
        lambda left_s: backend().query_range(text, start_ms, end_ms, step_ms, Options(left_s, lookback_ms)),
    )


def series(
    matcher_sets: Sequence[Matchers],
    start_ms: int,
    end_ms: int,
    *,
    limit: int = 0,
    timeout_s: float | None = None,
) -> list[Labels]:
    """Series that match any of the sets, sorted; `limit` 0: all of them."""
    return _answer("series", timeout_s, lambda left_s: backend().series(matcher_sets, start_ms, end_ms, limit, left_s))


def label_names(
    matcher_sets: Sequence[Matchers],
    start_ms: int,
    end_ms: int,
    *,
    limit: int = 0,
    timeout_s: float | None = None,
) -> list[str]:
    """Names of the labels of such series (of all, when there is no set), sorted."""
    return _answer(
        "labels", timeout_s, lambda left_s: backend().label_values(None, matcher_sets, start_ms, end_ms, limit, left_s)
    )


def label_values(
    name: str,
    matcher_sets: Sequence[Matchers],
    start_ms: int,
    end_ms: int,
    *,
    limit: int = 0,
    timeout_s: float | None = None,
) -> list[str]:
    """Values of a label of such series, sorted."""
    return _answer(
        "label_values",
        timeout_s,
        lambda left_s: backend().label_values(name, matcher_sets, start_ms, end_ms, limit, left_s),
    )


def metadata(metric: str = "", *, limit: int = 0, timeout_s: float | None = None) -> list[Metadata]:
    """What metrics are: of one, or of all."""
    return _answer("metadata", timeout_s, lambda left_s: backend().metadata(metric, limit, left_s))


def _answer(kind: str, timeout_s: float | None, ask: Callable[[float], Answer]) -> Answer:
    """Ask in turn, within the time that is allowed; `ask` is told how many seconds are left."""
    began = time.monotonic()
    allowed_s = min(
        timeout_s if timeout_s is not None else settings.METRICS_QUERY_TIMEOUT_S, settings.METRICS_QUERY_TIMEOUT_S
    )
    outcome = "internal"
    try:
        if allowed_s <= 0:
            raise PromqlError("timeout", TIMED_OUT)
        with turns.turn(began + allowed_s):
            found = ask(max(began + allowed_s - time.monotonic(), 0.001))
        outcome = "success"
        return found
    except PromqlError as error:
        outcome = error.kind
        raise
    finally:
        QUERIES.add(1, kind, outcome)
        DURATION.observe(time.monotonic() - began, kind)
