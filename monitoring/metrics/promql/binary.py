"""Binary operators between scalars and vectors, and between vectors by their labels (promql/engine.go, VectorBinop). Pure.

The label sets are paired once; the steps of each pair are one operation on arrays.
"""

from collections.abc import Sequence

import numpy as np

from monitoring.metrics.promql.ast import COMPARISONS, Binary, Matching
from monitoring.metrics.promql.errors import execution
from monitoring.metrics.promql.limits import Budget
from monitoring.metrics.promql.operators import ARITHMETIC, COMPARE, DROPS_NAME, scalars
from monitoring.metrics.promql.quoting import labels_text
from monitoring.metrics.promql.rows import compact, distinct, empty, grouped, unnamed, without_name
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Bools, Floats, Scalar, Vector


def binary(node: Binary, left: Scalar | Vector, right: Scalar | Vector, budget: Budget) -> Scalar | Vector:
    """`left op right`. PromqlError of kind execution where series cannot be paired."""
    if isinstance(left, Scalar):
        if isinstance(right, Scalar):
            return Scalar(scalars(node.op, left.values, right.values))
        return _with_scalar(node, right, left.values, swapped=True)
    if isinstance(right, Scalar):
        return _with_scalar(node, left, right.values, swapped=False)
    if node.op in ("and", "or", "unless"):
        return _sets(node.op, left, right, node.matching)
    return _vectors(node, left, right, budget)


def _with_scalar(node: Binary, vector: Vector, numbers: Floats, swapped: bool) -> Vector:
    op, values = node.op, vector.values
    one, other = (numbers, values) if swapped else (values, numbers)
    labels = vector.labels
    if op in ARITHMETIC:
        result = Vector(labels, ARITHMETIC[op](one, other), vector.present)
        return distinct(unnamed(result) if op in DROPS_NAME else result)
    kept = COMPARE[op](one, other)
    if node.returns_bool:
        return distinct(unnamed(Vector(labels, kept.astype(np.float64), vector.present)))
    return compact(Vector(labels, values, vector.present & kept))


# -- pairing


def signature(labels: Labels, matching: Matching) -> Labels:
    """What of a label set must be equal on both sides."""
    if matching.on:
        return tuple([pair for pair in labels if pair[0] in matching.labels])
    if not matching.labels:
        return without_name(labels)
    return tuple([pair for pair in labels if pair[0] not in matching.labels and pair[0] != "__name__"])


