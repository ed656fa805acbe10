"""Samples as they come, into few wide rows: one per target and tick against a known schema, the rest as loose rows. Pure.

A schema is the ascending series ids of a target that come together; the values of such a tick need no ids beside them. A tick that
lacks some series of its schema has `ABSENT` in their places.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.tiers import HOUR_MS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ABSENT_BITS = 0x7FF0000000AB5E17
"""A NaN that stands for "no sample here". A sample whose value has these very bits is kept in a loose row."""
ABSENT = np.array([ABSENT_BITS], dtype=np.uint64).view(np.float64)[0]

MOST_LOOSE = 320
"""Samples in one loose row, 24 bytes each."""
MOST_TICK = 1000
"""Samples in one tick, 8 bytes each: every row fits in a page of 8192 bytes."""
COUNT_BITS = 10
"""Of the id of a schema of consecutive series, which holds how many they are (up to MOST_TICK) and, above, the first of them."""
MOST_CONSECUTIVE = 1 << 50
"""Those ids are below this; all others are negative, or of earlier releases."""
FEW_TICKS = 3
WIDE_TICK = 16
"""A target's batch is cut into ticks when it has few of them, or wide ones; else a row a tick would cost more than it saves."""
LEAST_FILLED = 0.5
SCHEMAS_TRIED = 3
MOST_CANDIDATES = 50_000


class Batch(NamedTuple):
    """Samples sorted by target, time and id, without doubles; four arrays of one length."""

    targets: Ints
    ids: Ints
    times: Ints
    values: Floats


class Schema(NamedTuple):
    id: int
    target_id: int
    ids: Ints


class Tick(NamedTuple):
    """Samples [start, end) of a batch, and the schema they fit, filled up with ABSENT where `values` is given."""

    start: int
    end: int
    schema: Schema
    values: bytes


@dataclass(slots=True)
class SchemaBook:
    """The schemas this process has met, by target and ids. What is met for the second time is worth a schema."""

    known: dict[tuple[int, bytes], Schema] = field(default_factory=dict)
    recent: dict[int, list[Schema]] = field(default_factory=dict)
    candidates: OrderedDict[tuple[int, bytes], None] = field(default_factory=OrderedDict)

    def find(self, target_id: int, ids: Ints) -> Schema | None:
        """The schema of exactly these ids, a new one if they come again."""
        key = (target_id, ids.tobytes())
        schema = self.known.get(key)
        if schema is None and key in self.candidates:
            self.candidates.pop(key, None)
            schema = self.known[key] = Schema(schema_id(target_id, ids), target_id, ids.copy())
            self.recent[target_id] = [schema, *self.recent.get(target_id, [])][:SCHEMAS_TRIED]
        return schema

    def remember(self, target_id: int, ids: Ints) -> None:
        """Should these ids come once more, they are a schema."""
        self.candidates[target_id, ids.tobytes()] = None
        while len(self.candidates) > MOST_CANDIDATES:
            self.candidates.popitem(last=False)

    def filled(self, target_id: int, ids: Ints, values: Floats) -> tuple[Schema, bytes] | None:
        """A schema that holds all of these ids and not many more, with the values at their places."""
        for schema in self.recent.get(target_id, ()):
            if len(schema.ids) * LEAST_FILLED > len(ids) or len(ids) > len(schema.ids):
                continue
            places = np.minimum(np.searchsorted(schema.ids, ids), len(schema.ids) - 1)
            if np.array_equal(schema.ids[places], ids):
                row = np.full(len(schema.ids), ABSENT)
                row.view(np.uint64)[:] = ABSENT_BITS
                row.view(np.uint64)[places] = values.view(np.uint64)
                return schema, row.tobytes()
        return None

    def forget(self) -> None:
        self.known.clear()
        self.recent.clear()
        self.candidates.clear()


