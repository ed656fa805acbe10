"""What one query may cost: samples, series, points, time. Each bound gives Prometheus's error, never an outage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from monitoring.metrics.promql.errors import TIMED_OUT, TOO_MANY_SAMPLES, PromqlError, TooMuchError, execution
from monitoring.metrics.promql.vectors import Vector


class TooMuchAtOnceError(Exception):
    """More than may be held at once; a shorter time may do."""


MOST_POINTS = 11_000
"""Steps of a range query (Prometheus, web/api/v1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one query.

    `most_samples` read in all, `most_held` of them in memory at once (16 bytes each), `most_series` a selector may match or a
    vector may have, `most_cells` series times steps in the vectors that are held at once, and `deadline_s` seconds of work.
    A range query that would have to hold more is worked out in portions of its time, unless `in_portions` is off.
    """

    most_samples: int = 50_000_000
    most_held: int = 12_000_000
    most_points: int = MOST_POINTS
    most_series: int = 200_000
    most_cells: int = 4_000_000
    deadline_s: float = 120.0
    in_portions: bool = True


class Budget:
    """What is left of the limits while a query runs, until `ends` of the monotonic clock where that is given."""

    __slots__ = ("_ends", "held", "limits", "samples")

    def __init__(self, limits: Limits, ends: float | None = None) -> None:
        self.limits = limits
        self.samples = 0
        self.held = 0
        self._ends = monotonic() + limits.deadline_s if ends is None else ends

    def check(self) -> None:
        """PromqlError of kind timeout after the deadline."""
        if monotonic() > self._ends:
            raise PromqlError("timeout", TIMED_OUT)

    def read(self, samples: int) -> None:
        """Count samples that were read."""
        self.samples += samples
        if self.samples > self.limits.most_samples:
            raise too_much(self.limits)

    def series(self, count: int) -> None:
        """Refuse a selector that matches too much."""
        if count > self.limits.most_series:
            message = f"query selects {count} series, at most {self.limits.most_series} are allowed for one selector"
            raise execution(message)

    def cells(self, rows: int, steps: int) -> None:
        """TooMuchAtOnceError where a vector would not fit beside those that are held."""
        if rows * steps + self.held > self.limits.most_cells:
            raise TooMuchAtOnceError

    def vector(self, found: object) -> None:
        """Refuse a vector of too many series, or one that does not fit."""
        if isinstance(found, Vector):
            rows, steps = found.values.shape
            self.rows(rows)
            self.cells(rows, steps)

    def rows(self, count: int) -> None:
        """Refuse series that a query makes up."""
        if count > self.limits.most_series:
            raise execution(f"a part of the query yields {count} series, at most {self.limits.most_series} are allowed")

    @contextmanager
    def holding(self, found: object) -> Iterator[None]:
        """While a vector waits for another one to be worked out."""
        cells = found.values.size if isinstance(found, Vector) else 0
        self.held += cells
        try:
            yield
        finally:
            self.held -= cells


def too_much(limits: Limits) -> TooMuchError:
    """Prometheus's words, and what to do."""
    return TooMuchError(
        f"{TOO_MANY_SAMPLES}: at most {limits.most_samples:,} in all and {limits.most_cells:,} values at once;"
        " ask for fewer series, a shorter time or a larger step"
    )


def points_check(start_ms: int, end_ms: int, step_ms: int, limits: Limits) -> None:
    """The span and step of a range query, in the words of Prometheus's API. PromqlError of kind bad_data."""
    if end_ms < start_ms:
        raise PromqlError("bad_data", 'invalid parameter "end": end timestamp must not be before start time')
    if step_ms <= 0:
        message = "zero or negative query resolution step widths are not accepted. Try a positive integer"
        raise PromqlError("bad_data", f'invalid parameter "step": {message}')
    if (end_ms - start_ms) // step_ms > limits.most_points:
        message = f"exceeded maximum resolution of {limits.most_points:,} points per timeseries."
        raise PromqlError("bad_data", f"{message} Try decreasing the query resolution (?step=XX)")
