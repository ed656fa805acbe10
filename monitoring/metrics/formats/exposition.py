"""Pages of exposition text, 0.0.4 and OpenMetrics 1.0, read at speed: what was seen on the last page is not parsed again. Pure.

A `Reader` belongs to one target. It knows each series by the raw text that stands before the value and gives it a slot, a small number.
A page that has the lines of the last one, which is nearly every page, costs a comparison and a conversion a line; a page with other
lines a look-up a line; only a text never seen before is taken apart. The text of a series says itself where it ends, so what follows a
known one is a value, with a time and an exemplar or without.

https://prometheus.io/docs/instrumenting/exposition_formats/
https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.formats.descriptions import Described, described
from monitoring.metrics.formats.errors import ExpositionError, LineError
from monitoring.metrics.formats.lines import Limits, checked, split
from monitoring.metrics.formats.sample_line import MOST_SECONDS, Pairs, number, read_series, read_tail, without_exemplar
from monitoring.metrics.promql.storage import Labels

NO_TIME = -(2**63)
NORMAL_NAN = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]  # Prometheus's own; no stale marker
FORGET_BEYOND = 4_096  # series that are gone and still known

New = list[tuple[int, Labels]]
Numbers = tuple[NDArray[np.float64], NDArray[np.int64] | None]


class Page(NamedTuple):
    """The samples in the order of the page: three arrays of one length.

    `times_ms` holds NO_TIME where the line had none; None when no line had one. `new`: slots never handed out before, with their
    labels, empty ones included: to a scrape that honours labels they say something. `descriptions` is None when they are those of the
    last page. While `slots` is the same object, the page has the series of the last. `generation`: when it is not that of the last
    page, slots handed out before mean nothing any more.
    """

    slots: NDArray[np.int64]
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64] | None
    new: New
    descriptions: list[Described] | None
    generation: int


@dataclass(slots=True)
class Layout:
    """The lines of a page: which are samples, what stands before their values, and what all others say."""

    openmetrics: bool
    is_sample: list[bool]
    is_other: list[bool]
    others: list[bytes]
    prefixes: list[bytes]
    lengths: list[int]
    slots: NDArray[np.int64]

    def tails(self, lines: list[bytes], openmetrics: bool) -> list[bytes] | None:
        """What follows the series of each sample, if `lines` are laid out so."""
        if len(lines) != len(self.is_sample) or openmetrics != self.openmetrics:
            return None
        samples = list(compress(lines, self.is_sample))
        if not all(map(bytes.startswith, samples, self.prefixes)):
            return None
        if list(compress(lines, self.is_other)) != self.others:
            return None
        return [line[length:] for line, length in zip(samples, self.lengths, strict=True)]


class Reader:
    """Reads the pages of one target, one after the other; not for several threads at once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.generation = 0
        self._slots: dict[bytes, int] = {}  # by the text before the value, without its last blank
        self._prefixes: list[bytes] = []  # by slot: that text with its blanks
        self._layout: Layout | None = None

    def reset(self) -> None:
        """Forget all slots: for a caller that could not make use of the last page."""
        self.generation += 1
        self._slots, self._prefixes, self._layout = {}, [], None

    def read(self, page: bytes, openmetrics: bool) -> Page:
        """The samples of a page. Raises ExpositionError; then nothing of the page counts."""
        try:
            return self._read(split(page, openmetrics, self.limits), openmetrics)
        except ExpositionError:
            self.reset()
            raise

    def _read(self, lines: list[bytes], openmetrics: bool) -> Page:
        layout, new, descriptions = self._layout, New(), None
        tails = layout.tails(lines, openmetrics) if layout else None
        if layout is None or tails is None:
            lines = checked(lines, openmetrics, self.limits)
            known = self._layout.others if self._layout else None
            layout, new = self._laid_out(lines, openmetrics)
            tails = layout.tails(lines, openmetrics) or []
            descriptions = described(_numbered(lines, layout.is_other)) if layout.others != known else None
            self._layout = layout
        values, times_ms = _numbers(tails, layout)
        return Page(layout.slots, values, times_ms, new, descriptions, self.generation)

    def _laid_out(self, lines: list[bytes], openmetrics: bool) -> tuple[Layout, New]:
        """The layout of lines that are not those of the last page, and its new series."""
        is_sample = [line[:1] not in (b"#", b"") for line in lines]
        is_other = [not sample for sample in is_sample]
        samples = list(compress(lines, is_sample))
        slots = list(map(self._slots.get, [line.rpartition(b" ")[0] for line in samples]))
        if len(self._slots) + slots.count(None) > 2 * len(samples) + FORGET_BEYOND:
            self.reset()
            slots = [None] * len(samples)
        prefixes = [b"" if slot is None else self._prefixes[slot] for slot in slots]
        new: New = []
        shared: Pairs = {}
        for index, slot in enumerate(slots):
            if slot is None:
                try:
                    slots[index], prefixes[index] = self._slot_of(samples[index], new, shared)
                except LineError as error:
                    raise ExpositionError(_line_of(index, is_sample), str(error)) from None
        if not all(map(bytes.startswith, samples, prefixes)):  # the same series with another blank before its value
            prefixes = [line[: len(prefix)] for line, prefix in zip(samples, prefixes, strict=True)]
        others = list(compress(lines, is_other))
        numbers = np.array(slots, dtype=np.int64)
        return Layout(openmetrics, is_sample, is_other, others, prefixes, list(map(len, prefixes)), numbers), new

    def _slot_of(self, line: bytes, new: New, shared: Pairs) -> tuple[int, bytes]:
        """The slot of a series and the text before its value, where that is not all but the last word. Raises LineError."""
        end = line.find(b"} ") + 1 if b"{" in line else line.find(b" ")
        slot = self._slots.get(line[:end]) if end > 0 else None
        if slot is not None:
            return slot, line[: end + 1]
        begin, labels = read_series(line, self.limits.series, shared)
        prefix = line[:begin]
        slot = self._slots.setdefault(prefix[:-1] if prefix[-1:].isspace() else prefix, len(self._prefixes))
        if slot == len(self._prefixes):
            self._prefixes.append(prefix)
            new.append((slot, labels))
        return slot, prefix


