"""What differs between two trees of services; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


class Absent:
    """Stands for what is not there."""


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference at a place such as `services.shop.checks.home.interval_s`. `op`: add, remove or change."""

    op: str
    place: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        match self.op:
            case "add":
                return f"+ {self.place}{_shown(self.after)}"
            case "remove":
                return f"- {self.place}{_shown(self.before)}"
        return f"~ {self.place}{_shown(self.before)} → {_value(self.after)}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(before: Mapping[str, Any], after: Mapping[str, Any], place: str = "services") -> Iterator[Change]:
    """Differences in the order of `after`, what is gone last. A whole entry that is new or gone is one change an inner value."""
    for key in [*after, *(key for key in before if key not in after)]:
        inside = f"{place}.{key}"
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if old == new:
            continue
        if isinstance(old, Mapping | Absent) and isinstance(new, Mapping | Absent):
            yield from _whole(inside, old, new)
            yield from compare(_branch(old), _branch(new), inside)
        elif old is ABSENT:
            yield Change("add", inside, after=new)
        elif new is ABSENT:
            yield Change("remove", inside, before=old)
        else:
            yield Change("change", inside, old, new)


def _whole(place: str, old: Any, new: Any) -> Iterator[Change]:
    if old is ABSENT:
        yield Change("add", place)
    elif new is ABSENT:
        yield Change("remove", place)


def _branch(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _shown(value: Any) -> str:
    return "" if value is None else f": {_value(value)}"


def _value(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
