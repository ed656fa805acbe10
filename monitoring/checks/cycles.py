"""Dependencies between services must not go round: a pure search for the way round."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def cycle(graph: Mapping[Node, Sequence[Node]]) -> list[Node] | None:
    """A way round, ending where it begins (`["shop", "db", "shop"]`), or None. `graph`: what each depends on."""
    for start in graph:
        if found := _way_back(start, graph):
            return found
    return None


def _way_back(start: Node, graph: Mapping[Node, Sequence[Node]]) -> list[Node] | None:
    trail = [start]
    pending = [iter(graph.get(start, ()))]
    seen = {start}
    while pending:
        step = next(pending[-1], None)
        if step is None:
            pending.pop()
            trail.pop()
        elif step == start:
            return [*trail, start]
        elif step not in seen:
            seen.add(step)
            trail.append(step)
            pending.append(iter(graph.get(step, ())))
    return None
