"""Many instant queries at one time, as alert rules are: those on the same metric share one read of the store."""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import NamedTuple

from monitoring.metrics.promql.ast import Node
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import DEFAULT_STEP_MS, LOOKBACK_MS, Result, instant
from monitoring.metrics.promql.limits import Budget, Limits
from monitoring.metrics.promql.matchers import any_of
from monitoring.metrics.promql.memory_store import MemoryStorage
from monitoring.metrics.promql.parsing import parse
from monitoring.metrics.promql.reads import Query, Want, wants
from monitoring.metrics.promql.storage import (
    Hints,
    Labels,
    Matcher,
    Matchers,
    Selection,
    Storage,
    TooManySamplesError,
)

_FEWEST = 4  # selectors that make one read for all worth while
_NO_LIMITS = Limits()


class _Like(NamedTuple):
    """Selectors that one read may serve: of one metric, up to the same time, of about the same length."""

    metric: Matcher
    end_ms: int
    size: int


class Prefetched:
    """A `Storage` that answers from what was read for several selectors, and asks the real one for the rest."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._read: dict[Matcher, list[tuple[int, int, frozenset[Matchers], MemoryStorage]]] = {}

    def prefetch(self, wanted: Iterable[tuple[tuple[Matcher, ...], Want]], most_samples: int) -> None:
        """Read together what is alike."""
        alike: dict[_Like, dict[tuple[Matcher, ...], Want]] = {}
        for matchers, want in wanted:
            metric = next((one for one in matchers if one.name == "__name__" and one.op == "="), None)
            if metric is None:
                continue
            like = _Like(metric, want.end_ms, (want.end_ms - want.start_ms).bit_length())
            kept = alike.setdefault(like, {})
            earlier = kept.get(matchers)
            kept[matchers] = want if earlier is None or want.start_ms < earlier.start_ms else earlier
        left = most_samples
        for like, group in alike.items():
            if len(group) >= _FEWEST and left > 0:
                left -= self._together(like, group, left)

    def _together(self, like: _Like, group: dict[tuple[Matcher, ...], Want], most_samples: int) -> int:
        """How many samples were read, which are held until all is answered."""
        start = min(want.start_ms for want in group.values())
        finest = min(group.values(), key=lambda want: want.range_ms)
        hints = Hints(start, like.end_ms, 0, finest.range_ms, finest.function, most_samples)
        try:
            selection = self.storage.select(_common(list(group)), start, like.end_ms, hints)
        except TooManySamplesError:
            return 0
        if selection.tier == "raw" and not selection.warnings:
            served: frozenset[Matchers] = frozenset(group)
            entry = (start, like.end_ms, served, MemoryStorage.of_selection(selection))
            self._read.setdefault(like.metric, []).append(entry)
            return len(selection.times)
        return 0

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        """See `Storage`."""
        metric = next((one for one in matchers if one.name == "__name__"), None)
        for first, last, served, memory in self._read.get(metric, ()) if metric else ():
            if first <= start_ms and end_ms <= last and matchers in served:
                return memory.select(matchers, start_ms, end_ms, hints)
        return self.storage.select(matchers, start_ms, end_ms, hints)

    def series(self, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0) -> list[Labels]:
        """See `Storage`."""
        return self.storage.series(matcher_sets, start_ms, end_ms, limit)

    def label_values(
        self, name: str | None, matcher_sets: Sequence[Matchers], start_ms: int, end_ms: int, limit: int = 0
    ) -> list[str]:
        """See `Storage`."""
        return self.storage.label_values(name, matcher_sets, start_ms, end_ms, limit)


def _common(groups: Sequence[tuple[Matcher, ...]]) -> list[Matcher]:
    """Conditions that every one of `groups` implies: those they share, and for a label that each fixes, its values."""
    shared = [matcher for matcher in groups[0] if all(matcher in matchers for matchers in groups)]
    values: dict[str, set[str]] = {}
    for matchers in groups:
        for name, op, value in matchers:
            if op == "=" and value:
                values.setdefault(name, set()).add(value)
    names = {matcher.name for matcher in shared if matcher.op == "="}
    for name in set(values) - names:
        fixes = all(any(one.name == name and one.op == "=" and one.value for one in matchers) for matchers in groups)
        pattern = any_of(sorted(values[name])) if fixes else None
        if pattern:
            shared.append(Matcher(name, "=~", pattern))
    return shared


def query_many(
    storage: Storage,
    texts: Sequence[str],
    time_ms: int,
    *,
    limits: Limits = _NO_LIMITS,
    lookback_ms: int = LOOKBACK_MS,
    default_step_ms: int = DEFAULT_STEP_MS,
) -> list[Result | PromqlError]:
    """The value of each text at one time, or its error; the limits hold for each, the deadline for all together."""
    ends = monotonic() + limits.deadline_s
    parsed: list[Node | PromqlError] = []
    for text in texts:
        try:
            parsed.append(parse(text))
        except PromqlError as error:
            parsed.append(error)
    whole = Query(time_ms, time_ms, lookback_ms, default_step_ms)
    nodes = (node for node in parsed if not isinstance(node, PromqlError))
    source = Prefetched(storage)
    source.prefetch((found for node in nodes for found in wants(node, time_ms, time_ms, whole)), limits.most_held)
    results: list[Result | PromqlError] = []
    for node in parsed:
        if isinstance(node, PromqlError):
            results.append(node)
            continue
        try:
            results.append(instant(source, node, time_ms, Budget(limits, ends), lookback_ms, default_step_ms))
        except PromqlError as error:
            results.append(error)
    return results
