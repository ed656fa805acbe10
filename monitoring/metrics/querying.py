"""Questions about what was measured, in PromQL: for the API, the pages and the rules. Which store answers is a setting.

Times are milliseconds since 1970. What goes wrong is a PromqlError with Prometheus's kinds and words. Each process answers
METRICS_QUERY_CONCURRENCY questions at once; others wait their turn for a few seconds at most. A question that turns out to
need much memory starts again when it is the only one of its kind: large ones come one after the other, and small ones pass
them by.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from django.conf import settings
from django.db import connection

from monitoring.metrics.backends.base import LOOKBACK_MS, Options
from monitoring.metrics.backends.registry import backend
from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.errors import PromqlError, TooMuchError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.storage import Labels, Matchers
from monitoring.metrics.promql.vectors import Vector, Windows
from opsportal.measures import counter, gauge, histogram
from opsportal.memory import give_back

LONGEST_WAIT_S = 5.0  # for a turn
WAITING_PER_TURN = 16  # more than so many waiting for each turn are sent away at once
TIMED_OUT = "query timed out in query execution"
NO_TURN = "query timed out in query queue"
LARGEST_WAIT_S = 600.0  # for the turn of a large one: as long as the question's own time lasts

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
    longest_wait_s: float | None = None
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
            longest_s = LONGEST_WAIT_S if self.longest_wait_s is None else self.longest_wait_s
            if not self.free.acquire(timeout=max(min(deadline - time.monotonic(), longest_s), 0.0)):
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
large_turns = Turns(1, threading.Semaphore(1), longest_wait_s=LARGEST_WAIT_S)


def query(text: str, time_ms: int, *, timeout_s: float | None = None, lookback_ms: int = LOOKBACK_MS) -> Result:
    """The value at one time."""

    def ask(left_s: float, large: bool) -> Result:
        return of_bearable_size(backend().query(text, time_ms, Options(left_s, lookback_ms, large)))

    return _answer("query", timeout_s, ask)


def query_many(
    texts: Sequence[str], time_ms: int, *, timeout_s: float | None = None, lookback_ms: int = LOOKBACK_MS
) -> list[Result | PromqlError]:
    """The value of each text at one time, or its error; texts on the same metric cost little more than one. For rules.

    The time limit is of all together: those that it leaves no time for have an error of kind `timeout`. Raises PromqlError where
    none could be asked.
    """

    def ask(left_s: float, large: bool) -> list[Result | PromqlError]:
        return backend().query_many(texts, time_ms, Options(left_s, lookback_ms, large))

    began = time.monotonic()
    found = _answer("query_many", timeout_s, ask)
    for place, one in enumerate(found):
        if isinstance(one, TooMuchError):
            left_s = max(_allowed_s(timeout_s) - (time.monotonic() - began), 0.0)
            try:
                found[place] = query(texts[place], time_ms, timeout_s=left_s, lookback_ms=lookback_ms)
            except PromqlError as error:
                found[place] = error
    return found


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

    def ask(left_s: float, large: bool) -> Result:
        options = Options(left_s, lookback_ms, large)
        return of_bearable_size(backend().query_range(text, start_ms, end_ms, step_ms, options))

    return _answer("query_range", timeout_s, ask)


def of_bearable_size(result: Result) -> Result:
    """The same. PromqlError where it has more points than are sent."""
    value = result.value
    points = 0
    if isinstance(value, Vector):
        points = int(np.count_nonzero(value.present))
    elif isinstance(value, Windows):
        points = int((value.ends - value.starts).sum())
    most: int = settings.METRICS_QUERY_MAX_POINTS
    if points > most:
        raise PromqlError(
            "execution",
            f"the answer has {points:,} points, at most {most:,} are sent (METRICS_QUERY_MAX_POINTS);"
            " ask for fewer series, a shorter time or a larger step, or aggregate",
        )
    return result


def series(
    matcher_sets: Sequence[Matchers],
    start_ms: int,
    end_ms: int,
    *,
    limit: int = 0,
    timeout_s: float | None = None,
) -> list[Labels]:
    """Series that match any of the sets, sorted; `limit` 0: all of them."""
    return _answer(
        "series", timeout_s, lambda left_s, _: backend().series(matcher_sets, start_ms, end_ms, limit, left_s)
    )


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
        "labels",
        timeout_s,
        lambda left_s, _: backend().label_values(None, matcher_sets, start_ms, end_ms, limit, left_s),
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
        lambda left_s, _: backend().label_values(name, matcher_sets, start_ms, end_ms, limit, left_s),
    )


def metadata(metric: str = "", *, limit: int = 0, timeout_s: float | None = None) -> list[Metadata]:
    """What metrics are: of one, or of all."""
    return _answer("metadata", timeout_s, lambda left_s, _: backend().metadata(metric, limit, left_s))


def _allowed_s(timeout_s: float | None) -> float:
    most: float = settings.METRICS_QUERY_TIMEOUT_S
    return most if timeout_s is None else min(timeout_s, most)


def _answer(kind: str, timeout_s: float | None, ask: Callable[[float, bool], Answer]) -> Answer:
    """Ask in turn, within the time that is allowed; `ask` is told how many seconds are left and whether it is a large one."""
    began = time.monotonic()
    deadline = began + _allowed_s(timeout_s)
    outcome = "internal"
    try:
        if deadline <= began:
            raise PromqlError("timeout", TIMED_OUT)
        found = _in_turn(deadline, ask)
        outcome = "success"
        return found
    except PromqlError as error:
        outcome = error.kind
        raise
    finally:
        QUERIES.add(1, kind, outcome)
        DURATION.observe(time.monotonic() - began, kind)


def _in_turn(deadline: float, ask: Callable[[float, bool], Answer]) -> Answer:
    """As a small question first. What it had read is let go before it waits for the turn of a large one."""
    with turns.turn(deadline):
        try:
            return ask(max(deadline - time.monotonic(), 0.001), False)
        except TooMuchError:
            pass
    with large_turns.turn(deadline):
        try:
            return ask(max(deadline - time.monotonic(), 0.001), True)
        finally:
            give_back()
