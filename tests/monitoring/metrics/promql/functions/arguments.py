"""Arguments for functions, made by hand and at random."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from monitoring.metrics.promql.ast import Node
from monitoring.metrics.promql.calls import Call
from monitoring.metrics.promql.functions.registry import FUNCTIONS
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Notes, Scalar, Text, Vector, Windows

Samples = list[tuple[int, float]]
"""Times in ms and values of one series, ascending."""

NAMED: Labels = (("__name__", "m"), ("job", "api"))


def samples(text: str, every_ms: int = 15_000) -> Samples:
    """`1 2 _ NaN`: a sample every so often from 0, `_` where there is none."""
    return [(number * every_ms, float(word)) for number, word in enumerate(text.split()) if word != "_"]


def windows(
    series: Sequence[Samples],
    range_ms: int,
    ends: Sequence[int],
    eval_times: Sequence[int] | None = None,
    labels: list[Labels] | None = None,
) -> Windows:
    """The windows of every series that end at `ends`."""
    offsets = np.cumsum([0] + [len(one) for one in series])
    starts, stops = np.zeros((2, len(series), len(ends)), np.int64)
    for row, one in enumerate(series):
        times = [time for time, _ in one]
        starts[row] = offsets[row] + np.searchsorted(times, np.array(ends) - range_ms, "left")
        stops[row] = offsets[row] + np.searchsorted(times, np.array(ends), "right")
    return Windows(
        labels=labels or [(*NAMED, ("row", str(row))) for row in range(len(series))],
        times=np.array([time for one in series for time, _ in one], np.int64),
        values=np.array([value for one in series for _, value in one], np.float64),
        starts=starts,
        ends=stops,
        range_ms=range_ms,
        window_ends=np.array(ends, np.int64),
        eval_times=np.array(ends if eval_times is None else eval_times, np.int64),
    )


def window(text: str, range_s: float = 120, end_s: float | None = None) -> Windows:
    """One window over samples every 15 s; it ends with the last place."""
    places = text.split()
    end_ms = 15_000 * (len(places) - 1) if end_s is None else round(end_s * 1000)
    return windows([samples(text)], round(range_s * 1000), [end_ms])


def scalar(*values: float) -> Scalar:
    """A number a step."""
    return Scalar(np.array(values, np.float64))


def vector(rows: Mapping[Labels, Sequence[float | None]]) -> Vector:
    """Series with a value a step, or None."""
    steps = max((len(row) for row in rows.values()), default=1)
    values = np.array([[np.nan if value is None else value for value in row] for row in rows.values()], np.float64)
    present = np.array([[value is not None for value in row] for row in rows.values()], np.bool_)
    return Vector(list(rows), values.reshape(len(rows), steps), present.reshape(len(rows), steps))


def called(
    name: str, *args: Scalar | Text | Vector | Windows | str, times_ms: Sequence[int] = (0,), nodes: Sequence[Node] = ()
) -> Vector | Scalar:
    """What the function makes of these arguments; they are read-only, as the evaluator's may be."""
    values = [Text(each) if isinstance(each, str) else each for each in args]
    for value in values:
        for field in ("values", "present", "times", "starts", "ends", "sample_times"):
            array = getattr(value, field, None)
            if array is not None:
                array.flags.writeable = False
    with np.errstate(divide="raise", over="raise", invalid="raise"):  # a function that means to overflow says so itself
        return FUNCTIONS[name].call(Call(name, values, np.array(times_ms, np.int64), Notes(), list(nodes)))


def made(name: str, *args: Scalar | Text | Vector | Windows | str, times_ms: Sequence[int] = (0,)) -> Vector:
    found = called(name, *args, times_ms=times_ms)
    assert isinstance(found, Vector)
    return found


def only(found: Vector | Scalar) -> float | None:
    """The one value at the first step; None when there is no sample."""
    assert isinstance(found, Vector)
    assert len(found.labels) == 1
    return float(found.values[0, 0]) if found.present[0, 0] else None


def rows(found: Vector) -> dict[Labels, list[float | None]]:
    """Label sets and their values a step."""
    return {
        labels: [value if there else None for value, there in zip(values, present, strict=True)]
        for labels, values, present in zip(found.labels, found.values.tolist(), found.present.tolist(), strict=True)
    }


SPECIAL = st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e100, -1e100, 1e308, -1e308])
PLAIN = st.integers(-9, 9).map(float) | st.floats(-1e3, 1e3)
COUNTER = st.integers(0, 5).map(float)
FAR = st.floats(0, 1).map(lambda value: 1e10 + value)
VALUES = st.sampled_from([PLAIN, COUNTER, FAR, PLAIN | SPECIAL, st.just(0.1)])


@st.composite
def one_series(draw: st.DrawFn) -> Samples:
    """Samples at irregular times over five minutes, with gaps and resets."""
    kind = draw(VALUES)
    times = sorted(draw(st.sets(st.integers(0, 300_000), max_size=40)))
    return [(time, draw(kind)) for time in times]


@st.composite
def many_windows(draw: st.DrawFn) -> tuple[list[Samples], int, list[int]]:
    """Series, a range and ends: from one window of one sample to some dozens that overlap."""
    series = draw(st.lists(one_series(), min_size=1, max_size=6))
    range_ms = draw(st.sampled_from([1, 15_000, 60_000, 300_000]))
    ends = sorted(draw(st.lists(st.integers(0, 330_000), min_size=1, max_size=8)))
    return series, range_ms, ends
