"""The way in for every door: identities to series ids, then samples by id. What comes back says what was refused, and why.

A door calls `resolve` for identities it has not seen (it may keep the ids), then `append`; both may be called in a transaction of
the caller's. `append` is durable when it returns, or with the caller's commit. The same (series, time) twice is kept once, the first.

Ids stay good as long as samples come: a series is removed when nothing of it is left and nobody has used its id for a day. `append`
refuses the samples of an id that is no more (`Reason.UNKNOWN`): resolve its identity again. Ids resolved in a transaction that is rolled
back must be forgotten.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray
from psycopg import AsyncConnection

from monitoring.metrics.appending import Appended, appending, remember
from monitoring.metrics.known import known
from monitoring.metrics.moments import stamp
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.resolving import Found, Wanted, resolving
from monitoring.metrics.statements import Ask, Plan, arun, run


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
    UNKNOWN = "unknown"


class Refusal(NamedTuple):
    """How many were not taken; `detail` is one sentence with an example and the fix."""

    reason: Reason
    count: int  # type: ignore[assignment]  # a tuple has a method of that name
    detail: str


class Resolved(NamedTuple):
    """Ids in the order asked, -1 where refused."""

    ids: NDArray[np.int64]
    refusals: tuple[Refusal, ...]


class Receipt(NamedTuple):
    written: int
    refusals: tuple[Refusal, ...]


class Metadata(NamedTuple):
    """Of a metric: `type` is counter, gauge, histogram, gaugehistogram, summary, info, stateset or unknown."""

    metric: str
    type: str
    help: str
    unit: str


MOST_HELP = 1300
"""Characters of a metric's help that are kept: its row fits in a page whatever they are."""
METADATA = """
INSERT INTO metrics_metadata (metric, type, help, unit)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS u(metric, type, help, unit) ORDER BY metric
ON CONFLICT (metric) DO UPDATE SET type = excluded.type, help = excluded.help, unit = excluded.unit
WHERE (metrics_metadata.type, metrics_metadata.help, metrics_metadata.unit) <> (excluded.type, excluded.help, excluded.unit)
"""
_RECENTLY = "Refused a moment ago because its source has as many series as it may have (METRICS_SERIES_PER_SOURCE)."


def resolve(source: Source, identities: Sequence[Labels]) -> Resolved:
    """Ids of series; new ones are made, within the source's cap. Identities are sorted and hold `__name__`."""
    missing = _missing(identities)
    if not missing:
        return _resolved(identities, {}, Found())
    with transaction.atomic():
        found = run(resolving(Wanted(_sender(source), one) for one in missing))
    transaction.on_commit(lambda: _remember(found))
    return _resolved(identities, found.ids, found)


async def aresolve(database: AsyncConnection[Any], source: Source, identities: Sequence[Labels]) -> Resolved:
    """As `resolve`, on a connection of the engine's; outside a transaction."""
    missing = _missing(identities)
    if not missing:
        return _resolved(identities, {}, Found())
    async with database.transaction():
        found = await arun(database, resolving(Wanted(_sender(source), one) for one in missing))
    _remember(found)
    return _resolved(identities, found.ids, found)


def append(
    ids: NDArray[np.int64], times_ms: NDArray[np.int64], values: NDArray[np.float64], *, backfill: bool = False
) -> Receipt:
    """Store samples, three arrays of one length; ids of -1 are passed over. With `backfill` any past time is taken, else what is
    older than the late window is refused. Raises ValueError when the lengths differ."""
    with transaction.atomic():
        done = run(appending(ids, times_ms, values, backfill=backfill, now_ms=_now_ms()))
    transaction.on_commit(lambda: remember(done))
    return _receipt(done)


async def aappend(
    database: AsyncConnection[Any],
    ids: NDArray[np.int64],
    times_ms: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    backfill: bool = False,
) -> Receipt:
    """As `append`, in the caller's transaction."""
    return _receipt(await arun(database, appending(ids, times_ms, values, backfill=backfill, now_ms=_now_ms())))


