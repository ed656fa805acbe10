"""What a query reads from the store: each selector once for all its steps, and equal selectors together.

Selectors with the same matchers whose spans overlap are read as one, if raw samples answer; a roll-up that serves one
function need not serve another, so then each is read by itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

from monitoring.metrics.promql.ast import At, FunctionCall, Node, Range, Selector, Subquery, children
from monitoring.metrics.promql.limits import Budget, TooMuchAtOnceError, too_much
from monitoring.metrics.promql.storage import Hints, Matcher, Selection, Storage, TooManySamplesError
from monitoring.metrics.promql.vectors import Notes

_EARLIEST_MS, _LATEST_MS = -(10**14), 9 * 10**15


class Want(NamedTuple):
    """What one selector needs: its span and what for."""

    start_ms: int
    end_ms: int
    range_ms: int
    function: str


class Query(NamedTuple):
    """What holds for the whole of a query."""

    start_ms: int
    end_ms: int
    lookback_ms: int
    default_step_ms: int


def fixed(at: At, query: Query) -> int | None:
    """The time of an @ modifier in ms."""
    return query.start_ms if at == "start" else query.end_ms if at == "end" else at


def subquery_steps(node: Subquery, start_ms: int, end_ms: int, query: Query) -> tuple[int, int, int]:
    """First and last step and their distance, for the outer steps from `start_ms` to `end_ms`: multiples of the distance."""
    at = fixed(node.at, query)
    first, last = (start_ms, end_ms) if at is None else (at, at)
    step = node.step_ms or query.default_step_ms
    begin = first - node.offset_ms - node.range_ms
    return -(-begin // step) * step, last - node.offset_ms, step


def wants(node: Node, start_ms: int, end_ms: int, query: Query) -> Iterator[tuple[tuple[Matcher, ...], Want]]:
    """Every selector below `node` and what it needs."""
    stack: list[tuple[Node, int, int, str]] = [(node, start_ms, end_ms, "")]
    while stack:
        one, start, end, function = stack.pop()
        if isinstance(one, Selector | Range):
            yield want(one, start, end, function, query)
            continue
        if isinstance(one, Subquery):
            start, end, _ = subquery_steps(one, start, end, query)
        name = one.name if isinstance(one, FunctionCall) else ""
        stack += [(below, start, end, name) for below in children(one)]


def want(
    node: Selector | Range, start_ms: int, end_ms: int, function: str, query: Query
) -> tuple[tuple[Matcher, ...], Want]:
    """What one selector needs for the steps from `start_ms` to `end_ms`."""
    selector, range_ms = (node.selector, node.range_ms) if isinstance(node, Range) else (node, 0)
    at = fixed(selector.at, query)
    first, last = (start_ms, end_ms) if at is None else (at, at)
    back = range_ms or query.lookback_ms
    begin, end = first - selector.offset_ms - back, last - selector.offset_ms
    return selector.matchers, Want(max(begin, _EARLIEST_MS), min(end, _LATEST_MS), range_ms, function)


class Reads:
    """Reads through `storage`; counts, bounds and shares."""

    def __init__(self, storage: Storage, budget: Budget, notes: Notes) -> None:
        self.storage, self.budget, self.notes = storage, budget, notes
        self.shared: dict[tuple[Matcher, ...], list[Want]] = {}
        self._kept: dict[tuple[Matcher, ...], list[tuple[Want, Selection]]] = {}
        self._samples = 0

    def share(self, wanted: Iterator[tuple[tuple[Matcher, ...], Want]]) -> None:
        """Learn of all selectors, so that equal ones can be read together."""
        for matchers, one in wanted:
            self.shared.setdefault(matchers, []).append(one)

    def read(self, matchers: tuple[Matcher, ...], wanted: Want, step_ms: int) -> Selection:
        """The samples of one selector, maybe with more before and after."""
        together = self.shared.get(matchers, ())
        if len(together) < 2:
            return self._select(matchers, wanted, step_ms)
        for have, selection in self._kept.get(matchers, ()):
            covers = have.start_ms <= wanted.start_ms and have.end_ms >= wanted.end_ms
            if covers and (selection.tier == "raw" or have[2:] == wanted[2:]):
                return selection
        union = _union(wanted, together)
        selection = self._select(matchers, union, step_ms)
        if selection.tier != "raw" and union != wanted:
            union, selection = wanted, self._select(matchers, wanted, step_ms)
        self._keep(matchers, union, selection)
        return selection

    def _keep(self, matchers: tuple[Matcher, ...], wanted: Want, selection: Selection) -> None:
        """For the next of these selectors; no more than one read may hold is kept of all of them."""
        if self._samples + len(selection.times) > self.budget.limits.most_held:
            self._kept.clear()
            self._samples = 0
        self._kept.setdefault(matchers, []).append((wanted, selection))
        self._samples += len(selection.times)

    def _select(self, matchers: tuple[Matcher, ...], wanted: Want, step_ms: int) -> Selection:
        budget = self.budget
        budget.check()
        limits = budget.limits
        most = min(limits.most_held, limits.most_samples - budget.samples + 1)
        hints = Hints(wanted.start_ms, wanted.end_ms, step_ms, wanted.range_ms, wanted.function, most)
        try:
            selection = self.storage.select(matchers, wanted.start_ms, wanted.end_ms, hints)
        except TooManySamplesError:
            if most < limits.most_held:
                raise too_much(limits) from None
            raise TooMuchAtOnceError from None
        budget.series(len(selection.labels))
        budget.read(len(selection.times))
        for warning in selection.warnings:
            if warning not in self.notes.warnings:
                self.notes.warnings.append(warning)
        return selection


def _union(wanted: Want, together: list[Want]) -> Want:
    """The span of all that overlap with `wanted`, directly or through others, for the finest of their uses."""
    start, end = wanted.start_ms, wanted.end_ms
    left = [one for one in together if one != wanted]
    finest = wanted
    while True:
        touching = [one for one in left if one.start_ms <= end and one.end_ms >= start]
        if not touching:
            return Want(start, end, finest.range_ms, finest.function)
        start = min(start, *(one.start_ms for one in touching))
        end = max(end, *(one.end_ms for one in touching))
        finest = min([finest, *touching], key=lambda one: one.range_ms)
        left = [one for one in left if one not in touching]
