"""The routing tree: which routes take an alert, with which receiver, grouping and timers. Alertmanager's rules exactly. Pure.

The root takes everything. Of a route's children, in order, the first that matches takes the alert and, unless it `continue`s, is the
last; where none matches, the route itself takes it. What a route leaves out it has from its parent, but not its mute and active times.
Source: Alertmanager 0.25, dispatch/route.go.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from alerts.incidents.identity import identity
from alerts.incidents.matching import MatcherError, Matchers, in_order, matches_all, parse_all, written
from monitoring.metrics.promql.quoting import go_quote

ALL = "..."
GROUP_WAIT_S = 30.0
GROUP_INTERVAL_S = 300.0
REPEAT_INTERVAL_S = 4 * 3600.0
MOST_DEPTH = 50
MOST_KNOWN = 10_000
_T = TypeVar("_T")


class RoutingError(ValueError):
    """A tree that cannot be; says which route and what to do."""


@dataclass(frozen=True, slots=True)
class RouteData:
    """A route as it is written; None (and an empty `group_by`): as the parent has it. The root has `parent_id` None."""

    id: int
    parent_id: int | None
    position: int = 0
    matchers: tuple[str, ...] = ()
    receiver_id: int | None = None
    group_by: tuple[str, ...] | None = None
    group_wait_s: float | None = None
    group_interval_s: float | None = None
    repeat_interval_s: float | None = None
    goes_on: bool = False
    mute_times: tuple[str, ...] = ()
    active_times: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of some routes may match, by the first label that each wants to equal a value; the others are always asked."""

    always: tuple[int, ...]
    by_value: Mapping[str, Mapping[str, tuple[int, ...]]]

    def places(self, labels: Mapping[str, str]) -> Iterable[int]:
        found = [place for name, values in self.by_value.items() for place in values.get(labels.get(name, ""), ())]
        return sorted([*self.always, *found]) if found else self.always


@dataclass(frozen=True, slots=True)
class Node:
    """A route with everything it has from its parents.

    `key` is the path of matchers that Alertmanager names a route by; `unique_key` tells apart routes of one path ("…#2"). `asked`: the
    labels that matchers below it ask for; `known` remembers where alerts with some values of these went.
    """

    id: int
    key: str
    unique_key: str
    name: str
    matchers: Matchers
    receiver_id: int
    group_by: tuple[str, ...]
    group_by_all: bool
    group_wait_s: float
    group_interval_s: float
    repeat_interval_s: float
    goes_on: bool
    mute_times: tuple[str, ...]
    active_times: tuple[str, ...]
    children: tuple["Node", ...]
    choice: Choice = field(repr=False, compare=False)
    known: dict[tuple[str, ...], list["Node"]] = field(default_factory=dict, repr=False, compare=False)
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a route when an alert was looked at: `taken` is the end of a path, `matched` may go on to a child."""

    node: Node
    depth: int
    matched: bool
    taken: bool
    why: str


def tree(routes: Iterable[RouteData]) -> Node:
    """The tree of some routes. Raises RoutingError where they are none, MatcherError for a matcher."""
    by_parent: dict[int | None, list[RouteData]] = {}
    rows = list(routes)
    for row in rows:
        by_parent.setdefault(row.parent_id, []).append(row)
    for children in by_parent.values():
        children.sort(key=lambda row: (row.position, row.id))
    roots = by_parent.get(None, [])
    if len(roots) != 1:
        raise RoutingError(f"There must be one route without a parent, the root; there are {len(roots)}.")
    if roots[0].receiver_id is None:
        raise RoutingError("The root route needs a receiver: it takes what no other route takes.")
    if roots[0].matchers or roots[0].mute_times or roots[0].active_times:
        raise RoutingError("The root route takes everything, always: leave out its matchers, mute and active times.")
    builder = _Builder(by_parent)
    root = builder.node(roots[0], None, 0)
    if builder.built < len(rows):
        raise RoutingError(f"{len(rows) - builder.built} routes hang on a parent that is not below the root.")
    return root


@dataclass(slots=True)
class _Builder:
    by_parent: Mapping[int | None, list[RouteData]]
    keys: Counter[str] = field(default_factory=Counter)
    built: int = 0

    def node(self, row: RouteData, parent: Node | None, depth: int) -> Node:
        """The node of a row and all below it; `parent` has no children yet."""
        if depth > MOST_DEPTH:
            raise RoutingError(f"Routes are nested more than {MOST_DEPTH} deep, or in a circle, at {_named(row)}.")
        self.built += 1
        alone = self._alone(row, parent)
        children = tuple(self.node(child, alone, depth + 1) for child in self.by_parent.get(row.id, ()))
        return _with_children(alone, children)

    def _alone(self, row: RouteData, parent: Node | None) -> Node:
        try:
            matchers = in_order(parse_all(row.matchers))
        except MatcherError as error:
            raise RoutingError(f"Route {_named(row)}: {error}") from None
        key = (f"{parent.key}/" if parent else "") + written(matchers)
        self.keys[key] += 1
        same = self.keys[key]
        above = parent or _ABOVE_ROOT
        group_by, group_by_all = _grouping(row, above)
        return Node(
            id=row.id,
            key=key,
            unique_key=key if same == 1 else f"{key}#{same}",
            name=row.name,
            matchers=matchers,
            receiver_id=_or(row.receiver_id, above.receiver_id),
            group_by=group_by,
            group_by_all=group_by_all,
            group_wait_s=_or(row.group_wait_s, above.group_wait_s),
            group_interval_s=_or(row.group_interval_s, above.group_interval_s),
            repeat_interval_s=_or(row.repeat_interval_s, above.repeat_interval_s),
            goes_on=row.goes_on,
            mute_times=row.mute_times,
            active_times=row.active_times,
            children=(),
            choice=_choice(()),
        )


def walk(root: Node) -> Iterator[Node]:
    """The node and all below it, parents first, in order."""
    yield root
    for child in root.children:
        yield from walk(child)


def route(root: Node, labels: Mapping[str, str]) -> list[Node]:
    """The routes that take an alert, in Alertmanager's order; none if the root of a part does not match."""
    if not matches_all(root.matchers, labels):
        return []
    values = tuple([labels.get(name, "") for name in root.asked])
    found = root.known.get(values)
    if found is None:
        if len(root.known) >= MOST_KNOWN:
            root.known.clear()
        found = root.known[values] = _taking(root, labels)
    return list(found)


