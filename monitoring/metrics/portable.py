"""Samples out of the store and into it, a JSON object a line and series: {"metric": {label: value}, "values": [...], "timestamps": [ms]}.

The form is that of VictoriaMetrics' export. A value that is no finite number is the text "NaN", "Inf", "-Inf" or "stale" (the mark that a
series ended), any other NaN its bits ("0x7ff8000000000001"): nothing is lost.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import orjson

from monitoring.metrics import ingest
from monitoring.metrics.identities import METRIC
from monitoring.metrics.index import series_index
from monitoring.metrics.ingest import Refusal, Source
from monitoring.metrics.promql.storage import STALE_BITS, Labels, Matchers
from monitoring.metrics.reading import samples

SERIES_AT_ONCE = 20
SAMPLES_AT_ONCE = 100_000
PLAIN_NAN = 0x7FF8000000000001  # what Prometheus calls the normal NaN
WORDS: dict[str, float] = {
    "Inf": math.inf,
    "+Inf": math.inf,
    "Infinity": math.inf,
    "-Inf": -math.inf,
    "-Infinity": -math.inf,
}


class BadLineError(ValueError):
    """A line that cannot be taken; the message names the line and the field."""


class Imported(NamedTuple):
    """After each batch: lines and samples so far, and what was refused in it."""

    lines: int
    samples: int
    refusals: Sequence[Refusal]


class _Line(NamedTuple):
    labels: Labels
    times: list[int]
    values: list[float]


def export(matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int) -> Iterator[bytes]:
    """Raw samples of the series that fulfil any of the sets (all, with none), in [start, end]; a line a series."""
    found = series_index.match(*(matcher_sets or [[]]))
    for at in range(0, len(found.ids), SERIES_AT_ONCE):
        some = slice(at, at + SERIES_AT_ONCE)
        columns = samples(found.ids[some], found.targets[some], start_ms, end_ms)
        labels = dict(zip(found.ids[some].tolist(), found.labels[some], strict=True))
        for series_id, times, values in columns.series():
            if len(times):
                yield (
                    orjson.dumps(
                        {"metric": dict(labels[series_id]), "values": _shown(values), "timestamps": times.tolist()}
                    )
                    + b"\n"
                )


def import_lines(lines: Iterable[bytes], source: Source) -> Iterator[Imported]:
    """Take samples of any age, a batch a transaction. Raises BadLineError; what came before is kept."""
    batch: list[_Line] = []
    count = taken = held = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        batch.append(_parsed(number, line))
        count, held = count + 1, held + len(batch[-1].times)
        if held >= SAMPLES_AT_ONCE:
            written, refusals = _store(batch, source)
            taken += written
            yield Imported(count, taken, refusals)
            batch, held = [], 0
    written, refusals = _store(batch, source)
    yield Imported(count, taken + written, refusals)


def _store(batch: Sequence[_Line], source: Source) -> tuple[int, list[Refusal]]:
    if not batch:
        return 0, []
    resolved = ingest.resolve(source, [line.labels for line in batch])
    ids = np.repeat(resolved.ids, [len(line.times) for line in batch])
    times = np.array([time for line in batch for time in line.times], dtype=np.int64)
    values = np.array([value for line in batch for value in line.values], dtype=np.float64)
    receipt = ingest.append(ids, times, values, backfill=True)
    return receipt.written, [*resolved.refusals, *receipt.refusals]


def _parsed(number: int, line: bytes) -> _Line:
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadLineError(f"Line {number} is not JSON: {error}.") from None
    if not isinstance(read, dict) or not isinstance(read.get("metric"), dict):
        raise BadLineError(f"Line {number}: metric must be an object of labels, {METRIC} among them.")
    metric, values, times = read["metric"], read.get("values"), read.get("timestamps")
    if not all(isinstance(value, str) for value in metric.values()):
        raise BadLineError(f"Line {number}: the values of metric must be strings.")
    if not isinstance(values, list) or not isinstance(times, list) or len(values) != len(times):
        raise BadLineError(f"Line {number}: values and timestamps must be lists of one length.")
    if not all(type(time) is int and abs(time) < 1 << 62 for time in times):
        raise BadLineError(f"Line {number}: timestamps must be whole numbers, milliseconds since 1970.")
    labels = tuple(sorted((name, value) for name, value in metric.items() if value))
    return _Line(labels, times, [_value(number, value) for value in values])


def _value(number: int, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if value is None:
        return math.nan
    if isinstance(value, str):
        if value in WORDS:
            return WORDS[value]
        if value in ("stale", "NaN"):
            return _from_bits(STALE_BITS if value == "stale" else PLAIN_NAN)
        if value.startswith("0x") and len(value) == 18:
            return _from_bits(int(value, 16))
    raise BadLineError(f"Line {number}: {value!r} is not a value; use a number, NaN, Inf, -Inf or stale.")


def _from_bits(bits: int) -> float:
    found: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return found


def _shown(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float | str]:
    finite = np.isfinite(values)
    plain: list[float | str] = [*values.tolist()]
    if not finite.all():
        for place in np.flatnonzero(~finite).tolist():
            plain[place] = _word(float(values[place]), int(values[place : place + 1].view(np.uint64)[0]))
    return plain


def _word(value: float, bits: int) -> str:
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return {STALE_BITS: "stale", PLAIN_NAN: "NaN"}.get(bits, f"0x{bits:016x}")
