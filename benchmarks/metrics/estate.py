"""Samples of the benchmarks in the store: fed as history, closed into blocks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import metrics_data
from monitoring.metrics.moments import moment
from monitoring.metrics.promql.storage import Labels

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

Fed = tuple[Labels, NDArray[np.int64], NDArray[np.float64]]
"""One series: its labels, times in ms, values."""


def last_midnight_ms(days_ago: int = 1) -> int:
    """The start of the day of UTC so many days before this one."""
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    return now_ms - now_ms % DAY_MS - days_ago * DAY_MS


def last_monday_ms() -> int:
    """The start of the last week that ended two days ago or earlier, and so is rolled up."""
    return next(start for days in range(9, 17) if moment(start := last_midnight_ms(days)).weekday() == 0)


def mixed_day(start_ms: int) -> Iterator[list[Fed]]:
    """350 series in 7 targets, a target after the other."""
    for _, made in groupby(metrics_data.everything(start_ms=start_ms), key=lambda one: one.target):
        yield [(labels_of(one), one.times_ms, one.values) for one in made]


def labels_of(one: metrics_data.Made) -> Labels:
    name = one.kind.replace(" ", "_").replace("-", "_").replace("/", "_").replace("2_", "two_").replace("1_", "one_")
    return (
        ("__name__", f"bench_{name}"),
        ("instance", f"10.0.0.{one.target}:9100"),
        ("job", "bench"),
        ("number", str(one.number)),
    )


def counters(count: int, start_ms: int, name: str = "bench_requests_total") -> Iterator[list[Fed]]:
    """`count` counters of whole numbers in targets of 50, with a label `x` of ten values, a day each."""
    for target in range(count // 50):
        random = np.random.default_rng([target, 7])
        times = metrics_data.target_times(target % 15, start_ms=start_ms)
        yield [
            (
                (
                    ("__name__", name),
                    ("instance", f"10.1.{target}.1:9100"),
                    ("job", "api"),
                    ("number", str(number)),
                    ("x", str(number % 10)),
                ),
                times,
                metrics_data.int_counter(random, len(times)),
            )
            for number in range(50)
        ]


def feed(targets: Iterable[Sequence[Fed]]) -> int:
    """Store samples of past days as a sender would have, an hour at a time; how many."""
    from monitoring.metrics.ingest import Source, append, resolve

    total = 0
    for series in targets:
        labels = [one for one, _, _ in series]
        named = dict(labels[0])
        ids = resolve(Source("remote_write", f"{named['job']}/{named['instance']}"), labels).ids
        times, values = series[0][1], np.stack([one[2] for one in series])
        for hour in range(int(times[0]) // HOUR_MS, int(times[-1]) // HOUR_MS + 1):
            within = (times >= hour * HOUR_MS) & (times < (hour + 1) * HOUR_MS)
            ticks = times[within]
            receipt = append(
                np.tile(ids, len(ticks)),
                np.repeat(ticks, len(ids)),
                np.ascontiguousarray(values[:, within].T).ravel(),
                backfill=True,
            )
            total += receipt.written
    return total


def close() -> None:
    """Into blocks, days merged, weeks rolled up: all that the worker does by then."""
    from django.utils import timezone

    from monitoring.metrics.actions import store_tick
    from monitoring.metrics.compaction import Deadline
    from monitoring.metrics.rolling import roll

    while True:
        done = store_tick(now=timezone.now(), seconds=300.0)
        if not done.left:
            break
    while roll(timezone.now(), Deadline(300.0)).left:
        pass
    store_tick(now=timezone.now())  # the next minute's: gives back what the first could not


def sizes() -> dict[str, int]:
    """Bytes on disk of every table of the store, with indexes and everything, after a vacuum."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute(
            "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname LIKE 'metrics\\_%' AND c.relkind = 'r' AND n.nspname = 'public'"
        )
        found: dict[str, Any] = dict(cursor.fetchall())
    return found


def empty() -> None:
    """As a portal that has never measured anything."""
    from django.db import connection

    from monitoring.metrics import store

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
            " AND c.relname LIKE 'metrics\\_%' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relname NOT IN ('metrics_state', 'metrics_retention')"
        )
        names = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relname LIKE 'metrics\\_%'"
            " AND c.relname NOT LIKE '%\\_default'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{name}"')
    store.forget()
