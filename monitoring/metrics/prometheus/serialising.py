"""Results as the API's JSON, written for speed: digits by orjson over whole rows, texts of times once a query. Pure.

Times are seconds with three decimals where there is a fraction; values are strings (util/jsonutil and web/api/v1/json_codec.go).
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any

import numpy as np
import orjson

from monitoring.metrics.formats.numbers import api_float, plain_float
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Scalar, Text, Vector, Windows

# Within these bounds orjson, Go and everybody else write the same digits without an exponent.
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e15


def query_data(kind: str, value: Any, step_times_ms: Ints, after: bytes = b"") -> bytes:
    """The `data` of a query's answer; `after` is put behind the result (`,"stats":…`)."""
    return b'{"resultType":"%s","result":%s%s}' % (kind.encode(), result_of(kind, value, step_times_ms), after)


def result_of(kind: str, value: Any, step_times_ms: Ints) -> bytes:
    """`kind` is scalar, string, vector or matrix; see promql.vectors. A scalar never has an exponent, unlike a sample."""
    match value:
        case Scalar() if kind == "scalar":
            return b"[%s,%s]" % (short_time(int(step_times_ms[0])), orjson.dumps(plain_float(float(value.values[0]))))
        case Scalar():
            return _matrix([()], value.values[None, :], np.ones((1, len(value.values)), bool), step_times_ms)
        case Text():
            return b"[%s,%s]" % (short_time(int(step_times_ms[0])), orjson.dumps(value.value))
        case Vector() if kind == "vector":
            return _vector(value, int(step_times_ms[0]))
        case Vector():
            return _matrix(value.labels, value.values, value.present, step_times_ms)
        case Windows():
            return _windows(value)
    raise TypeError(f"{type(value).__name__} is not the value of a query")


def _vector(vector: Vector, time_ms: int) -> bytes:
    there = vector.present[:, 0]
    texts = number_texts(vector.values[there, 0])
    middle = b',"value":[' + time_text(time_ms) + b',"'
    parts = [
        b'{"metric":' + metric_of(labels) + middle + text + b'"]}'
        for labels, text in zip(compress(vector.labels, there.tolist()), texts, strict=True)
    ]
    return b"[" + b",".join(parts) + b"]"


def _matrix(labels: Sequence[Labels], values: Floats, present: Bools, times_ms: Ints) -> bytes:
    times = times_between(times_ms)
    full: Bools = np.asarray(present.all(axis=1))
    parts = []
    for row, metric in enumerate(labels):
        if full[row]:
            parts.append(_series(metric, times, number_texts(values[row])))
        elif (there := present[row]).any():
            parts.append(_series(metric, list(compress(times, there.tolist())), number_texts(values[row][there])))
    return b"[" + b",".join(parts) + b"]"


def _windows(windows: Windows) -> bytes:
    parts = []
    for row, metric in enumerate(windows.labels):
        span = slice(int(windows.starts[row, 0]), int(windows.ends[row, 0]))
        if span.stop > span.start:
            parts.append(_series(metric, times_between(windows.times[span]), number_texts(windows.values[span])))
    return b"[" + b",".join(parts) + b"]"


def _series(labels: Labels, times: list[bytes], texts: list[bytes]) -> bytes:
    """`times` are as `times_between` has them: each with what stands around it."""
    both = [b""] * (2 * len(texts))
    both[::2], both[1::2] = times, texts
    return b'{"metric":' + metric_of(labels) + b',"values":[' + b"".join(both)[3:] + b'"]]}'


def metric_of(labels: Labels) -> bytes:
    return orjson.dumps(dict(labels))


def times_between(times_ms: Ints) -> list[bytes]:
    """What stands before each value of a series: the end of the value before, and the time."""
    return [b'"],[' + time_text(time_ms) + b',"' for time_ms in times_ms.tolist()]


def time_text(time_ms: int) -> bytes:
    """1435781430781 is `1435781430.781`, 500 is `0.500`, 1000 is `1`."""
    sign, (whole, fraction) = ("-" if time_ms < 0 else ""), divmod(abs(time_ms), 1000)
    return (f"{sign}{whole}.{fraction:03d}" if fraction else f"{sign}{whole}").encode()


def short_time(time_ms: int) -> bytes:
    """Of scalars and strings: as any JSON number, `0.5`."""
    text = time_text(time_ms)
    return text.rstrip(b"0") if b"." in text else text


def number_texts(values: Floats) -> list[bytes]:
    """Each number as Go writes it."""
    if not len(values):
        return []
    size = np.abs(values)
    plain = ((size >= PLAIN_FROM) & (size < PLAIN_BELOW)) | (size == 0)
    whole = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    texts = (whole[1:-1] + b",").replace(b".0,", b",").split(b",")
    texts.pop()
    if not plain.all():
        for at in np.flatnonzero(~plain).tolist():
            texts[at] = api_float(float(values[at])).encode()
    return texts
