"""Differences added up: what a sender of deltas counts is kept as a running total of each series, as counters are.

The totals are rows of their own, changed in the transaction that stores the samples: a difference that was acknowledged
is counted, one that is sent again is not counted twice, because a total knows the time up to which it counts.
"""

import numpy as np
from django.db import connection
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BEGIN = """
INSERT INTO metrics_runningtotal (series_id, total, time_ms)
SELECT series_id, 0, -1 FROM unnest(%s::bigint[]) AS u(series_id) ORDER BY series_id ON CONFLICT (series_id) DO NOTHING
"""
LOCK = """
SELECT series_id, total, time_ms FROM metrics_runningtotal WHERE series_id = ANY(%s::bigint[]) ORDER BY series_id FOR UPDATE
"""
MOVE = """
UPDATE metrics_runningtotal t SET total = u.total, time_ms = u.time_ms
FROM unnest(%s::bigint[], %s::float8[], %s::bigint[]) AS u(series_id, total, time_ms) WHERE t.series_id = u.series_id
"""


def added_up(ids: Ints, times: Ints, differences: Floats) -> tuple[Ints, Ints, Floats]:
    """Series, times and totals of the differences that were not counted yet, within the caller's transaction."""
    series = np.unique(ids)
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [series.tolist()])
        cursor.execute(LOCK, [series.tolist()])
        rows = cursor.fetchall()
        before = {series_id: (total, time_ms) for series_id, total, time_ms in rows}
        ids, times, totals = progress(ids, times, differences, before)
        last = np.flatnonzero(np.append(ids[1:] != ids[:-1], True)) if len(ids) else np.empty(0, dtype=np.int64)
        cursor.execute(MOVE, [ids[last].tolist(), totals[last].tolist(), times[last].tolist()])
    return ids, times, totals


def progress(
    ids: Ints, times: Ints, differences: Floats, before: dict[int, tuple[float, int]]
) -> tuple[Ints, Ints, Floats]:
    """Totals after each difference, by series and time. `before` is the total of each series and the time it counts up to;
    what is not later is left out. Of two at one time the first counts."""
    order = np.lexsort((times, ids))
    totals: list[float] = []
    kept: list[int] = []
    state = dict(before)
    for place, series, time, difference in zip(
        order.tolist(), ids[order].tolist(), times[order].tolist(), differences[order].tolist(), strict=True
    ):
        total, until = state[series]
        if time > until:
            state[series] = total + difference, time
            totals.append(total + difference)
            kept.append(place)
    places = np.array(kept, dtype=np.int64)
    return ids[places], times[places], np.array(totals, dtype=np.float64)