def _sets(op: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    steps = left.values.shape[1]
    if op == "or" and not (left.labels and right.labels):
        return left if left.labels else right
    left_keys = [signature(labels, matching) for labels in left.labels]
    right_keys = [signature(labels, matching) for labels in right.labels]
    if op == "or":
        seen = _seen(left_keys, left.present, right_keys, steps)
        labels = left.labels + right.labels
        values = np.concatenate((left.values, right.values))
        present = np.concatenate((left.present, right.present & ~seen))
        return distinct(compact(Vector(labels, values, present)))
    seen = _seen(right_keys, right.present, left_keys, steps)
    return compact(Vector(left.labels, left.values, left.present & (seen if op == "and" else ~seen)))


def _seen(keys: Sequence[Labels], present: Bools, asked: Sequence[Labels], steps: int) -> Bools:
    """For each of `asked` and each step: whether some row of that key is present."""
    if not keys:
        return np.zeros((len(asked), steps), dtype=np.bool_)
    groups, firsts = grouped(keys)
    some = np.zeros((len(firsts) + 1, steps), dtype=np.bool_)
    if len(firsts) == len(keys):
        some[:-1] = present
    else:
        order = np.argsort(groups, kind="stable")
        sizes = np.bincount(groups)
        some[:-1] = np.logical_or.reduceat(present[order], np.cumsum(sizes) - sizes, axis=0)
    number = {keys[first]: group for group, first in enumerate(firsts)}
    found: Bools = some[[number.get(key, len(firsts)) for key in asked]]
    return found


def _vectors(node: Binary, left: Vector, right: Vector, budget: Budget) -> Vector:
    matching = node.matching
    steps = left.values.shape[1]
    if not left.labels or not right.labels:
        return empty(steps)
    swapped = matching.card == "one-to-many"
    many, one = (right, left) if swapped else (left, right)
    many_keys = [signature(labels, matching) for labels in many.labels]
    one, places = _one_side(many, one, matching)
    budget.cells(sum(len(places.get(key, ())) for key in many_keys), steps)
    pairs = [(row, other) for row, key in enumerate(many_keys) for other in places.get(key, ())]
    if not pairs:
        return empty(steps)
    many_rows, one_rows = (list(rows) for rows in zip(*pairs, strict=True))
    both = many.present[many_rows] & one.present[one_rows]
    a, b = many.values[many_rows], one.values[one_rows]
    values, kept = _elements(node, *((b, a) if swapped else (a, b)))
    if kept is not None:
        both &= kept
    labels = [_result_labels(node, many.labels[row], one.labels[other]) for row, other in pairs]
    _many_side_check(matching, [many_keys[row] for row in many_rows], labels, both)
    return distinct(compact(Vector(labels, values, both)))


def _elements(node: Binary, left: Floats, right: Floats) -> tuple[Floats, Bools | None]:
    """The values, and for a comparison that filters which are kept."""
    if node.op not in COMPARISONS:
        return ARITHMETIC[node.op](left, right), None
    kept = COMPARE[node.op](left, right)
    return (kept.astype(np.float64), None) if node.returns_bool else (left, kept)


def _one_side(many: Vector, one: Vector, matching: Matching) -> tuple[Vector, dict[Labels, list[int]]]:
    """The side that must be unique, and its rows by signature. What follows one another in time is one row, unless it
    brings different labels along.
    """
    keys = [signature(labels, matching) for labels in one.labels]
    places = _places(keys)
    if len(places) == len(keys):
        return one, places
    _one_side_check(many, one, places, matching)
    brought = [tuple([pair for pair in labels if pair[0] in matching.include]) for labels in one.labels]
    groups, firsts = grouped(list(zip(keys, brought, strict=True)))
    asked = one.present & many.present.any(axis=0)
    merged = distinct(Vector([(("", str(group)),) for group in groups.tolist()], one.values, asked))
    rows = [int(labels[0][1]) for labels in merged.labels]
    kept = Vector([one.labels[firsts[row]] for row in rows], merged.values, merged.present)
    return kept, _places([keys[firsts[row]] for row in rows])


def _places(keys: Sequence[Labels]) -> dict[Labels, list[int]]:
    places: dict[Labels, list[int]] = {}
    for row, key in enumerate(keys):
        places.setdefault(key, []).append(row)
    return places


def _one_side_check(many: Vector, one: Vector, places: dict[Labels, list[int]], matching: Matching) -> None:
    """Two series of the side that must be unique, at a step at which the other side has any: Prometheus's error."""
    asked = many.present.any(axis=0)
    worst: tuple[int, int, int, Labels] | None = None
    for key, rows in places.items():
        if len(rows) < 2:
            continue
        present = one.present[rows] & asked
        steps = np.flatnonzero(present.sum(axis=0) > 1)
        if len(steps):
            step = int(steps[0])
            first, second = (rows[place] for place in np.flatnonzero(present[:, step])[:2].tolist())
            if worst is None or (step, second) < worst[:2]:
                worst = (step, second, first, key)
    if worst is None:
        return
    _, second, first, key = worst
    side = "left" if matching.card == "one-to-many" else "right"
    both = f"[{labels_text(one.labels[second])}, {labels_text(one.labels[first])}]"
    raise execution(
        f"found duplicate series for the match group {labels_text(key)} on the {side} hand-side of the operation: {both}"
        ";many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _many_side_check(matching: Matching, keys: Sequence[Labels], labels: Sequence[Labels], present: Bools) -> None:
    if matching.card == "one-to-one":
        message = "many-to-one matching must be explicit (group_left/group_right)"
        _never_together(keys, present, message)
    else:
        _never_together(list(zip(keys, labels, strict=True)), present, "grouping labels must ensure unique matches")


def _never_together(keys: Sequence[object], present: Bools, message: str) -> None:
    if len(set(keys)) == len(keys):
        return
    groups, _ = grouped(keys)
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    together = np.add.reduceat(present[order], np.cumsum(sizes) - sizes, axis=0, dtype=np.int64)
    if (together > 1).any():
        raise execution(f"multiple matches for labels: {message}")


def _result_labels(node: Binary, many: Labels, one: Labels) -> Labels:
    matching = node.matching
    labels = many
    if node.op in DROPS_NAME or node.returns_bool:
        labels = without_name(labels)
    if matching.card == "one-to-one":
        if matching.on:
            labels = tuple([pair for pair in labels if pair[0] in matching.labels])
        elif matching.labels:
            labels = tuple([pair for pair in labels if pair[0] not in matching.labels])
    if not matching.include:
        return labels
    taken = [pair for pair in one if pair[0] in matching.include]
    result = tuple(sorted([pair for pair in labels if pair[0] not in matching.include] + taken))
    return without_name(result) if node.returns_bool else result
