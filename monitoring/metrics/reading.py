"""`promql.storage.Storage` over PostgreSQL."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics import block_reading, rolled_reading
from monitoring.metrics.block_reading import BlockGoneError
from monitoring.metrics.blocks.columns import Columns
from monitoring.metrics.blocks.merging import merge
from monitoring.metrics.blocks.rollups import Rollup, join, last_numbers, roll_up
from monitoring.metrics.gathering import Gathered, gather
from monitoring.metrics.index import Matched, series_index
from monitoring.metrics.presence import present
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection, TooManySamplesError
from monitoring.metrics.retention import kept_days_lately
from monitoring.metrics.tier_choice import AFFORDABLE, Choice, cheaper, choose
from monitoring.metrics.tiers import DAY_MS, RAW

Ints = NDArray[np.int64]
T = TypeVar("T")
MOST_TRIES = 5
RAW_CHOICE = Choice(RAW)


class PostgresStorage:
    """The store of this portal."""

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        now_ms = time.time_ns() // 1_000_000
        kept = kept_days_lately()
        choice = choose(hints, start_ms, now_ms, kept)
        if choice.tier is not RAW and (rolled := _rolled(matchers, choice, start_ms, end_ms, hints)) is not None:
            return rolled
        said = choice.said if choice.tier is RAW else ""
        try:
            found = _until_settled(lambda: _selected(matchers, start_ms, end_ms, _most(hints)))
        except TooManySamplesError as error:
            if error.samples <= AFFORDABLE:
                raise
            choice = cheaper(hints, start_ms, now_ms, kept) or RAW_CHOICE
            if (
                choice.tier is not RAW
                and (rolled := _rolled(matchers, choice, start_ms, end_ms, hints, True)) is not None
            ):
                return rolled
            found = _until_settled(lambda: _selected(matchers, start_ms, end_ms, hints.most_samples))
        if said:
            found.warnings.append(said)
        return found

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        found = sorted(present(matcher_sets, start_ms, end_ms))
        return found[:limit] if limit else found

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        there = present(matcher_sets, start_ms, end_ms)
        found = sorted(
            {value if name else label for labels in there for label, value in labels if name in (None, label)}
        )
        return found[:limit] if limit else found


def samples(ids: Ints, targets: Ints, start_ms: int, end_ms: int, most: int = 0) -> Columns:
    """Raw samples of these series (ascending ids, with their targets) in [start, end].

    A block that is replaced between the look and the reading of its bytes is not found again, and all is read anew.
    Raises TooManySamplesError.
    """
    if not len(ids) or end_ms < start_ms:
        return Columns.empty()
    return _until_settled(lambda: _out_of(gather(ids, targets, start_ms, end_ms), ids, targets, start_ms, end_ms, most))


def _until_settled(read: Callable[[], T]) -> T:
    """Read again as long as the compactor replaces blocks meanwhile."""
    for _ in range(MOST_TRIES - 1):
        try:
            return read()
        except BlockGoneError:
            continue
    return read()


def _selected(matchers: Matchers, start_ms: int, end_ms: int, most: int) -> Selection:
    """What is matched is what was known; the statement that reads also says whether there is more by now."""
    since, version = series_index.since()
    found = series_index.match(matchers, look=False)
    gathered = gather(found.ids, found.targets, start_ms, end_ms, since)
    if gathered.look is not None and series_index.heard(gathered.look, version):
        again = series_index.match(matchers, look=False)
        if not np.array_equal(again.ids, found.ids):
            found, gathered = again, gather(again.ids, again.targets, start_ms, end_ms)
    return selection(found, _out_of(gathered, found.ids, found.targets, start_ms, end_ms, most))


def _out_of(gathered: Gathered, ids: Ints, targets: Ints, start_ms: int, end_ms: int, most: int) -> Columns:
    hot = gathered.hot
    blocks = block_reading.found_raw(gathered.blocks, ids, targets)
    if most and (samples := len(hot.times) + blocks.estimate(start_ms, end_ms)) > most:
        raise TooManySamplesError(samples)
    parts = [part.within(start_ms, end_ms) for part in block_reading.read_samples(blocks)]
    return merge([*parts, hot])


def _most(hints: Hints) -> int:
    return min(hints.most_samples, AFFORDABLE) if hints.most_samples else AFFORDABLE


def _rolled(
    matchers: Matchers, choice: Choice, start_ms: int, end_ms: int, hints: Hints, on_the_way: bool = False
) -> Selection | None:
    """From a roll-up, and for the newest days, which are not rolled up yet, from raw samples in buckets of the same width. None, if
    there is no such roll-up of these series, unless all of them are to be rolled up on the way: then raw samples are all there is."""
    tier, found = choice.tier, series_index.match(matchers)
    if not len(found.ids):
        return None
    rows, covered = _until_settled(lambda: rolled_reading.read(tier, found.ids, found.targets, start_ms, end_ms, hints))
    if rows is None and not on_the_way:
        return None
    parts = [] if rows is None else [rows]
    parts += _rolled_on_the_way(found, tier.width_ms, int(covered.min()), end_ms, _most(hints))
    if not parts:
        return None
    return selection(found, rolled_reading.samples_of(join(parts), hints, start_ms, end_ms), choice)


def _rolled_on_the_way(found: Matched, width_ms: int, start_ms: int, end_ms: int, most: int) -> list[Rollup]:
    """Raw samples in buckets; a day after the other, where together they are too many. Raises TooManySamplesError, if one day is that."""
    try:
        return _rolled_up(samples(found.ids, found.targets, start_ms, end_ms, most), width_ms)
    except TooManySamplesError:
        if end_ms - start_ms < DAY_MS:
            raise
    rows: list[Rollup] = []
    for first in range(start_ms - start_ms % DAY_MS, end_ms + 1, DAY_MS):
        day = samples(found.ids, found.targets, max(first, start_ms), min(first + DAY_MS - 1, end_ms), most)
        rows += _rolled_up(day, width_ms, rows)
    return rows


def _rolled_up(raw: Columns, width_ms: int, before: Sequence[Rollup] = ()) -> list[Rollup]:
    """The increases go on from the rows `before`."""
    return [roll_up(raw, width_ms, last_numbers(raw.ids, before))] if len(raw.times) else []


def selection(found: Matched, columns: Columns, choice: Choice = RAW_CHOICE) -> Selection:
    """Samples with the labels of their series; series without any are left out."""
    full = np.diff(columns.offsets) > 0
    ids, offsets = columns.ids, columns.offsets
    if not full.all():
        ids, offsets = ids[full], np.append(offsets[:-1][full], offsets[-1])
    places = np.searchsorted(found.ids, ids).tolist()
    labels = [found.labels[place] for place in places]
    warnings = [choice.said] if choice.said else []
    return Selection(labels, offsets, columns.times, columns.values, choice.tier.name, warnings)