def _numbers(tails: list[bytes], layout: Layout) -> Numbers:
    """Values, and times if there are any. Raises ExpositionError."""
    try:
        text = b" ".join(tails)
        if b"_" in text:
            raise ValueError
        if layout.openmetrics and b"#" in text:
            tails = [without_exemplar(tail) if b"#" in tail else tail for tail in tails]
        values, times_ms = _timed(tails, layout.openmetrics) if b" " in tails[0] else (_values(tails), None)
    except (ValueError, OverflowError, IndexError):
        values, times_ms = _each(tails, layout)
    values[np.isnan(values)] = NORMAL_NAN
    return values, times_ms


def _values(texts: Sequence[bytes]) -> NDArray[np.float64]:
    """Raises ValueError."""
    values = np.array(list(map(float, texts)), dtype=np.float64)
    for index in np.flatnonzero(~np.isfinite(values)).tolist():
        number(texts[index])
    return values


def _timed(tails: list[bytes], openmetrics: bool) -> Numbers:
    """Where every tail is a value, a blank and a time. Raises ValueError or OverflowError."""
    texts = [tail.partition(b" ")[0] for tail in tails]  # twice, since keeping the tuples costs more than making them
    times = [tail.partition(b" ")[2] for tail in tails]
    if not openmetrics:
        if b"+" in b"".join(times):
            raise ValueError
        return _values(texts), np.array(list(map(int, times)), dtype=np.int64)
    seconds = _values(times)
    if not (np.abs(seconds) < MOST_SECONDS).all():
        raise ValueError
    return _values(texts), (seconds * 1000).astype(np.int64)


def _each(tails: list[bytes], layout: Layout) -> Numbers:
    """As `_numbers`, where the tails are of several forms, or one is wrong."""
    values, times = [], []
    for index, tail in enumerate(tails):
        try:
            value, time_ms = read_tail(tail, layout.openmetrics)
        except LineError as error:
            raise ExpositionError(_line_of(index, layout.is_sample), str(error)) from None
        values.append(value)
        times.append(NO_TIME if time_ms is None else time_ms)
    times_ms = np.array(times, dtype=np.int64)
    return np.array(values, dtype=np.float64), times_ms if (times_ms != NO_TIME).any() else None


def _numbered(lines: list[bytes], wanted: list[bool]) -> list[tuple[int, bytes]]:
    return list(compress(enumerate(lines, 1), wanted))


def _line_of(index: int, is_sample: list[bool]) -> int:
    """The number of the line of a sample."""
    return list(compress(range(1, len(is_sample) + 1), is_sample))[index]
