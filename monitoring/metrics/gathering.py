"""One statement that says all about some series in a span: their hot samples, and the blocks of raw samples that there are.

One statement sees one moment: no sample is missed or seen twice because the compactor moved it meanwhile. It is made of numbers
only, written into it: that costs a third of what a driver's parameters do.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.binary import array_literal, fetch, time_literal
from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.hot_reading import Flat, columns_within, loose_of, slots_of, ticks_of
from monitoring.metrics.hot_rows import COUNT_BITS, MOST_CONSECUTIVE
from monitoring.metrics.index import LOOK
from monitoring.metrics.tiers import DAY_MS, HOUR_MS

Ints = NDArray[np.int64]

SPAN = "h.time >= {floor} AND h.time <= {end} AND h.last >= {start}"
SLOTS = """
SELECT 0, series_id, string_agg(int8send(sequence), ''::bytea), string_agg(timestamptz_send(time), ''::bytea),
    NULL::bytea, string_agg(substring("values" FROM slot * 8 - 7 FOR 8), ''::bytea)
FROM (
    SELECT u.series_id, h.sequence, h.time, h."values", CASE WHEN NOT h.schema_id BETWEEN 1 AND {consecutive} THEN w.slot
        WHEN u.series_id - (h.schema_id >> {bits}) BETWEEN 0 AND (h.schema_id & {counts}) - 1
        THEN (u.series_id - (h.schema_id >> {bits}))::int + 1 END AS slot
    FROM metrics_hot h CROSS JOIN unnest({wanted}::bigint[]) AS u(series_id) LEFT JOIN (
        SELECT s.id, v.series_id, array_position(s.ids, v.series_id) AS slot
        FROM metrics_schema s, unnest({wanted}::bigint[]) AS v(series_id) WHERE s.target_id = ANY({targets}::int[]) OFFSET 0
    ) w ON w.id = h.schema_id AND w.series_id = u.series_id
    WHERE h.target_id = ANY({targets}::int[]) AND h.schema_id IS NOT NULL AND {span}
) s WHERE slot IS NOT NULL GROUP BY series_id
"""
"""The place of a series in a tick: told by the id of the schema if that is of consecutive series, else by its row."""
TICKS = """
SELECT 0, h.schema_id, string_agg(int8send(h.sequence), ''::bytea), string_agg(timestamptz_send(h.time), ''::bytea),
    NULL::bytea, string_agg(h."values", ''::bytea)
FROM metrics_hot h WHERE {where} h.schema_id IS NOT NULL AND {span} GROUP BY h.schema_id
"""
LOOSE = """
SELECT 1, h.sequence, timestamptz_send(h.time), h.ids, h.times, h."values"
FROM metrics_hot h WHERE {where} h.schema_id IS NULL AND {span}
"""
BLOCKS = """
SELECT 2, NULL, string_agg(int8send(h.id) || int8send(h.target_id) || timestamptz_send(h.start) || int8send(h.first_ms)
    || int8send(h.last_ms) || int8send(h.header_bytes) || int8send(h.hours) || int8send(h.codec), ''::bytea), NULL, NULL, NULL
FROM {table} h WHERE h.part = 0 AND {where} h.start >= {block_floor} AND h.start <= {end}
    AND h.last_ms >= {start_ms} AND h.first_ms <= {end_ms}
"""
CONSECUTIVE = {"bits": str(COUNT_BITS), "counts": str((1 << COUNT_BITS) - 1), "consecutive": str(MOST_CONSECUTIVE - 1)}
MANY_TARGETS = 500
FEW_SERIES = 8


class Gathered(NamedTuple):
    """Hot samples of the wanted series, and rows of (id, target, start in µs since 2000, first ms, last ms, header bytes, hours, codec) of
    blocks."""

    hot: Columns
    blocks: Ints
    look: tuple[Any, ...] | None


def gather(ids: Ints, targets: Ints, start_ms: int, end_ms: int, since: str = "") -> Gathered:
    """Of these series (ascending ids, with their targets) in [start, end]; with `since`, the answer to `index.LOOK` too."""
    own = np.unique(targets)
    few = len(ids) <= FEW_SERIES
    words = {"targets": array_literal(own), "wanted": array_literal(ids) if few else "", **span(start_ms, end_ms)}
    words |= CONSECUTIVE
    words["where"] = f"h.target_id = ANY({words['targets']}::int[]) AND" if len(own) <= MANY_TARGETS else ""
    ticks = SLOTS if few else TICKS
    asked = [(ticks, ""), (LOOSE, ""), (BLOCKS, "metrics_hour"), (BLOCKS, "metrics_block")]
    statement = " UNION ALL ".join(one.format(table=table, **words) for one, table in asked)
    if since:
        statement += f" UNION ALL {LOOK.format(xmin=int(since))}"
    rows = fetch(statement)
    flats = hot_of(rows, few)
    packed = b"".join(row[2] for row in rows if row[0] == 2 and row[2])
    blocks = np.frombuffer(packed, dtype=">i8").astype(np.int64).reshape(-1, 8)
    look = next((row for row in rows if row[0] == 3), None)
    return Gathered(columns_within(flats, ids, start_ms, end_ms), blocks, look)


def hot_of(rows: Sequence[tuple[Any, ...]], few: bool) -> list[Flat]:
    """The samples of SLOTS (few) or TICKS, and of LOOSE."""
    ticks = [(row[1], row[2], row[3], row[5]) for row in rows if row[0] == 0]
    flats = loose_of([row[1:] for row in rows if row[0] == 1])
    if ticks:
        flats.append(slots_of(ticks) if few else ticks_of(ticks))
    return flats


def span(start_ms: int, end_ms: int) -> dict[str, str]:
    """Words of the statements: a loose row begins within the hour of its samples, a block within their day."""
    floor, start, end = (time_literal(time) for time in (start_ms - start_ms % HOUR_MS, start_ms, end_ms))
    return {
        "span": SPAN.format(floor=floor, start=start, end=end),
        "block_floor": time_literal(start_ms - start_ms % DAY_MS),
        "end": end,
        "start_ms": f"{int(start_ms)}::bigint",
        "end_ms": f"{int(end_ms)}::bigint",
    }