def metadata_write(source: Source, metadata: Iterable[Metadata]) -> None:
    """Remember what metrics are; the last word counts. What is too long is cut."""
    run(_describing(metadata))


async def ametadata_write(database: AsyncConnection[Any], source: Source, metadata: Iterable[Metadata]) -> None:
    """As `metadata_write`, on a connection of the engine's."""
    await arun(database, _describing(metadata))


def _describing(metadata: Iterable[Metadata]) -> Plan[None]:
    rows = {one.metric: one for one in metadata}
    rows = {name: one for name, one in rows.items() if 0 < len(name) <= 500 and "\x00" not in name}
    if rows:
        columns = [
            list(rows),
            [one.type[:20] for one in rows.values()],
            [_clean(one.help, MOST_HELP) for one in rows.values()],
            [_clean(one.unit, 100) for one in rows.values()],
        ]
        yield Ask(METADATA, columns)


def _clean(text: str, most: int) -> str:
    return text[:most].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _sender(source: Source) -> tuple[str, str]:
    """Kind and name as the database takes them."""
    return source.kind[:20], _clean(source.name, 300)


def _missing(identities: Sequence[Labels]) -> dict[Labels, None]:
    """Those to ask the database for, each once."""
    ids = known.fresh().ids
    missing = dict.fromkeys(one for one in identities if one not in ids)
    if missing and known.refused:
        return {one: None for one in missing if not known.is_refused(one)}
    return missing


def _remember(found: Found) -> None:
    known.ids |= found.ids
    known.refuse(found.over)
    if found.targets:
        pairs = np.array(list(found.targets.items()), dtype=np.int64)
        known.learn_targets(pairs[:, 0], pairs[:, 1].astype(np.int32))


def _resolved(identities: Sequence[Labels], new: Mapping[Labels, int], found: Found) -> Resolved:
    ids = known.ids
    places = [ids.get(one, -1) for one in identities]
    if new:
        places = [new.get(one, -1) if place < 0 else place for one, place in zip(identities, places, strict=True)]
    array = np.array(places, dtype=np.int64)
    return Resolved(array, _refusals(identities, array, found) if len(array) and array.min() < 0 else ())


def _refusals(identities: Sequence[Labels], ids: NDArray[np.int64], found: Found) -> tuple[Refusal, ...]:
    refused = [identities[place] for place in np.flatnonzero(ids < 0).tolist()]
    invalid = [one for one in refused if one in found.invalid]
    over = [one for one in refused if one not in found.invalid]
    made = []
    if invalid:
        made.append(Refusal(Reason.INVALID, len(invalid), found.invalid[invalid[0]]))
    if over:
        made.append(Refusal(Reason.CARDINALITY, len(over), found.over.get(over[0], _RECENTLY)))
    return tuple(made)


def _receipt(done: Appended) -> Receipt:
    refusals = []
    if len(done.too_old):
        refusals.append(
            Refusal(
                Reason.TOO_OLD,
                len(done.too_old),
                f"The oldest sample is of {stamp(int(done.too_old.min()))}; those older than {settings.METRICS_LATE_WINDOW_S} s"
                " (METRICS_LATE_WINDOW_S) are taken by an import only.",
            )
        )
    if len(done.too_new):
        refusals.append(
            Refusal(
                Reason.TOO_NEW,
                len(done.too_new),
                f"The newest sample is of {stamp(int(done.too_new.max()))}, more than {settings.METRICS_AHEAD_S} s"
                " (METRICS_AHEAD_S) ahead of the portal: set the sender's clock.",
            )
        )
    if len(done.gone):
        refusals.append(
            Refusal(
                Reason.UNKNOWN,
                len(done.gone),
                f"There is no series {int(done.gone[0])} any more: resolve its identity again.",
            )
        )
    return Receipt(done.written, tuple(refusals))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
