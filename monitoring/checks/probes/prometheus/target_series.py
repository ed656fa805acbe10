"""What one target exposes: from its pages to series of the store, each series taken apart, relabelled and looked up once.

Labels meet as in Prometheus 2.42 (scrape/scrape.go, mutateSampleLabels): those of the target win and the exposed ones become
`exported_…`, unless the labels of the target's pages are honoured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitoring.checks.probes.prometheus.relabelling import Rule, relabelled
from monitoring.metrics.formats.descriptions import Described
from monitoring.metrics.formats.exposition import NO_TIME, Page, Reader
from monitoring.metrics.formats.lines import Limits
from monitoring.metrics.promql.storage import Labels

NAME = "__name__"
EXPORTED = "exported_"
REFUSED, DROPPED, UNRESOLVED = -1, -2, -3  # in place of an id
Ids = NDArray[np.int64]
NO_IDS: Ids = np.empty(0, dtype=np.int64)


class SampleLimitError(ValueError):
    """More samples than the settings allow."""


class NamelessError(ValueError):
    """Relabelling took the name of a metric away."""


class BusyError(RuntimeError):
    """A thread of an earlier run, given up at its deadline, still reads."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about the samples of every target."""

    relabelling: Sequence[Rule] = ()
    honor_labels: bool = False
    honor_timestamps: bool = True
    sample_limit: int = 20_000
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class Scraped:
    """A page: `count` samples, of which those with the slots `slots` are left after relabelling. `times_ms` as in `Page`."""

    count: int
    slots: Ids
    values: NDArray[np.float64]
    times_ms: NDArray[np.int64] | None
    descriptions: list[Described] | None


@dataclass(slots=True)
class Samples:
    """What is to be written of a page: three arrays of one length; `live`: ids that get a stale marker once they are missing."""

    ids: Ids
    times_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    live: Ids
    refused: int
    duplicates: int


class Plan(NamedTuple):
    """Of a page whose series are those of the last: the ids to write, where on the page they stand, and the rest as in `Samples`."""

    ids: Ids
    places: Ids
    live: Ids
    refused: int
    duplicates: int


class TargetSeries:
    """The series of one target. `take` pages, resolve what is `waiting`, then ask for the `samples`."""

    def __init__(self, labels: Mapping[str, str], rules: Rules) -> None:
        self.labels = dict(labels)
        self.rules = rules
        self.waiting: list[tuple[int, Labels]] = []
        self.learned: int | None = None  # series that were new on the last page; None before there was one
        self._reader = Reader(rules.limits)
        self._ids: Ids = NO_IDS  # by slot
        self._generation = 0
        self._pairs: dict[tuple[str, str], tuple[str, str]] = {}
        self._lock = Lock()
        self._layout: tuple[Ids, Ids | None, Ids] | None = (
            None  # the page's slots; places and slots of those not dropped
        )
        self._plan: tuple[Ids, Plan] | None = None

    def reset(self) -> None:
        """Look up everything anew."""
        self._reader.reset()

    def take(self, page: bytes, openmetrics: bool) -> Scraped:
        """Read a page. Raises ExpositionError, SampleLimitError, NamelessError, BusyError. May run in a thread."""
        if not self._lock.acquire(blocking=False):
            raise BusyError
        try:
            return self._take(self._reader.read(page, openmetrics))
        except (SampleLimitError, NamelessError):
            self.reset()
            raise
        finally:
            self._lock.release()

    def resolved(self, waiting: Sequence[tuple[int, Labels]], ids: Ids) -> None:
        """The ids of series that were waiting, -1 where refused."""
        self._ids[[slot for slot, _ in waiting]] = ids
        self._plan = None
        self.waiting = self.waiting[len(waiting) :]

    def has_refused(self) -> bool:
        return bool((self._ids == REFUSED).any())

    def samples(self, scraped: Scraped, now_ms: int) -> Samples:
        """What to write, each (series, time) once, the first on the page."""
        times_ms = np.full(len(scraped.slots), now_ms, dtype=np.int64)
        if scraped.times_ms is not None:
            is_timed = scraped.times_ms != NO_TIME
            times_ms = np.where(is_timed, scraped.times_ms, times_ms)
            plan = _planned(self._ids[scraped.slots], times_ms, ~is_timed)
        elif self._plan and self._plan[0] is scraped.slots:
            plan = self._plan[1]
        else:
            plan = _planned(self._ids[scraped.slots])
            self._plan = scraped.slots, plan
        ids, first, live, refused, doubled = plan
        return Samples(ids, times_ms[first], scraped.values[first], live, refused, doubled)

    def _take(self, page: Page) -> Scraped:
        if page.generation != self._generation:
            self._generation, self.waiting, self._pairs = page.generation, [], {}
            self._ids, self._layout, self._plan = NO_IDS, None, None
        self.learned = len(page.new)
        if page.new:
            self._learn(page)
        if self._layout is None or self._layout[0] is not page.slots:
            kept: Ids = np.flatnonzero(self._ids[page.slots] != DROPPED)
            whole = len(kept) == len(page.slots)
            self._layout = page.slots, None if whole else kept, page.slots if whole else page.slots[kept]
        _, places, slots = self._layout
        values, times_ms = page.values, page.times_ms if self.rules.honor_timestamps else None
        if places is not None:
            values, times_ms = values[places], None if times_ms is None else times_ms[places]
        if len(slots) > self.rules.sample_limit:
            words = f"has {len(slots):,} samples, more than the sample_limit of {self.rules.sample_limit:,}"
            raise SampleLimitError(words)
        return Scraped(len(page.slots), slots, values, times_ms, page.descriptions)

    def _learn(self, page: Page) -> None:
        grown = np.full(page.new[-1][0] + 1, UNRESOLVED, dtype=np.int64)
        grown[: len(self._ids)] = self._ids
        self._ids, self._plan = grown, None
        for slot, exposed in page.new:
            identity = self._identity(exposed)
            if identity is None:
                grown[slot] = DROPPED
            else:
                self.waiting.append((slot, identity))

    def _identity(self, exposed: Labels) -> Labels | None:
        labels = relabelled(merged(dict(exposed), self.labels, honor=self.rules.honor_labels), self.rules.relabelling)
        if labels is None:
            return None
        if NAME not in labels:
            raise NamelessError(f"metric_relabel_configs take the name of {dict(exposed)[NAME]} away")
        return tuple([self._pairs.setdefault(pair, pair) for pair in sorted(labels.items())])


def merged(exposed: Mapping[str, str], target: Mapping[str, str], *, honor: bool) -> dict[str, str]:
    """The labels of a sample: its own and its target's."""
    if honor:
        return {**target, **exposed}
    labels = {**exposed, **target}
    for name in sorted(name for name in target if exposed.get(name)):
        free = EXPORTED + name
        while free in labels:
            free = EXPORTED + free
        labels[free] = exposed[name]
    return labels


def _planned(ids: Ids, times_ms: Ids | None = None, is_live: NDArray[np.bool_] | None = None) -> Plan:
    """Which samples of a page are written. With times, a series may come more than once."""
    taken = ids >= 0
    places = np.flatnonzero(taken)
    chosen = ids[places]
    if times_ms is None:
        _, first = np.unique(chosen, return_index=True)
    else:
        first = np.unique(np.stack([chosen, times_ms[places]]), axis=1, return_index=True)[1]
    first = places[np.sort(first)]
    live = np.unique(chosen if is_live is None else ids[taken & is_live])
    return Plan(ids[first], first, live, len(ids) - len(places), len(places) - len(first))
