"""The narrow contract of the metrics room: `write(samples)` and `read(selector, start, end, step)`.

Nothing outside this room knows how samples are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction
from numpy.typing import NDArray
from psycopg import AsyncConnection

from monitoring.metrics.appending import appending, remember
from monitoring.metrics.backends.registry import backend
from monitoring.metrics.copying import POSTGRES_EPOCH_MS
from monitoring.metrics.identities import METRIC, full
from monitoring.metrics.known import known
from monitoring.metrics.moments import EPOCH, MILLISECOND, milliseconds
from monitoring.metrics.promql.storage import STALE_BITS, Hints, Labels, Matcher, Selection
from monitoring.metrics.resolving import Found, Wanted, resolving
from monitoring.metrics.statements import arun, run

__all__ = [
    "Identity",
    "Labels",
    "Sample",
    "Selector",
    "SeriesData",
    "Summary",
    "awrite",
    "forget",
    "labels_of",
    "prepare",
    "read",
    "summarise",
    "write",
]

Identity = tuple[str, Labels]
"""A metric's name and its other labels, sorted by name."""

Ints = NDArray[np.int64]


class Sample(NamedTuple):
    """One value. `labels` are sorted by name; `time` is aware, kept to the millisecond; the unit follows the metric's name
    (`_seconds`, `_bytes`)."""

    name: str
    labels: Labels
    time: datetime
    value: float


class Summary(NamedTuple):
    """One series over a span: how many samples, their sum and maximum, and counts per bucket (index → count, empty ones left out)."""

    labels: dict[str, str]
    samples: int
    total: float
    highest: float
    counts: dict[str, int]


class Selector(NamedTuple):
    """Series by metric name (exact) and labels that must be there."""

    name: str
    labels: Mapping[str, str]


@dataclass(slots=True)
class SeriesData:
    """One series: (time, value) points in time order; with a step, the mean of each step, at its start."""

    name: str
    labels: dict[str, str]
    points: list[tuple[datetime, float]] = field(default_factory=list)


def labels_of(pairs: Mapping[str, str]) -> Labels:
    return tuple(sorted(pairs.items()))


def source_of(identity: Identity) -> tuple[str, str]:
    """Who sends a series of the portal's own: each check, each machine and each engine keeps its series together."""
    labels = dict(identity[1])
    if "service" in labels and "check" in labels:
        return "check", f"{labels['service']}/{labels['check']}"
    if "machine" in labels:
        return "agent", labels["machine"]
    return "portal", labels.get("engine", "")


def forget() -> None:
    """Drop what this process remembers, as after a restart."""
    known.forget()


