"""The final schedule: layers over one another, overrides over all. Pure.

At each instant the on-call people are those of the last layer that has somebody then. Then the overrides that hold at this instant are
applied, in the order in which they were made: one for everybody puts its person in place of all, one that replaces somebody puts its
person in that one's place, if that one is still on call. A person None is nobody. So a later override can hand on what an earlier one gave.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from alerts.oncall.rotation import Rotation, Shift, Span, shifts


@dataclass(frozen=True, slots=True)
class Cover:
    """An override for [start, end). `replaces` None: everybody; `person` None: nobody. Later ones have the greater `order`."""

    start: datetime
    end: datetime
    person: int | None
    replaces: int | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule: its layers, the last one wins; its overrides in any order."""

    layers: tuple[Rotation, ...]
    covers: tuple[Cover, ...] = ()


class Stretch(NamedTuple):
    """[start, end) in UTC with the same people, in order of their ids; empty: a gap. `layer` is the one they come from, -1 none."""

    start: datetime
    end: datetime
    people: tuple[int, ...]
    layer: int = -1
    covered: bool = False  # an override had a hand in it


class _Change(NamedTuple):
    at: datetime
    step: int  # 1: begins, -1: ends
    layer: int
    what: int | Cover


def final(plan: Plan, start: datetime, end: datetime) -> list[Stretch]:
    """Who is on call from `start` to `end`, without a hole: a gap is a stretch of nobody. Neighbours differ."""
    layers = [shifts(layer, start, end) for layer in plan.layers]
    return joined(stretches(layers, plan.covers, start, end))


def stretches(
    layers: Sequence[Sequence[Shift]], covers: Iterable[Cover], start: datetime, end: datetime
) -> list[Stretch]:
    """As `final`, but broken wherever any shift or override begins or ends."""
    if start >= end:
        return []
    held = [Counter[int]() for _ in layers]
    active: dict[int, Cover] = {}
    out: list[Stretch] = []
    begun = start
    for change in _changes(layers, covers, start, end):
        if change.at > begun:
            out.append(_stretch(begun, change.at, held, active))
            begun = change.at
        if isinstance(change.what, Cover):
            if change.step > 0:
                active[id(change.what)] = change.what
            else:
                active.pop(id(change.what), None)
        else:
            held[change.layer][change.what] += change.step
    if begun < end:
        out.append(_stretch(begun, end, held, active))
    return out


def _changes(
    layers: Sequence[Sequence[Shift]], covers: Iterable[Cover], start: datetime, end: datetime
) -> list[_Change]:
    """Of everything within [start, end), in order of time."""
    out = [
        change
        for number, layer in enumerate(layers)
        for shift in layer
        for change in (_Change(shift.start, 1, number, shift.person), _Change(shift.end, -1, number, shift.person))
    ]
    for cover in covers:
        if cover.start < end and cover.end > start:
            out.append(_Change(max(cover.start, start), 1, -1, cover))
            out.append(_Change(min(cover.end, end), -1, -1, cover))
    return sorted(out, key=lambda change: change.at)


def _stretch(start: datetime, end: datetime, held: Sequence[Counter[int]], active: dict[int, Cover]) -> Stretch:
    people: set[int] = set()
    layer = len(held)
    while layer > 0 and not people:
        layer -= 1
        people = {person for person, times in held[layer].items() if times > 0}
    source = layer if people else -1
    after = overridden(people, active.values())
    return Stretch(start, end, tuple(sorted(after)), source, covered=bool(active) and after != people)


def overridden(people: Iterable[int], covers: Iterable[Cover]) -> set[int]:
    """Who remains of `people`, and who comes in, by overrides that all hold."""
    now = set(people)
    for cover in sorted(covers, key=lambda one: one.order):
        if cover.replaces is None:
            now = set()
        elif cover.replaces in now:
            now.discard(cover.replaces)
        else:
            continue
        if cover.person is not None:
            now.add(cover.person)
    return now


def joined(pieces: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours with the same people made one; `layer` and `covered` are the first one's."""
    out: list[Stretch] = []
    for piece in pieces:
        if out and out[-1].end == piece.start and out[-1].people == piece.people:
            out[-1] = out[-1]._replace(end=piece.end)
        else:
            out.append(piece)
    return out


def gaps(pieces: Iterable[Stretch]) -> list[Span]:
    """Where nobody is on call."""
    return [Span(piece.start, piece.end) for piece in joined(pieces) if not piece.people]


def by_person(pieces: Iterable[Stretch]) -> dict[int, list[Span]]:
    """When each is on call, alone or with others; spans of a person that touch made one."""
    out: dict[int, list[Span]] = {}
    for piece in pieces:
        for person in piece.people:
            spans = out.setdefault(person, [])
            if spans and spans[-1].end == piece.start:
                spans[-1] = Span(spans[-1].start, piece.end)
            else:
                spans.append(Span(piece.start, piece.end))
    return out
