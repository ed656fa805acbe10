"""What one query may cost: samples, series, points, time. Each bound gives Prometheus's error, never an outage."""

from dataclasses import dataclass
from time import monotonic

from monitoring.metrics.promql.errors import TIMED_OUT, TOO_MANY_SAMPLES, PromqlError, execution


class TooMuchAtOnceError(Exception):
    """More than may be held at once; a shorter time may do."""


MOST_POINTS = 11_000
"""Steps of a range query (Prometheus, web/api/v1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one query.

    `most_samples` read in all, `most_held` of them in memory at once (16 bytes each; a range query that needs more is worked
    out in portions of its time), `most_series` a selector may match, `most_cells` series times steps in one vector, and
    `deadline_s` seconds of work.
    """

    most_samples: int = 50_000_000
    most_held: int = 12_000_000
    most_points: int = MOST_POINTS
    most_series: int = 200_000
    most_cells: int = 4_000_000
    deadline_s: float = 120.0


class Budget:
    """What is left of the limits while a query runs."""

    __slots__ = ("_ends", "limits", "samples")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.samples = 0
        self._ends = monotonic() + limits.deadline_s

    def check(self) -> None:
        """PromqlError of kind timeout after the deadline."""
        if monotonic() > self._ends:
            raise PromqlError("timeout", TIMED_OUT)

    def read(self, samples: int) -> None:
        """Count samples that were read."""
        self.samples += samples
        if self.samples > self.limits.most_samples:
            raise execution(TOO_MANY_SAMPLES)

    def series(self, count: int) -> None:
        """Refuse a selector that matches too much."""
        if count > self.limits.most_series:
            message = f"query selects {count} series, at most {self.limits.most_series} are allowed for one selector"
            raise execution(message)

    def cells(self, rows: int, steps: int) -> None:
        """TooMuchAtOnceError where a vector would not fit."""
        if rows * steps > self.limits.most_cells:
            raise TooMuchAtOnceError


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
