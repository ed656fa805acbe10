"""Aggregation operators with a parameter: topk bottomk limitk limit_ratio quantile count_values. Pure."""

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from monitoring.metrics.promql.aggregation import Groups, groups_of, key
from monitoring.metrics.promql.errors import execution
from monitoring.metrics.promql.limits import Budget
from monitoring.metrics.promql.quoting import float_text, go_quote, labels_text
from monitoring.metrics.promql.rows import compact, empty, grouped, take
from monitoring.metrics.promql.vectors import Bools, Floats, Ints, Vector

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def quantile(vector: Vector, fractions: Floats, grouping: tuple[str, ...], without: bool) -> Vector:
    """The quantile of each group, NaN counting as the smallest value; `fractions` (T)."""
    if not vector.labels:
        return vector
    groups = groups_of(vector.labels, grouping, without)
    steps = vector.values.shape[1]
    found = np.empty((len(groups.labels), steps))
    present = np.empty((len(groups.labels), steps), dtype=np.bool_)
    for group, rows in _rows(groups):
        here = vector.present[rows]
        found[group] = _quantiles(vector.values[rows], here, fractions)
        present[group] = here.any(axis=0)
    return Vector(groups.labels, found, present)


def _quantiles(values: Floats, present: Bools, fractions: Floats) -> Floats:
    counts = present.sum(axis=0)
    unknown = np.isnan(values) & present
    unknowns = unknown.sum(axis=0)
    ranked = np.sort(np.where(present, np.where(unknown, -np.inf, values), np.inf), axis=0)
    place = np.nan_to_num(fractions).clip(0, 1) * np.maximum(counts - 1, 0)
    lower = np.floor(place).astype(np.int64)
    upper = np.minimum(np.maximum(counts - 1, 0), lower + 1)
    steps = np.arange(values.shape[1])
    low = np.where(lower < unknowns, np.nan, ranked[lower, steps])
    high = np.where(upper < unknowns, np.nan, ranked[upper, steps])
    weight = place - np.floor(place)
    found = low * (1 - weight) + high * weight
    found = np.where(fractions < 0, -np.inf, np.where(fractions > 1, np.inf, found))
    return np.where(np.isnan(fractions), np.nan, found)


def count_values(vector: Vector, label: str, grouping: tuple[str, ...], without: bool, budget: Budget) -> Vector:
    """How many series of each group have each value; the value becomes a label."""
    if not _LABEL.fullmatch(label):
        raise execution(f"invalid label name {go_quote(label)}")
    steps = vector.values.shape[1]
    rows, columns = np.nonzero(vector.present)
    if not len(rows):
        return empty(steps)
    bits = vector.values[rows, columns].view(np.int64)
    # one number for all NaN, one for each other value: -0 and 0 are written differently
    bits = np.where(np.isnan(vector.values[rows, columns]), np.array(np.nan).view(np.int64), bits)
    unique, value_of = np.unique(bits, return_inverse=True)
    kept = grouping if without else tuple(sorted({*grouping, label}))
    named = [tuple([pair for pair in labels if pair[0] != label]) for labels in vector.labels]
    group_of, heads = grouped([key(labels, kept, without) for labels in named])
    named = [named[head] for head in heads]
    pairs, pair_of = np.unique(group_of[rows] * len(unique) + value_of.ravel(), return_inverse=True)
    budget.rows(len(pairs))
    budget.cells(len(pairs), steps)
    texts = [float_text(value) for value in unique.view(np.float64).tolist()]
    keys = []
    for number, pair in enumerate(pairs.tolist()):
        if number & 8191 == 8191:
            budget.check()
        row, value = divmod(pair, len(unique))
        keys.append(key(tuple(sorted((*named[row], (label, texts[value])))), kept, without))
    of_pair, firsts = grouped(keys)
    budget.cells(len(firsts), steps)
    counted = np.bincount(of_pair[pair_of.ravel()] * steps + columns, minlength=len(firsts) * steps)
    counts = counted.reshape(len(firsts), steps).astype(np.float64)
    return Vector([keys[first] for first in firsts], counts, counts > 0)


