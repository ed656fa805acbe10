"""What either side answers to a question, in one form. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.promql.storage import Labels


class Question(NamedTuple):
    """An expression at a moment (`step_ms` 0), or at every step of a span."""

    text: str
    start_ms: int
    end_ms: int
    step_ms: int = 0
    ordered: bool = False  # the order of the series of an instant answer is part of it

    @property
    def mode(self) -> str:
        return "range" if self.step_ms else "instant"


class Settings(NamedTuple):
    """Of a server: how old a sample may be, and the step of a subquery without one."""

    lookback_ms: int
    default_step_ms: int


USUAL, OTHER = Settings(300_000, 60_000), Settings(61_000, 25_000)


class Row(NamedTuple):
    """A series of an answer: `times` ms and `values`, both (m)."""

    labels: Labels
    times: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(slots=True)
class Answer:
    """`kind` is vector, matrix, scalar, string or error; of an error, `error` is its type and `text` its words.

    A scalar is one row without labels; of a string, `text` is the string.
    """

    kind: str
    rows: list[Row] = field(default_factory=list)
    error: str = ""
    text: str = ""


def refusal(kind: str, words: str) -> Answer:
    return Answer("error", error=kind, text=words)
