"""Small stores of samples, and answers in plain Python, for tests of PromQL."""

from collections.abc import Sequence

import numpy as np
import pytest

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.storage import STALE_BITS, Labels
from monitoring.metrics.promql.vectors import Scalar, Vector

STALE = float(np.array(STALE_BITS, dtype=np.int64).view(np.float64))
Sample = tuple[float, float]


def labels(text: str) -> Labels:
    """`up{job=api}` as labels."""
    name, _, rest = text.rstrip("}").partition("{")
    pairs = [tuple(pair.split("=", 1)) for pair in rest.split(",") if pair]
    named = [("__name__", name)] if name else []
    return tuple(sorted([*named, *((key, value) for key, value in pairs)]))


def store(series: dict[str, Sequence[Sample]]) -> MemoryStorage:
    """From `up{job=api}` to its (seconds, value) samples."""
    return MemoryStorage.of(
        (labels(text), [round(time * 1000) for time, _ in samples], [value for _, value in samples])
        for text, samples in series.items()
    )


def steady(*texts: str, every: float = 15, until: float = 3600) -> MemoryStorage:
    """Series whose i-th one has the value i + 1 from 0 on."""
    times = np.arange(0, until + every, every)
    return store({text: [(time, float(i + 1)) for time in times] for i, text in enumerate(texts)})


def instant(storage: MemoryStorage, text: str, at: float = 600) -> dict[Labels, float]:
    """The value of each series at `at` seconds."""
    value = evaluate.query(storage, text, round(at * 1000)).value
    assert isinstance(value, Vector)
    return {series: float(value.values[row, 0]) for row, series in enumerate(value.labels)}


def number(storage: MemoryStorage, text: str, at: float = 600) -> float:
    """The value of a scalar, or of the one series of a vector."""
    value = evaluate.query(storage, text, round(at * 1000)).value
    assert isinstance(value, Scalar | Vector)
    assert value.values.size == 1
    return float(value.values.ravel()[0])


def ranged(
    storage: MemoryStorage, text: str, start: float = 0, end: float = 600, step: float = 60
) -> dict[Labels, dict[float, float]]:
    """For each series, the value at each step in seconds that has one."""
    result = evaluate.query_range(storage, text, round(start * 1000), round(end * 1000), round(step * 1000))
    value = result.value
    assert isinstance(value, Vector)
    times = (result.step_times_ms / 1000).tolist()
    return {
        series: {times[step]: float(value.values[row, step]) for step in np.flatnonzero(value.present[row]).tolist()}
        for row, series in enumerate(value.labels)
    }


def refused(storage: MemoryStorage, text: str, at: float = 600) -> str:
    """The message of the error that the query must end in."""
    with pytest.raises(PromqlError) as caught:
        evaluate.query(storage, text, round(at * 1000))
    return caught.value.message