def schema_id(target_id: int, ids: Ints) -> int:
    """A schema's id follows from what it is, so that two writers make the same one. That of consecutive series tells which they are,
    and needs no row of its own."""
    first, count = int(ids[0]), len(ids)
    own = first << COUNT_BITS | count
    if count <= MOST_TICK and int(ids[-1]) - first == count - 1 and own < MOST_CONSECUTIVE:
        return own
    digest = hashlib.blake2b(ids.tobytes(), digest_size=8, key=target_id.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little") % (1 << 63) - (1 << 63)


def told_by_id(schema_id: int) -> Ints | None:
    """The series of a schema of consecutive ones; None for any other."""
    if not 0 < schema_id < MOST_CONSECUTIVE:
        return None
    first, count = schema_id >> COUNT_BITS, schema_id & (1 << COUNT_BITS) - 1
    return np.arange(first, first + count, dtype=np.int64)


def batch_of(targets: Ints, ids: Ints, times: Ints, values: Floats) -> Batch:
    """Sorted, and of several samples of one series and time the first."""
    order = np.lexsort((ids, times, targets))
    targets, ids, times, values = targets[order], ids[order], times[order], values[order]
    if len(ids) > 1:
        double = (ids[1:] == ids[:-1]) & (times[1:] == times[:-1]) & (targets[1:] == targets[:-1])
        if double.any():
            keep = np.concatenate(([True], ~double))
            targets, ids, times, values = targets[keep], ids[keep], times[keep], values[keep]
    return Batch(targets, ids, times, values)


def ticks_of(batch: Batch, book: SchemaBook) -> list[Tick]:
    """The parts of a batch that fit a schema."""
    found = []
    absent = (batch.values.view(np.uint64) == ABSENT_BITS).any()
    for start, end in _tick_bounds(batch):
        ids, values, target_id = batch.ids[start:end], batch.values[start:end], int(batch.targets[start])
        if absent and (values.view(np.uint64) == ABSENT_BITS).any():
            continue
        schema = book.find(target_id, ids)
        if schema is not None:
            found.append(Tick(start, end, schema, values.tobytes()))
        elif (filled := book.filled(target_id, ids, values)) is not None:
            found.append(Tick(start, end, *filled))
        else:
            book.remember(target_id, ids)
    return found


def _tick_bounds(batch: Batch) -> list[tuple[int, int]]:
    """[start, end) of every run of one target and time that may be worth a row."""
    if not len(batch.ids):
        return []
    new_target = batch.targets[1:] != batch.targets[:-1]
    starts = np.concatenate(([0], np.flatnonzero(new_target | (batch.times[1:] != batch.times[:-1])) + 1))
    ends = np.concatenate((starts[1:], [len(batch.ids)]))
    _, group, ticks = np.unique(batch.targets[starts], return_inverse=True, return_counts=True)
    samples = np.bincount(group, weights=ends - starts)
    worth = ((ticks <= FEW_TICKS) | (samples >= ticks * WIDE_TICK))[group] & (ends - starts <= MOST_TICK)
    return list(zip(starts[worth].tolist(), ends[worth].tolist(), strict=True))


def loose_bounds(batch: Batch, ticks: list[Tick]) -> tuple[Batch, list[tuple[int, int]]]:
    """What is left without the ticks, and [start, end) of each of its rows: of one target and one hour."""
    if ticks:
        left = np.ones(len(batch.ids), dtype=np.bool_)
        for tick in ticks:
            left[tick.start : tick.end] = False
        batch = Batch(batch.targets[left], batch.ids[left], batch.times[left], batch.values[left])
    if not len(batch.ids):
        return batch, []
    hours = batch.times // HOUR_MS
    new = (batch.targets[1:] != batch.targets[:-1]) | (hours[1:] != hours[:-1])
    starts = [0, *(np.flatnonzero(new) + 1).tolist(), len(batch.ids)]
    bounds = []
    for start, end in pairwise(starts):
        bounds += [(at, min(at + MOST_LOOSE, end)) for at in range(start, end, MOST_LOOSE)]
    return batch, bounds


def columns_of(ids: Ints, times: Ints, values: Floats, order: Ints | None = None) -> Columns:
    """Samples in any order, by series and time; of doubles that of the lowest `order` (their position, unless given) is kept."""
    if not len(ids):
        return Columns.empty()
    by = np.lexsort((times, ids) if order is None else (order, times, ids))
    ids, times, values = ids[by], times[by], values[by]
    new = ids[1:] != ids[:-1]
    fresh = np.concatenate(([True], new | (times[1:] != times[:-1])))
    if not fresh.all():
        ids, times, values = ids[fresh], times[fresh], values[fresh]
        new = ids[1:] != ids[:-1]
    starts = np.concatenate(([0], np.flatnonzero(new) + 1))
    return Columns(ids[starts], np.append(starts, len(ids)).astype(np.int64), times, values)
