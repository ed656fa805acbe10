"""What the evaluator asks of a store of samples: three questions. Times are milliseconds since 1970, spans inclusive at both ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Labels = tuple[tuple[str, str], ...]
"""(name, value) pairs sorted by name, `__name__` among them; no empty values."""

Operator = Literal["=", "!=", "=~", "!~"]
Matchers = Sequence["Matcher"]

STALE_BITS = 0x7FF0000000000002
"""The NaN that says "this series ended here" (Prometheus, model/value/value.go). Every other NaN is a value."""


class Matcher(NamedTuple):
    """One condition on a label; a label that a series does not have is the empty string. Expressions are RE2, anchored."""

    name: str
    op: Operator
    value: str


class Hints(NamedTuple):
    """What the samples are wanted for, so that a store may choose a tier. `range_ms` is 0 for an instant selector."""

    start_ms: int
    end_ms: int
    step_ms: int = 0
    range_ms: int = 0
    function: str = ""
    most_samples: int = 0  # 0: no bound; a store raises TooManySamplesError before it reads more


class TooManySamplesError(Exception):
    """A store would have to read more than `Hints.most_samples`: about `samples`, where it knows that."""

    def __init__(self, samples: int = 0) -> None:
        super().__init__(samples)
        self.samples = samples


@dataclass(slots=True)
class Selection:
    """Samples of the matching series. Series i has `times[offsets[i]:offsets[i + 1]]`, ascending, without doubles.

    `labels` n, `offsets` int64 (n + 1), `times` int64 ms and `values` float64 (m), stale markers included bit by bit.
    `tier` says what was read: `raw`, or the width of the roll-up (`1m`, `10m`, `1h`).
    """

    labels: list[Labels]
    offsets: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    tier: str = "raw"
    warnings: list[str] = field(default_factory=list)


class Storage(Protocol):
    """The whole of what the evaluator and the Prometheus API need."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        """Samples of every matching series within the span; series without any may be left out or empty."""

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        """Series matching any of the sets (all, when there is none) with samples in the span, sorted. `limit` 0: all."""

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        """Sorted values of a label over such series; the label names when `name` is None."""
