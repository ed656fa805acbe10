"""From what a request says to what is stored: ids for series that are new, then the samples."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from monitoring.metrics import counting, ingest
from monitoring.metrics.ingest import Metadata, Reason, Source
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import known, totals
from monitoring.metrics.push.heard import Heard, Known
from monitoring.metrics.push.labels import source_of
from monitoring.metrics.push.tally import Tally
from monitoring.metrics.push.totals import Floats, Ints

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
    if heard.differences is None or not heard.differences.any():
        written = _take(kind, sender, heard)
    else:
        with transaction.atomic():
            written = _take(kind, sender, heard)
    remember_metadata(Source(kind, sender), heard.metadata)
    counting.came_in(kind, written, heard.tally.refusals())
    return Taken(written, heard.tally)


def _take(kind: str, sender: str, heard: Heard) -> int:
    owners = heard.owners
    if heard.strangers:
        ids = introduce(kind, sender, heard.strangers, heard.tally)
        fresh = {key: series for key, series in zip(heard.keys, ids.tolist(), strict=False) if series >= 0}
        if fresh:
            transaction.on_commit(lambda: known.series.remember(fresh))
        new = owners < 0
        owners = owners.copy()
        owners[new] = ids[-1 - owners[new]]
    if heard.differences is None:
        return store(owners, heard.times, heard.values, heard.tally)
    return store(*_added_up(owners, heard.times, heard.values, heard.differences), heard.tally)


def _added_up(owners: Ints, times: Ints, values: Floats, differences: NDArray[np.bool_]) -> tuple[Ints, Ints, Floats]:
    """The samples with totals in the place of differences. What the store will refuse for its time is left as it is: a
    time far ahead must not move a total's clock."""
    now_ms = time.time_ns() // 1_000_000
    in_time = (times >= now_ms - settings.METRICS_LATE_WINDOW_S * 1000) & (
        times <= now_ms + settings.METRICS_AHEAD_S * 1000
    )
    wanted = differences & in_time & (owners >= 0)
    if not wanted.any():
        return owners, times, values
    moved = totals.added_up(owners[wanted], times[wanted], values[wanted])
    rest = ~wanted
    return (
        np.concatenate([owners[rest], moved[0]]),
        np.concatenate([times[rest], moved[1]]),
        np.concatenate([values[rest], moved[2]]),
    )


def introduce(kind: str, sender: str, identities: list[Labels], tally: Tally) -> Ints:
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


def store(owners: Ints, times: Ints, values: Floats, tally: Tally) -> int:
    """How many samples are stored of three arrays of one length; those of owners below 0 are passed over."""
    early, far = times < EARLIEST_MS, times > LATEST_MS
    for odd, reason, words in ((early, Reason.TOO_OLD, "before 1970"), (far, Reason.TOO_NEW, "after 2099")):
        if odd.any():
            tally.add(reason, int(odd.sum()), f"A time is {words}; send milliseconds since 1970.")
    if (odd := early | far).any():
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
