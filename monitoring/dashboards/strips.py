"""The strip of 90 quarter hours, the line of mean latency over it, and the p95 of it: pure, from roll-ups.

A slot is one letter: u up, g degraded, d down, k unknown or stale, x excluded (maintenance, paused), - nothing known.
The worst second of a slot paints it, so that a short outage is never hidden.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from monitoring.checks.latency import merged, percentile
from monitoring.checks.rollups import SLOT_S, slot_start
from opsportal import units

SLOTS = 90
WORDS = {"d": "down", "g": "degraded", "k": "unknown", "x": "excluded", "u": "up", "-": "no data"}
LETTER_OF_STATUS = {"up": "u", "degraded": "g", "down": "d", "unknown": "k", "stale": "k", "maintenance": "x"}
SPARK_HEIGHT = 20
GAPS = "".join(f"M{place} 0v1" for place in range(1, SLOTS))


class Rollup(NamedTuple):
    """One row of StatusRollup of tier 900, in the order `queries` selects it."""

    start: datetime
    up_s: float
    degraded_s: float
    down_s: float
    unknown_s: float
    excluded_s: float
    runs: int
    latency_sum_s: float
    latency: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Strip:
    """What a row of the overview draws. `paths`: (letter, SVG path) per kind of slot; `spark`: an SVG path or ""."""

    letters: str
    start: datetime
    paths: list[tuple[str, str]]
    spark: str
    p95_s: float | None
    label: str
    spark_label: str


def first_slot(now: datetime) -> datetime:
    """Start of the oldest of the 90 slots; the newest is the one that holds `now`."""
    return slot_start(now, SLOT_S) - timedelta(seconds=(SLOTS - 1) * SLOT_S)


def build(rollups: Iterable[Rollup], now: datetime, status: str = "") -> Strip:
    """The strip of one service. `status`, its present one, paints the newest slot until a roll-up knows better."""
    start = first_slot(now)
    slots: list[Rollup | None] = [None] * SLOTS
    for row in rollups:
        place = int((row.start - start).total_seconds()) // SLOT_S
        if 0 <= place < SLOTS:
            slots[place] = row
    letters = [letter(row) for row in slots]
    if letters[-1] == "-":
        letters[-1] = LETTER_OF_STATUS.get(status, "-")
    means = [row.latency_sum_s / row.runs if row and row.runs else None for row in slots]
    return Strip(
        letters="".join(letters),
        start=start,
        paths=runs(letters),
        spark=spark(means),
        p95_s=percentile(merged(row.latency for row in slots if row), 0.95),
        label=describe(letters),
        spark_label=_describe_latency(means),
    )


def letter(row: Rollup | None) -> str:
    if row is None:
        return "-"
    if row.down_s > 0:
        return "d"
    if row.degraded_s > 0:
        return "g"
    if row.unknown_s > 0:
        return "k"
    if row.up_s > 0:
        return "u"
    return "x" if row.excluded_s > 0 else "-"


def runs(letters: Iterable[str]) -> list[tuple[str, str]]:
    """One path per letter; in it one box per run of that letter, so that a calm strip is a few bytes."""
    boxes: dict[str, list[str]] = {}
    place = 0
    for word, group in groupby(letters):
        length = len(list(group))
        boxes.setdefault(word, []).append(f"M{place} 0h{length}v1h-{length}z")
        place += length
    return [(word, "".join(parts)) for word, parts in boxes.items()]


def spark(means: Sequence[float | None]) -> str:
    """A line over the slots, from 0 to the largest mean; broken where nothing was measured."""
    top = max((mean for mean in means if mean is not None), default=0) or 1
    parts = []
    pen_down = False
    for place, mean in enumerate(means):
        if mean is None:
            pen_down = False
            continue
        height = round(SPARK_HEIGHT - 1 - mean / top * (SPARK_HEIGHT - 2))
        parts.append(f"{'L' if pen_down else 'M'}{place} {height}")
        if not pen_down:
            parts.append("h.6")
        pen_down = True
    return "".join(parts)


def describe(letters: Sequence[str]) -> str:
    """The strip in words, for those who do not see it: "Last 22 h 30 min: down 30 min, up 22 h"."""
    counts = [(word, list(letters).count(key)) for key, word in WORDS.items()]
    spans = ", ".join(f"{word} {units.age(timedelta(seconds=count * SLOT_S))}" for word, count in counts if count)
    return f"Last {units.age(timedelta(seconds=SLOTS * SLOT_S))}: {spans}"


def _describe_latency(means: Sequence[float | None]) -> str:
    known = [mean for mean in means if mean is not None]
    if not known:
        return "No latency was measured"
    return f"Mean latency {units.seconds(known[-1])} now, {units.seconds(max(known))} at most"
