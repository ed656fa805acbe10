"""`Storage` over arrays in memory: for samples that are already at hand, and for tests. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from monitoring.metrics.promql.matchers import filter_labels, matches
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection, TooManySamplesError
from monitoring.metrics.promql.vectors import Floats, Ints


class MemoryStorage:
    """Series sorted by labels; an index of names and values narrows what the conditions are tried on."""

    def __init__(self, labels: Sequence[Labels], offsets: Ints, times: Ints, values: Floats) -> None:
        self.labels, self.offsets, self.times, self.values = list(labels), offsets, times, values
        self._index: dict[tuple[str, str], list[int]] = {}
        for place, series in enumerate(self.labels):
            for pair in series:
                self._index.setdefault(pair, []).append(place)

    @classmethod
    def of(cls, series: Iterable[tuple[Labels, Sequence[int] | Ints, Sequence[float] | Floats]]) -> "MemoryStorage":
        """From (labels, times in ms, values) of each series; times ascend."""
        ordered = sorted(
            ((tuple(sorted(labels)), times, values) for labels, times, values in series), key=lambda one: one[0]
        )
        counts = [len(times) for _, times, _ in ordered]
        return cls(
            [labels for labels, _, _ in ordered],
            np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64),
            np.concatenate([np.empty(0, np.int64), *(np.asarray(times, np.int64) for _, times, _ in ordered)]),
            np.concatenate([np.empty(0), *(np.asarray(values, np.float64) for _, _, values in ordered)]),
        )

    @classmethod
    def of_selection(cls, selection: Selection) -> "MemoryStorage":
        """Over what another store has read."""
        return cls(selection.labels, selection.offsets, selection.times, selection.values)

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        """See `Storage`."""
        places = self._matching(matchers)
        spans = self._spans(places, start_ms, end_ms)
        total = int((spans[:, 1] - spans[:, 0]).sum())
        if hints.most_samples and total > hints.most_samples:
            raise TooManySamplesError
        kept = [
            (place, first, last) for place, (first, last) in zip(places, spans.tolist(), strict=True) if last > first
        ]
        offsets = np.zeros(len(kept) + 1, dtype=np.int64)
        np.cumsum([last - first for _, first, last in kept], out=offsets[1:])
        labels = [self.labels[place] for place, _, _ in kept]
        if len(kept) == 1 or _adjoining(kept):
            first, last = (kept[0][1], kept[-1][2]) if kept else (0, 0)
            return Selection(labels, offsets, self.times[first:last], self.values[first:last])
        times = np.concatenate([np.empty(0, np.int64), *(self.times[first:last] for _, first, last in kept)])
        values = np.concatenate([np.empty(0), *(self.values[first:last] for _, first, last in kept)])
        return Selection(labels, offsets, times, values)

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        """See `Storage`."""
        found = [
            labels
            for place, labels in enumerate(self.labels)
            if (not matcher_sets or any(matches(labels, one) for one in matcher_sets))
            and self._lives(place, start_ms, end_ms)
        ]
        return found[:limit] if limit else found

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        """See `Storage`."""
        series = self.series(matcher_sets, start_ms, end_ms)
        found = sorted({value if name else key for labels in series for key, value in labels if name in (None, key)})
        return found[:limit] if limit else found

    def _matching(self, matchers: Matchers) -> list[int]:
        exact = [matcher for matcher in matchers if matcher.op == "=" and matcher.value]
        if not exact:
            return filter_labels(self.labels, matchers)
        lists = [self._index.get((matcher.name, matcher.value), []) for matcher in exact]
        places = min(lists, key=len)
        rest = [matcher for matcher, places_of in zip(exact, lists, strict=True) if places_of is not places]
        rest += [matcher for matcher in matchers if matcher.op != "=" or not matcher.value]
        if not rest:
            return places
        return [places[i] for i in filter_labels([self.labels[place] for place in places], rest)]

    def _spans(self, places: Sequence[int], start_ms: int, end_ms: int) -> Ints:
        spans = np.empty((len(places), 2), dtype=np.int64)
        offsets = self.offsets
        for i, place in enumerate(places):
            begin, end = offsets[place], offsets[place + 1]
            times = self.times[begin:end]
            spans[i] = begin + times.searchsorted(start_ms), begin + times.searchsorted(end_ms, "right")
        return spans

    def _lives(self, place: int, start_ms: int, end_ms: int) -> bool:
        first, last = self._spans([place], start_ms, end_ms)[0]
        return bool(last > first)


def _adjoining(kept: Sequence[tuple[int, int, int]]) -> bool:
    return all(before[2] == after[1] for before, after in pairwise(kept))
