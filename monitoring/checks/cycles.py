"""Dependencies between services must not go round: a pure search for the way round."""

from collections.abc import Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def cycle_from(start: str, graph: Graph) -> list[str] | None:
    """A way from `start` back to itself (`["shop", "db", "shop"]`), or None. `graph`: what each service depends on."""
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


def first_cycle(graph: Graph) -> list[str] | None:
    """The first way round in the whole graph, or None."""
    for start in graph:
        if found := cycle_from(start, graph):
            return found
    return None