def write(samples: Iterable[Sample]) -> int:
    """Store samples of any past time durably; how many. One COPY a call; joins the caller's transaction, if there is one."""
    batch = list(samples)
    with transaction.atomic():
        ids = _resolve([(sample.name, sample.labels) for sample in batch])
        times = np.array([(sample.time - EPOCH) // MILLISECOND for sample in batch], dtype=np.int64)
        values = np.array([sample.value for sample in batch], dtype=np.float64)
        done = run(appending(ids, times, values, backfill=True, now_ms=_now_ms()))
    transaction.on_commit(lambda: remember(done))
    return len(batch)


def _resolve(identities: Sequence[Identity]) -> Ints:
    """Ids in the order asked; -1 where the source has no room."""
    ids = known.fresh().ids
    missing = _missing(identities)
    found: dict[Identity, int] = {}
    if missing:
        answer = run(resolving(_wanted(missing)))
        found = _named(missing, answer)
        transaction.on_commit(lambda: _remember(found, answer))
    return np.array([found[one] if one in found else ids[one] for one in identities], dtype=np.int64)


async def prepare(database: AsyncConnection[Any], identities: Iterable[Identity]) -> Mapping[Identity, int]:
    """Ids by (name, labels) of at least `identities`; new series are created. For `awrite`: call it outside a transaction.
    A series that is refused (its source is full, its name is none) has the id -1, which `awrite` passes over."""
    missing = _missing(identities)
    if missing:
        async with database.transaction():
            answer = await arun(database, resolving(_wanted(missing)))
        _remember(_named(missing, answer), answer)
    return known.ids


def _missing(identities: Iterable[Identity]) -> list[Identity]:
    ids = known.fresh().ids
    return [one for one in dict.fromkeys(identities) if one not in ids]


def _wanted(identities: Iterable[Identity]) -> list[Wanted]:
    return [Wanted(source_of(one), full(*one)) for one in identities]


def _named(identities: Iterable[Identity], answer: Found) -> dict[Identity, int]:
    return {one: answer.ids.get(full(*one), -1) for one in identities}


def _remember(ids: Mapping[Identity, int], answer: Found) -> None:
    known.ids |= ids
    if answer.targets:
        pairs = np.array(list(answer.targets.items()), dtype=np.int64)
        known.learn_targets(pairs[:, 0], pairs[:, 1].astype(np.int32))


async def awrite(database: AsyncConnection[Any], rows: Iterable[tuple[int, int, float]]) -> None:
    """Store (series id, microseconds since 2000, value) rows in the caller's transaction; ids come from `prepare`."""
    batch = list(rows)
    if batch:
        ids, times, values = zip(*batch, strict=True)
        times_ms = np.array(times, dtype=np.int64) // 1000 + POSTGRES_EPOCH_MS
        plan = appending(
            np.array(ids, dtype=np.int64), times_ms, np.array(values, dtype=np.float64), backfill=True, now_ms=_now_ms()
        )
        await arun(database, plan)


def read(selector: Selector, start: datetime, end: datetime, step: timedelta | None = None) -> list[SeriesData]:
    """Samples of every matching series in [start, end), series without any left out, in the order of their labels."""
    found = _select(selector, start, end)
    bounds = found.offsets.tolist()
    made = []
    for labels, low, high in zip(found.labels, bounds, bounds[1:], strict=False):
        times, values = found.times[low:high], found.values[low:high]
        if step is not None:
            times, values = _means(times, values, _ms(start), step // MILLISECOND)
        points = [
            (EPOCH + timedelta(milliseconds=time), value)
            for time, value in zip(times.tolist(), values.tolist(), strict=True)
        ]
        made.append(SeriesData(selector.name, _others(labels), points))
    return sorted((data for data in made if data.points), key=lambda data: sorted(data.labels.items()))


def summarise(selector: Selector, start: datetime, end: datetime, bounds: Sequence[float]) -> list[Summary]:
    """Every matching series in [start, end), counted into buckets whose upper bounds are `bounds`; one more bucket holds the rest."""
    found = _select(selector, start, end)
    if not len(found.times):
        return []
    starts = found.offsets[:-1]
    samples, totals = np.diff(found.offsets), np.add.reduceat(found.values, starts)
    highest = np.maximum.reduceat(found.values, starts)
    buckets = np.searchsorted(np.asarray(bounds, dtype=np.float64), found.values, side="right")
    keys, counts = np.unique(
        np.repeat(np.arange(len(samples)), samples) * (len(bounds) + 1) + buckets, return_counts=True
    )
    per_series: list[dict[str, int]] = [{} for _ in found.labels]
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        place, bucket = divmod(key, len(bounds) + 1)
        per_series[place][str(bucket)] = count
    return [
        Summary(_others(labels), count, total, most, counted)
        for labels, count, total, most, counted in zip(
            found.labels, samples.tolist(), totals.tolist(), highest.tolist(), per_series, strict=True
        )
    ]


def _select(selector: Selector, start: datetime, end: datetime) -> Selection:
    """Raw samples, without the marks that a series has ended."""
    matchers = [Matcher(name, "=", value) for name, value in {METRIC: selector.name, **selector.labels}.items()]
    start_ms, end_ms = _ms(start), _ms(end) - 1
    found = backend().storage.select(matchers, start_ms, end_ms, Hints(start_ms, end_ms))
    alive = found.values.view(np.uint64) != STALE_BITS
    if not alive.all():
        before = np.concatenate(([0], np.cumsum(alive)))
        found.offsets, found.times, found.values = before[found.offsets], found.times[alive], found.values[alive]
    full_ones = np.diff(found.offsets) > 0
    if not full_ones.all():
        found.labels = [labels for labels, is_full in zip(found.labels, full_ones.tolist(), strict=True) if is_full]
        found.offsets = np.append(found.offsets[:-1][full_ones], found.offsets[-1])
    return found


def _means(times: Ints, values: NDArray[np.float64], start_ms: int, step_ms: int) -> tuple[Ints, NDArray[np.float64]]:
    """(start of each step that has samples, their mean)."""
    slots, first, counts = np.unique((times - start_ms) // step_ms, return_index=True, return_counts=True)
    if not len(slots):
        return slots, np.empty(0)
    return start_ms + slots * step_ms, np.add.reduceat(values, first) / counts


def _others(labels: Labels) -> dict[str, str]:
    return {name: value for name, value in labels if name != METRIC}


def _ms(time: datetime) -> int:
    """Milliseconds since 1970, rounded up, so that [start, end) stays what it is."""
    return -((EPOCH - time) // MILLISECOND)


def _now_ms() -> int:
    return milliseconds(datetime.now(tz=UTC))
