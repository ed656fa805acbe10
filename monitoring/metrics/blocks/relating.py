"""Columns that follow from others: what is in use and what is idle make up the whole, what was made less what was freed is there. Pure.

A column is kept as what is left of it beside a base: `base - rest`, or `rest - base`. Where the rest is a third column, it costs nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitoring.metrics.blocks.columns import Floats, Ints
from monitoring.metrics.blocks.packing import integer_bytes

BASE_LESS_REST, REST_LESS_BASE = range(2)
LEAST_COUNT = 1024
MOST_COLUMNS = 48
"""Those that take the most are looked at, each beside each."""
_WINDOWS, _STEPS = 4, 32
_BITS_WORTH = 0.7  # fewer for a number
_TRIED = 3
_SHORTER = 0.9


class Candidate(NamedTuple):
    """A column, by its place in the block, and the bytes that it takes by itself."""

    place: int
    numbers: Ints
    size: int


class Relation(NamedTuple):
    """The place of the base, how the two make up the column, and the rest as a column of integers."""

    base: int
    form: int
    rest: bytes


def relations(candidates: Sequence[Candidate]) -> dict[int, Relation]:
    """By place, of columns of one length that stand for numbers of one unit. A base has none itself."""
    candidates = sorted(candidates, key=lambda one: -one.size)[:MOST_COLUMNS]
    if len(candidates) < 2 or len(candidates[0].numbers) < LEAST_COUNT:
        return {}
    alone, beside = _costs([one.numbers for one in candidates])
    gains = alone[:, None, None] - beside
    found: dict[int, Relation] = {}
    bases: set[int] = set()
    known = {integer_bytes(one.numbers) for one in candidates} if gains.max() > _BITS_WORTH else set()
    for row in np.argsort(-gains.max(axis=(1, 2)), kind="stable").tolist():
        one = candidates[row]
        if gains[row].max() < _BITS_WORTH or one.place in bases:
            continue
        tried = np.argsort(-gains[row], axis=None, kind="stable")[:_TRIED].tolist()
        offers = [
            _beside(one, candidates[at // 2], at % 2)
            for at in tried
            if gains[row].flat[at] >= _BITS_WORTH and candidates[at // 2].place not in found
        ]
        best = min(offers, key=lambda offer: _size(offer, known), default=None)
        if best is not None and _size(best, known) < one.size * _SHORTER:
            found[one.place] = best
            bases.add(best.base)
    return found


def apart(form: int, base: Ints, rest: Ints) -> Ints:
    """The column again."""
    return base - rest if form == BASE_LESS_REST else rest - base


def _size(offer: Relation, known: set[bytes]) -> int:
    return 0 if offer.rest in known else len(offer.rest)


def _beside(one: Candidate, base: Candidate, form: int) -> Relation:
    rest = base.numbers - one.numbers if form == BASE_LESS_REST else one.numbers + base.numbers
    return Relation(base.place, form, integer_bytes(rest))


def _costs(columns: Sequence[Ints]) -> tuple[Floats, Floats]:
    """About how many bits a step of each column takes, and a step of the rest of each beside each, in both forms: (n), (n, n, 2)."""
    starts = np.linspace(0, len(columns[0]) - _STEPS - 1, _WINDOWS).astype(np.int64)
    places = starts[:, None] + np.arange(_STEPS + 1)
    with np.errstate(all="ignore"):
        steps = np.stack([np.diff(one[places].astype(np.float64)).ravel() for one in columns])
        rests = np.stack((steps[None] - steps[:, None], steps[None] + steps[:, None]), axis=2)
        alone, beside = _bits(steps), _bits(rests)
    beside[np.arange(len(columns)), np.arange(len(columns))] = np.inf
    return alone, beside


def _bits(steps: Floats) -> Floats:
    bits: Floats = np.log2(1 + np.abs(steps - np.median(steps, axis=-1, keepdims=True))).mean(axis=-1)
    return bits
