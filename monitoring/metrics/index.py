"""Which series there are, in memory: label → value → series, brought up to date before every use.

It is kept fresh by asking PostgreSQL what was committed since the last look, not by a clock or by the highest id: a transaction may take
a low id and commit late. Every series says which transaction made it (`created_xact`), and all that was made by transactions before
`pg_snapshot_xmin` is settled; so "made at or after the last xmin" misses nothing, and a process that heard no notification is never wrong.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from monitoring.metrics.binary import fetch
from monitoring.metrics.identities import METRIC
from monitoring.metrics.matching import matches, values_hit
from monitoring.metrics.promql.storage import Labels, Matcher, Matchers

Ints = NDArray[np.int64]

LOOK = """
SELECT 3, COALESCE((SELECT series_epoch FROM metrics_state), 0), convert_to(pg_snapshot_xmin(l)::text, 'UTF8'),
    convert_to(pg_current_xact_id_if_assigned()::text, 'UTF8'), NULL::bytea, (
        SELECT string_agg(int8send(id), ''::bytea) FROM metrics_series WHERE created_xact >= '{xmin}'::xid8
        AND (created_xact < pg_snapshot_xmax(l) OR created_xact = pg_current_xact_id_if_assigned()))
FROM pg_current_snapshot() l
"""
"""One row in the form of `gathering`'s: epoch, xmin, own transaction, series made since."""
LOAD = "SELECT id, target_id, name, labels::text, created_xact::text FROM metrics_series WHERE {} ORDER BY id"
FEW = 48
"""So many candidates are looked at one by one; more are intersected as arrays."""


@dataclass(slots=True)
class Postings:
    """Places of the series with one value of a label, ascending; the array is made when it is asked for."""

    added: list[int] = field(default_factory=list)
    settled: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def places(self) -> Ints:
        if self.added:
            self.settled = np.concatenate((self.settled, np.array(self.added, dtype=np.int64)))
            self.added = []
        return self.settled


@dataclass(slots=True)
class Index:
    """Series by place: `labels[p]`, `ids[p]`, `targets[p]`; places in `unsettled` belong to a transaction that is not over."""

    labels: list[Labels] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    by_label: dict[str, dict[str, Postings]] = field(default_factory=dict)
    place_of: dict[int, int] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    xmin: str = ""
    epoch: int = -1

    def add(self, series_id: int, target_id: int, name: str, labels: dict[str, str]) -> int:
        """Its place."""
        share = self.texts.setdefault
        pairs = [(share(label, label), share(value, value)) for label, value in labels.items()]
        own: Labels = tuple(sorted([(METRIC, share(name, name)), *pairs]))
        place = len(self.ids)
        self.labels.append(own)
        self.ids.append(series_id)
        self.targets.append(target_id)
        self.place_of[series_id] = place
        for label, value in own:
            values = self.by_label.setdefault(label, {})
            postings = values.get(value)
            if postings is None:
                postings = values[value] = Postings()
            postings.added.append(place)
        return place

    def match(self, matchers: Matchers) -> Ints:
        """Places of the series that fulfil all matchers, ascending."""
        if not self.ids:
            return np.empty(0, dtype=np.int64)
        exact = [matcher for matcher in matchers if matcher.op == "=" and matcher.value]
        others = [matcher for matcher in matchers if not (matcher.op == "=" and matcher.value)]
        candidates: Ints | None = None
        for postings in sorted((self._of(one.name, one.value) for one in exact), key=len):
            candidates = postings if candidates is None else _common(candidates, postings)
        if candidates is not None and len(candidates) <= FEW:
            return self._alive(self._one_by_one(candidates, others))
        for matcher in others:
            candidates = self._narrowed(candidates, matcher)
        return self._alive(np.arange(len(self.ids), dtype=np.int64) if candidates is None else candidates)

    def _of(self, label: str, value: str) -> Ints:
        postings = self.by_label.get(label, {}).get(value)
        return np.empty(0, dtype=np.int64) if postings is None else postings.places()

    def _one_by_one(self, candidates: Ints, matchers: Sequence[Matcher]) -> Ints:
        if not matchers:
            return candidates
        kept = []
        for place in candidates.tolist():
            own = dict(self.labels[place])
            if all(matches(one, own.get(one.name, "")) for one in matchers):
                kept.append(place)
        return np.array(kept, dtype=np.int64)

    def _narrowed(self, candidates: Ints | None, matcher: Matcher) -> Ints:
        """By a matcher that is not a plain `=`: through the values of its label."""
        values = self.by_label.get(matcher.name, {})
        hit = [self._of(matcher.name, value) for value in values_hit(matcher, values) if value in values]
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        for places in hit:
            mask[places] = True
        if matches(Matcher(matcher.name, "=" if matcher.op in ("=", "!=") else "=~", matcher.value), ""):
            mask |= self._without(matcher.name)
        if matcher.op.startswith("!"):
            mask = ~mask
        return np.flatnonzero(mask) if candidates is None else candidates[mask[candidates]]

    def _without(self, label: str) -> NDArray[np.bool_]:
        """Series that have no such label."""
        mask = np.ones(len(self.ids), dtype=np.bool_)
        for postings in self.by_label.get(label, {}).values():
            mask[postings.places()] = False
        return mask

    def _alive(self, places: Ints) -> Ints:
        if not self.dead or not len(places):
            return places
        return places[~np.isin(places, np.fromiter(self.dead, dtype=np.int64))]


