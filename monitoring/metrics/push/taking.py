"""From what a request says to what is stored: ids for series that are new, then the samples."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from monitoring.metrics import counting, ingest
from monitoring.metrics.ingest import Metadata, Reason, Source
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import known
from monitoring.metrics.push.heard import Heard, Known
from monitoring.metrics.push.labels import source_of
from monitoring.metrics.push.tally import Tally

EARLIEST_MS = 0
LATEST_MS = 4_102_444_800_000  # 2100
MOST_TOLD = 50_000


@dataclass(slots=True)
class Taken:
    """Samples that are stored durably (those that were stored before among them), and what was refused."""

    written: int
    tally: Tally


told: dict[str, Metadata] = {}


def push(kind: str, sender: str, read: Callable[[Known], Heard]) -> Taken:
    """Read a request and store what it says; durable when it returns."""
    taken = take(kind, sender, read(known.series.look_up()))
    if Reason.UNKNOWN in taken.tally.counts:  # an id that was remembered is of a series that has expired since
        known.series.forget()
        taken = take(kind, sender, read(known.series.look_up()))
    return taken


def take(kind: str, sender: str, heard: Heard) -> Taken:
    """Store what a request says. A sample that was stored before changes nothing."""
    owners, tally = heard.owners, heard.tally
    if heard.strangers:
        ids = introduce(kind, sender, heard.strangers, tally)
        fresh = {key: series for key, series in zip(heard.keys, ids.tolist(), strict=False) if series >= 0}
        transaction.on_commit(lambda: known.series.remember(fresh))
        owners = np.where(owners < 0, ids[np.minimum(-1 - owners, len(ids) - 1)], owners)
    written = store(owners, heard.times, heard.values, tally)
    remember_metadata(Source(kind, sender), heard.metadata)
    counting.came_in(kind, written, tally.refusals())
    return Taken(written, tally)


def introduce(kind: str, sender: str, identities: list[Labels], tally: Tally) -> NDArray[np.int64]:
    """Ids of series in their order, -1 where the store refuses one."""
    by_source: dict[Source, list[int]] = defaultdict(list)
    for index, labels in enumerate(identities):
        by_source[source_of(kind, labels, sender)].append(index)
    ids = np.full(len(identities), -1, dtype=np.int64)
    for source, places in by_source.items():
        resolved = ingest.resolve(source, [identities[place] for place in places])
        ids[places] = resolved.ids
        tally.extend(resolved.refusals)
    return ids


def store(owners: NDArray[np.int64], times: NDArray[np.int64], values: NDArray[np.float64], tally: Tally) -> int:
    """How many samples are stored of three arrays of one length; those of owners below 0 are passed over."""
    for odd, reason, words in (
        (times < EARLIEST_MS, Reason.TOO_OLD, "before 1970"),
        (times > LATEST_MS, Reason.TOO_NEW, "after 2099"),
    ):
        if odd.any():
            tally.add(reason, int(odd.sum()), f"A time is {words}; send milliseconds since 1970.")
            owners, times, values = owners[~odd], times[~odd], values[~odd]
    if not owners.size:
        return 0
    receipt = ingest.append(owners, times, values)
    tally.extend(receipt.refusals)
    return receipt.written


def remember_metadata(source: Source, metadata: Iterable[Metadata]) -> None:
    """Store what is new: senders repeat all of it every minute, or with every sample."""
    news = {one.metric: one for one in metadata if told.get(one.metric) != one}
    if not news:
        return
    ingest.metadata_write(source, list(news.values()))
    if len(told) > MOST_TOLD:
        told.clear()
    transaction.on_commit(lambda: told.update(news))
