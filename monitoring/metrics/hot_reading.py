"""Rows of `metrics_hot` as arrays, however they were asked for."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.binary import fetch
from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.copying import POSTGRES_EPOCH_MS
from monitoring.metrics.hot_rows import ABSENT_BITS, columns_of, told_by_id

Ints = NDArray[np.int64]
Flat = tuple[Ints, Ints, Ints, NDArray[np.float64]]  # ids, times, sequence, values

SCHEMAS = "SELECT id, array_to_string(ids, ',') FROM metrics_schema WHERE id = ANY(%(ids)s::bigint[])"
MOST_SCHEMAS = 20_000
_schemas: dict[int, Ints] = {}


def columns_within(flats: Iterable[Flat], ids: Ints | None, start_ms: int, end_ms: int) -> Columns:
    """The wanted of them (all, with None), in order."""
    flats = list(flats)
    if not flats:
        return Columns.empty()
    series, times, sequence, values = (np.concatenate(parts) for parts in zip(*flats, strict=True))
    keep = (times >= start_ms) & (times <= end_ms)
    if ids is not None:
        keep &= ids[np.minimum(np.searchsorted(ids, series), len(ids) - 1)] == series
    if not keep.all():
        series, times, sequence, values = series[keep], times[keep], sequence[keep], values[keep]
    return columns_of(series, times, values, sequence)


def slots_of(rows: Sequence[tuple[Any, ...]]) -> Flat:
    """(series id, sequence, moments, values) each, without the places where nothing was."""
    counts = [len(times) // 8 for _, _, times, _ in rows]
    ids = np.repeat(np.array([row[0] for row in rows], dtype=np.int64), counts)
    values = np.frombuffer(b"".join(row[3] for row in rows), dtype="<f8")
    return _present(ids, _stamps([row[2] for row in rows]), _big([row[1] for row in rows]), values)


def ticks_of(rows: Sequence[tuple[Any, ...]]) -> Flat:
    """(schema id, sequence, moments, values) each, of k ticks of a schema of w series: k times w values in a row."""
    schemas = schemas_of([row[0] for row in rows])
    members = [schemas[row[0]] for row in rows]
    ticks = np.array([len(row[2]) // 8 for row in rows], dtype=np.int64)
    widths = np.array([len(one) for one in members], dtype=np.int64)
    sizes = ticks * widths
    local = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = np.repeat(widths, sizes)
    tick = local // width + np.repeat(np.cumsum(ticks) - ticks, sizes)
    member = local % width + np.repeat(np.cumsum(widths) - widths, sizes)
    all_members = np.concatenate(members) if members else np.empty(0, dtype=np.int64)
    values = np.frombuffer(b"".join(row[3] for row in rows), dtype="<f8")
    return _present(
        all_members[member], _stamps([row[2] for row in rows])[tick], _big([row[1] for row in rows])[tick], values
    )


def loose_of(rows: Sequence[tuple[Any, ...]]) -> list[Flat]:
    """(sequence, moment, ids, times, values) each."""
    found = []
    for sequence, stamp, ids, times, values in rows:
        own = np.frombuffer(ids, dtype="<i8")
        when = np.frombuffer(times, dtype="<i8") if times is not None else np.repeat(_stamps([stamp]), len(own))
        found.append((own, when, np.full(len(own), sequence), np.frombuffer(values, dtype="<f8")))
    return found


def schemas_of(wanted: Sequence[int]) -> dict[int, Ints]:
    """The series of schemas; what a schema is never changes. RuntimeError if one is missing, which `metrics verify` tells too."""
    found = {one: members for one in wanted if (members := _known(one)) is not None}
    missing = [one for one in wanted if one not in found]
    if missing:
        for schema_id, members in fetch(SCHEMAS, {"ids": missing}):
            found[schema_id] = _schemas[schema_id] = np.array(members.split(","), dtype=np.int64)
        if lost := [one for one in missing if one not in found]:
            raise RuntimeError(
                f"Samples are against schema {lost[0]}, which is missing; see `manage.py metrics verify`."
            )
    if len(_schemas) > MOST_SCHEMAS:
        _schemas.clear()
    return found


def _known(schema_id: int) -> Ints | None:
    members = told_by_id(schema_id)
    return _schemas.get(schema_id) if members is None else members


def _present(ids: Ints, times: Ints, sequence: Ints, values: NDArray[np.float64]) -> Flat:
    here = values.view(np.uint64) != ABSENT_BITS
    if here.all():
        return ids, times, sequence, values
    return ids[here], times[here], sequence[here], values[here]


def _big(parts: Iterable[bytes]) -> Ints:
    """Numbers in network order."""
    return np.frombuffer(b"".join(parts), dtype=">i8").astype(np.int64)


def _stamps(parts: Iterable[bytes]) -> Ints:
    """Moments as PostgreSQL sends them, in ms since 1970."""
    return _big(parts) // 1000 + POSTGRES_EPOCH_MS