class Matched(NamedTuple):
    """Series by ascending id: `ids` and `targets` int64 (n)."""

    labels: list[Labels]
    ids: Ints
    targets: Ints


class FreshIndex:
    """The index of this process, for all of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = Index()
        self._version = 0  # grows whenever a match may come out otherwise than before

    def match(self, *matcher_sets: Matchers, look: bool = True) -> Matched:
        """Series that fulfil any of the sets, as of everything committed and of the caller's own transaction; without `look`, as of
        the last time somebody looked: whoever then asks the database with LOOK tells it to `heard`."""
        with self._lock:
            if look or not self._index.xmin:
                self._update(fetch(LOOK.format(xmin=int(self._index.xmin or 0)))[0])
            index = self._index
        return self._matched(index, matcher_sets)

    def since(self) -> tuple[str, int]:
        """The argument of LOOK, and the version of the index."""
        with self._lock:
            return self._index.xmin or "0", self._version

    def heard(self, row: tuple[Any, ...], version: int) -> bool:
        """The answer to LOOK: may what was matched since that version be wrong? Another thread may have heard the news first."""
        with self._lock:
            self._update(row)
            return self._version != version

    def _matched(self, index: Index, matcher_sets: Sequence[Matchers]) -> Matched:
        """Others get their turn between two sets; a place means the same series for as long as there is the index."""
        found = []
        for matchers in dict.fromkeys(tuple(one) for one in matcher_sets):
            with self._lock:
                found.append(index.match(matchers))
        places = found[0] if len(found) == 1 else np.unique(np.concatenate(found))
        ids = np.array([index.ids[place] for place in places.tolist()], dtype=np.int64)
        if len(ids) > 1 and (ids[1:] < ids[:-1]).any():
            order = np.argsort(ids)
            ids, places = ids[order], places[order]
        ordered = places.tolist()
        targets = np.array([index.targets[place] for place in ordered], dtype=np.int64)
        return Matched([index.labels[place] for place in ordered], ids, targets)

    def forget(self) -> None:
        with self._lock:
            self._index = Index()
            self._version += 1

    def _update(self, row: tuple[Any, ...]) -> None:
        _, epoch, xmin, own, _, recent = row
        index, changed = self._index, True
        if epoch != index.epoch or not index.xmin:
            index = self._index = Index(epoch=epoch)
            self._add(index, fetch(LOAD.format("true")), own)
        else:
            changed = self._drop_unsettled(index)
            made = np.frombuffer(recent or b"", dtype=">i8").tolist()
            if new := [series_id for series_id in made if series_id not in index.place_of]:
                changed = True
                self._add(index, fetch(LOAD.format("id = ANY(%(ids)s)"), {"ids": new}), own)
        index.xmin = xmin.decode()
        self._version += changed

    @staticmethod
    def _add(index: Index, rows: Iterable[tuple[Any, ...]], own: bytes | None) -> None:
        for series_id, target_id, name, labels, created in rows:
            place = index.add(series_id, target_id, name, orjson.loads(labels))
            if own is not None and created == own.decode():
                index.unsettled.add(place)

    @staticmethod
    def _drop_unsettled(index: Index) -> bool:
        """What was seen of a transaction before its end may have been rolled back; if it was not, it is found again. Was there any?"""
        any_there = bool(index.unsettled)
        for place in index.unsettled:
            index.place_of.pop(index.ids[place], None)
            index.dead.add(place)
        index.unsettled.clear()
        return any_there


def _common(a: Ints, b: Ints) -> Ints:
    """Of two ascending arrays, the shorter first."""
    if not len(a) or not len(b):
        return a[:0]
    at = np.minimum(np.searchsorted(b, a), len(b) - 1)
    common: Ints = a[b[at] == a]
    return common


series_index = FreshIndex()
