"""The way in for every door: identities to series ids, then samples by id. What comes back says what was refused, and why.

A door calls `resolve` for identities it has not seen (it may keep the ids), then `append`; both may be called in a transaction of
the caller's. `append` is durable when it returns, or with the caller's commit. The same (series, time) twice is kept once, the first.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from django.db import connection, transaction
from psycopg import AsyncConnection

from monitoring.metrics import store
from monitoring.metrics.copying import COPY_SAMPLES, packed
from monitoring.metrics.promql.storage import Labels


class Source(NamedTuple):
    """Who sends: the unit of the cardinality cap and of blocks. `kind` is check, scrape, remote_write, push, otlp, agent or portal;
    `name` tells senders of a kind apart (`shop/home`, `node/10.0.0.7:9100`) and keeps series together that share their times."""

    kind: str
    name: str


class Reason(StrEnum):
    """Why something was not taken."""

    INVALID = "invalid"
    CARDINALITY = "cardinality"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"


class Refusal(NamedTuple):
    """How many were not taken; `detail` is one sentence with an example and the fix."""

    reason: Reason
    count: int
    detail: str


class Resolved(NamedTuple):
    """Ids in the order asked, -1 where refused."""

    ids: NDArray[np.int64]
    refusals: tuple[Refusal, ...]


class Receipt(NamedTuple):
    written: int
    refusals: tuple[Refusal, ...]


class Metadata(NamedTuple):
    """Of a metric: `type` is counter, gauge, histogram, summary, info, stateset or unknown."""

    metric: str
    type: str
    help: str
    unit: str


def resolve(source: Source, identities: Sequence[Labels]) -> Resolved:
    """Ids of series; new ones are made, within the source's cap. Identities are sorted and hold `__name__`."""
    pairs = [(dict(one)["__name__"], tuple(pair for pair in one if pair[0] != "__name__")) for one in identities]
    with transaction.atomic():
        known = store._resolve(pairs)
    return Resolved(np.array([known[pair] for pair in pairs], dtype=np.int64), ())


async def aresolve(database: AsyncConnection[Any], source: Source, identities: Sequence[Labels]) -> Resolved:
    """As `resolve`, on a connection of the engine's; outside a transaction."""
    pairs = [(dict(one)["__name__"], tuple(pair for pair in one if pair[0] != "__name__")) for one in identities]
    known = await store.prepare(database, pairs)
    return Resolved(np.array([known[pair] for pair in pairs], dtype=np.int64), ())


def append(
    ids: NDArray[np.int64], times_ms: NDArray[np.int64], values: NDArray[np.float64], *, backfill: bool = False
) -> Receipt:
    """Store samples, three arrays of one length; ids of -1 are passed over. With `backfill` any past time is taken, else what is
    older than the late window is refused."""
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY_SAMPLES) as copy:
        copy.write(packed(_rows(ids, times_ms, values)))
    return Receipt(int((ids >= 0).sum()), ())


async def aappend(
    database: AsyncConnection[Any],
    ids: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    backfill: bool = False,
) -> Receipt:
    """As `append`, in the caller's transaction."""
    await store.awrite(database, _rows(ids, times_ms, values))
    return Receipt(int((ids >= 0).sum()), ())


def metadata_write(source: Source, metadata: Iterable[Metadata]) -> None:
    """Remember what metrics are; the last word counts."""


def _rows(
    ids: NDArray[np.int64], times_ms: NDArray[np.int64], values: NDArray[np.float64]
) -> list[tuple[int, int, float]]:
    epoch_us = 946_684_800_000_000
    return [
        (series, time * 1000 - epoch_us, value)
        for series, time, value in zip(ids.tolist(), times_ms.tolist(), values.tolist(), strict=True)
        if series >= 0
    ]