def limit(op: str, vector: Vector, params: Floats, grouping: tuple[str, ...], without: bool, budget: Budget) -> Vector:
    """topk, bottomk, limitk, limit_ratio: some of each group's series as they are. One step keeps Prometheus's order."""
    if op == "limit_ratio":
        return _ratio(vector, params)
    most = _whole(params)
    if not vector.labels:
        return vector
    groups = groups_of(vector.labels, grouping, without)
    chosen = np.zeros_like(vector.present)
    ordered: list[int] = []
    for _, rows in _rows(groups):
        budget.check()
        here = vector.present[rows]
        if op == "limitk":
            chosen[rows] = here & (np.cumsum(here, axis=0) <= most)
            continue
        values = vector.values[rows] if op == "topk" else -vector.values[rows]
        for step, limit_here in enumerate(most.tolist()):
            if step & 63 == 63:
                budget.check()
            places = np.flatnonzero(here[:, step])
            best = rows[places[largest(values[places, step].tolist(), limit_here)]]
            chosen[best, step] = True
            if len(most) == 1:
                ordered += best.tolist()
    if op != "limitk" and len(most) == 1:
        return take(vector, np.array(ordered, dtype=np.int64))
    return compact(Vector(vector.labels, vector.values, chosen))


def _whole(params: Floats) -> Ints:
    for value in params.tolist():
        if not -(2.0**63) < value < 2.0**63:
            raise execution(f"Scalar value {_go_v(value)} overflows int64")
    return params.astype(np.int64)


def _go_v(value: float) -> str:
    """Go's %v of a float that is large or no number."""
    return repr(value) if np.isfinite(value) else float_text(value)


def largest(values: Sequence[float], most: int) -> list[int]:
    """Places of the `most` largest values, largest first, NaN last.

    Which of several equal ones stay is up to the heap that finds them; this one works as Go's container/heap does.
    """
    if most < 1:
        return []
    heap: list[tuple[float, int]] = []
    low = 0.0
    for place, value in enumerate(values):
        if len(heap) < most:
            heap.append((value, place))
            _up(heap)
        elif value > low or (low != low and value == value):
            _replace_lowest(heap, (value, place))
        low = heap[0][0]
    heap.sort(key=lambda entry: (entry[0] == entry[0], entry[0] if entry[0] == entry[0] else 0.0), reverse=True)
    return [place for _, place in heap]


def _less(one: float, other: float) -> bool:
    return one != one or one < other


def _replace_lowest(heap: list[tuple[float, int]], entry: tuple[float, int]) -> None:
    """Pop and push: the last leaf sinks from the top, the new one rises from the end."""
    last = heap.pop()
    if heap:
        heap[0] = last
        _down(heap)
    heap.append(entry)
    _up(heap)


def _up(heap: list[tuple[float, int]]) -> None:
    place = len(heap) - 1
    while place:
        parent = (place - 1) // 2
        if not _less(heap[place][0], heap[parent][0]):
            return
        heap[place], heap[parent] = heap[parent], heap[place]
        place = parent


def _down(heap: list[tuple[float, int]]) -> None:
    place, size = 0, len(heap)
    while (child := 2 * place + 1) < size:
        if child + 1 < size and _less(heap[child + 1][0], heap[child][0]):
            child += 1
        if not _less(heap[child][0], heap[place][0]):
            return
        heap[place], heap[child] = heap[child], heap[place]
        place = child


def _ratio(vector: Vector, params: Floats) -> Vector:
    """A fixed share of the series, the same ones every time: those with a hash below `ratio`, or above 1 + `ratio`."""
    if np.isnan(params).any():
        raise execution("Ratio value NaN is NaN")
    ratios = params.clip(-1, 1)
    hashes = [int.from_bytes(blake2b(labels_text(labels).encode(), digest_size=8).digest()) for labels in vector.labels]
    places = (np.array(hashes, dtype=np.float64) / 2.0**64)[:, None]
    chosen = np.where(ratios >= 0, places < ratios, places >= 1 + ratios)
    return compact(Vector(vector.labels, vector.values, vector.present & chosen))


def _rows(groups: Groups) -> Iterator[tuple[int, Ints]]:
    for group, (start, size) in enumerate(zip(groups.starts.tolist(), groups.sizes.tolist(), strict=True)):
        yield group, groups.order[start : start + size]