def group_labels(node: Node, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels by which an alert is grouped in a route: those it has of `group_by`."""
    if node.group_by_all:
        return {name: value for name, value in sorted(labels.items()) if value}
    return {name: labels[name] for name in node.group_by if labels.get(name)}


def group_key(node: Node, labels: Mapping[str, str]) -> str:
    """How Alertmanager names a group, given its group labels: `{}/{a="b"}:{alertname="X"}`. Not unique, as its routes' keys are not."""
    return f"{node.key}:{_label_set(labels)}"


def told_key(node: Node, labels: Mapping[str, str]) -> str:
    """A name of a group for good, given its group labels: `<unique_key>:<identity of the labels>`."""
    return f"{node.unique_key}:{identity(labels)}"


def explain(root: Node, labels: Mapping[str, str]) -> list[Tried]:
    """Each route that was tried on the way of an alert, with the reason why it took it or not."""
    return _explained(root, labels, 0)


def _taking(node: Node, labels: Mapping[str, str]) -> list[Node]:
    """The routes that take an alert that `node` matches."""
    found: list[Node] = []
    for place in node.choice.places(labels):
        child = node.children[place]
        if matches_all(child.matchers, labels):
            found += _taking(child, labels)
            if not child.goes_on:
                break
    return found or [node]


def _explained(node: Node, labels: Mapping[str, str], depth: int) -> list[Tried]:
    miss = next((one for one in node.matchers if not one.matches(labels)), None)
    if miss is not None:
        has = f"has {miss.name}={go_quote(labels[miss.name])}" if labels.get(miss.name) else f"has no {miss.name}"
        return [Tried(node, depth, False, False, f"{miss} does not match: the alert {has}.")]
    below: list[Tried] = []
    taken = False
    for child in node.children:
        below += (tried := _explained(child, labels, depth + 1))
        if tried[0].matched:
            taken = True
            if not child.goes_on:
                break
    why = "Everything matches the root." if depth == 0 and not node.matchers else "All its matchers match."
    why += " A route below takes it." if taken else " It takes the alert."
    return [Tried(node, depth, True, not taken, why), *below]


def _with_children(node: Node, children: tuple[Node, ...]) -> Node:
    asked = {name for child in children for name in (*child.asked, *(one.name for one in child.matchers))}
    return replace(node, children=children, choice=_choice(children), known={}, asked=tuple(sorted(asked)))


def _choice(children: tuple[Node, ...]) -> Choice:
    always: list[int] = []
    by_value: dict[str, dict[str, list[int]]] = {}
    for place, child in enumerate(children):
        wanted = next((one for one in child.matchers if one.op == "=" and one.value), None)
        if wanted is None:
            always.append(place)
        else:
            by_value.setdefault(wanted.name, {}).setdefault(wanted.value, []).append(place)
    frozen = {name: {value: tuple(places) for value, places in values.items()} for name, values in by_value.items()}
    return Choice(tuple(always), frozen)


def _grouping(row: RouteData, above: Node) -> tuple[tuple[str, ...], bool]:
    """(group_by, by all labels); an empty list is as good as none, as in Alertmanager 0.25."""
    if not row.group_by:
        return above.group_by, above.group_by_all
    if ALL not in row.group_by:
        return tuple(sorted(set(row.group_by))), False
    if set(row.group_by) != {ALL}:
        raise RoutingError(f'Route {_named(row)}: group_by is either ["..."] or names of labels, not both.')
    return (), True


def _or(own: _T | None, inherited: _T) -> _T:
    return inherited if own is None else own


def _label_set(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={go_quote(labels[name])}" for name in sorted(labels)) + "}"


def _named(row: RouteData) -> str:
    return repr(row.name) if row.name else f"{row.id} ({', '.join(row.matchers)})"


_ABOVE_ROOT = Node(
    id=0,
    key="",
    unique_key="",
    name="",
    matchers=(),
    receiver_id=0,
    group_by=(),
    group_by_all=False,
    group_wait_s=GROUP_WAIT_S,
    group_interval_s=GROUP_INTERVAL_S,
    repeat_interval_s=REPEAT_INTERVAL_S,
    goes_on=False,
    mute_times=(),
    active_times=(),
    children=(),
    choice=_choice(()),
)
