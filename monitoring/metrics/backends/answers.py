"""Answers of the Prometheus HTTP API as results of this portal's evaluator. Pure.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from monitoring.metrics.promql.errors import Kind, PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.rows import by_labels
from monitoring.metrics.promql.storage import Labels, Selection
from monitoring.metrics.promql.vectors import Ints, Notes, Scalar, Text, Vector, Windows

KINDS: dict[int, Kind] = {400: "bad_data", 422: "execution", 503: "timeout"}
ERROR_TYPES: dict[str, Kind] = {
    "bad_data": "bad_data",
    "execution": "execution",
    "timeout": "timeout",
    "canceled": "canceled",
}


def error_of(status: int, body: Any) -> PromqlError:
    """What a server says is wrong, in its words."""
    words = body.get("error") if isinstance(body, dict) else None
    named = str(body.get("errorType", "")) if isinstance(body, dict) else ""
    kind = ERROR_TYPES.get(named) or KINDS.get(status, "internal")
    return PromqlError(kind, str(words) if words else f"the metrics server answered HTTP {status}")


def result_of(body: dict[str, Any], times_ms: Ints, *, instant: bool) -> Result:
    """The answer to a query at `times_ms` (one, for an `instant` query). Raises PromqlError when it is of no known form."""
    try:
        data = body["data"]
        notes = Notes([str(one) for one in body.get("warnings") or ()], [str(one) for one in body.get("infos") or ()])
        value = _value(data["resultType"], data["result"], times_ms, instant)
        return Result(data["resultType"], value, times_ms, notes)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise PromqlError("internal", f"the metrics server's answer cannot be read ({type(error).__name__})") from None


def _value(kind: str, result: Any, times_ms: Ints, instant: bool) -> Scalar | Text | Vector | Windows:
    if kind == "scalar":
        return Scalar(np.array([float(result[1])]))
    if kind == "string":
        return Text(str(result[1]))
    if kind == "vector":
        values = np.array([[float(one["value"][1])] for one in result]).reshape(-1, 1)
        return Vector([labels_of(one["metric"]) for one in result], values, np.ones(values.shape, dtype=np.bool_))
    if kind != "matrix":
        raise ValueError(kind)
    if instant:
        return windows_of(selection_of(result), int(times_ms[0]))
    return by_labels(_rows(result, times_ms))


def _rows(result: Sequence[dict[str, Any]], times_ms: Ints) -> Vector:
    """Series by steps; a time that is none of the steps is left out."""
    shape = (len(result), len(times_ms))
    values, present = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for row, one in enumerate(result):
        times = _times(one["values"])
        places = np.searchsorted(times_ms, times)
        known = (places < len(times_ms)) & (times_ms[np.minimum(places, len(times_ms) - 1)] == times)
        values[row, places[known]] = _values(one["values"])[known]
        present[row, places[known]] = True
    return Vector([labels_of(one["metric"]) for one in result], values, present)


def selection_of(result: Sequence[dict[str, Any]]) -> Selection:
    """The samples of a range selector that was asked for at one time."""
    offsets = np.zeros(len(result) + 1, dtype=np.int64)
    np.cumsum([len(one["values"]) for one in result], out=offsets[1:])
    return Selection(
        [labels_of(one["metric"]) for one in result],
        offsets,
        np.concatenate([np.zeros(0, dtype=np.int64), *(_times(one["values"]) for one in result)]),
        np.concatenate([np.zeros(0), *(_values(one["values"]) for one in result)]),
    )


def windows_of(found: Selection, end_ms: int) -> Windows:
    """The same as a range vector of one step."""
    earliest = int(found.times.min()) if len(found.times) else end_ms
    return Windows(
        found.labels,
        found.times,
        found.values,
        found.offsets[:-1].reshape(-1, 1),
        found.offsets[1:].reshape(-1, 1),
        end_ms - earliest,
        np.array([end_ms], dtype=np.int64),
        np.array([end_ms], dtype=np.int64),
    )


def labels_of(metric: dict[str, str]) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in metric.items() if value))


def _times(points: Sequence[Any]) -> Ints:
    """Seconds with fractions as they are sent, in whole ms."""
    return np.rint(np.array([point[0] for point in points], dtype=np.float64) * 1000).astype(np.int64)


def _values(points: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(point[1]) for point in points], dtype=np.float64)
