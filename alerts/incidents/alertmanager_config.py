"""An Alertmanager configuration file as ours: routes, receivers, inhibition, time intervals. Pure: it reads text and writes nothing.

What Alertmanager 0.25 would refuse is an error; what it takes and we have no place for is a finding, with its line, and the rest is taken
over. Secrets that the file only points to are findings too.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from alerts.incidents import intervals
from alerts.incidents.alertmanager_receivers import Channel, channels_of
from alerts.incidents.matching import Matcher, MatcherError, parse_list
from alerts.incidents.routing import RouteData, RoutingError, tree
from monitoring.checks.portable.nodes import UnreadableError
from monitoring.checks.portable.nodes import load as load_yaml

RESOLVE_TIMEOUT_S = 300.0
ROUTE_FIELDS = (
    "receiver",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "matchers",
    "match",
    "match_re",
    "continue",
    "mute_time_intervals",
    "active_time_intervals",
    "routes",
)
_TAKEN = ("global", "route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates")
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_UNITS_S = (31_536_000.0, 604_800.0, 86_400.0, 3600.0, 60.0, 1.0, 0.001)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was not taken over, or, in ConfigError, that is wrong: where and what to do."""

    place: str
    line: int | None
    words: str

    def __str__(self) -> str:
        return f"{self.place or 'file'}{f' (line {self.line})' if self.line else ''}: {self.words}"


class ConfigError(ValueError):
    """The file is no configuration; `findings` says everything that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class ReceiverData:
    name: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class InhibitionData:
    source: tuple[str, ...]
    target: tuple[str, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """`routes`: the root first, ids from 1; a `receiver_id` is a place in `receivers`, from 1. Matchers in their canonical text."""

    resolve_timeout_s: float
    routes: tuple[RouteData, ...]
    receivers: tuple[ReceiverData, ...]
    inhibitions: tuple[InhibitionData, ...]
    intervals: Mapping[str, list[Any]]
    findings: tuple[Finding, ...]


def load(text: str) -> Config:
    """The configuration of a file. Raises ConfigError with everything that is wrong."""
    try:
        node, data = load_yaml(text)
    except UnreadableError as error:
        raise ConfigError([Finding("", error.line, str(error))]) from None
    if node is None or not isinstance(data, Mapping) or not isinstance(data.get("route"), Mapping):
        raise ConfigError(
            [Finding("route", None, "There is no `route:`, the root of the tree; is this Alertmanager's file?")]
        )
    reader = _Reader(dict(data), dict(_lines(node, "")))
    config = reader.config()
    if reader.errors:
        raise ConfigError(reader.errors)
    return config


def duration_s(text: object) -> float | None:
    """Seconds of a duration of Prometheus, such as 1h30m; None if it is none."""
    if text in (0, "0"):
        return 0.0
    parts = _DURATION.fullmatch(text) if isinstance(text, str) and text else None
    if parts is None:
        return None
    return sum(int(number) * unit for number, unit in zip(parts.groups(), _UNITS_S, strict=True) if number)


@dataclass(slots=True)
class _Reader:
    data: dict[str, Any]
    lines: dict[str, int]
    findings: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)

    def config(self) -> Config:
        for name in self.data.keys() - set(_TAKEN):
            self.error(str(name), "there is no such field in Alertmanager's file.")
        if self.data.get("templates"):
            self.finding("templates", "templates are not taken over; messages are written by the portal.")
        receivers = self.receivers()
        named = self.intervals()
        routes = self.routes({one.name: place for place, one in enumerate(receivers, 1)}, named)
        self.check_tree(routes)
        return Config(
            resolve_timeout_s=self.duration(self.globals(), "resolve_timeout", "global") or RESOLVE_TIMEOUT_S,
            routes=routes,
            receivers=receivers,
            inhibitions=tuple(self.inhibitions()),
            intervals=named,
            findings=tuple(self.findings),
        )

    def error(self, place: str, words: str) -> None:
        self.errors.append(Finding(place, self.line(place), words))

    def finding(self, place: str, words: str) -> None:
        self.findings.append(Finding(place, self.line(place), words))

    def line(self, place: str) -> int | None:
        """Of the place, or of what is around it."""
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return self.lines.get(place)

    def globals(self) -> Mapping[str, Any]:
        found = self.data.get("global")
        return found if isinstance(found, Mapping) else {}

    def entries(self, data: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(place, mapping) of each entry of a list; whatever else stands there is an error."""
        inside = f"{place}.{name}" if place else name
        rows = data.get(name)
        if rows is not None and not isinstance(rows, list):
            self.error(inside, "write a list.")
            return
        for number, row in enumerate(rows or ()):
            if isinstance(row, Mapping):
                yield f"{inside}.{number}", row
            else:
                self.error(f"{inside}.{number}", "write a mapping.")

    def receivers(self) -> tuple[ReceiverData, ...]:
        found: dict[str, ReceiverData] = {}
        for place, row in self.entries(self.data, "receivers", ""):
            name = row.get("name")
            if not isinstance(name, str) or not name or name in found:
                self.error(f"{place}.name", "every receiver needs a name of its own.")
                continue
            channels, notes = channels_of(row, self.globals())
            for inside, words in notes:
                self.finding(f"{place}.{inside}", words)
            found[name] = ReceiverData(name, tuple(channels))
        return tuple(found.values())

    def intervals(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for name in ("time_intervals", "mute_time_intervals"):
            for place, row in self.entries(self.data, name, ""):
                key = row.get("name")
                if not isinstance(key, str) or not key or key in found:
                    self.error(f"{place}.name", "every time interval needs a name of its own.")
                    continue
                found[key] = row.get("time_intervals") or []
                try:
                    intervals.parse(found[key])
                except intervals.IntervalError as error:
                    self.error(f"{place}.time_intervals", str(error))
        return found

    def inhibitions(self) -> Iterator[InhibitionData]:
        for place, row in self.entries(self.data, "inhibit_rules", ""):
            sides = [self.matchers(row, f"{side}_{name}", place) for side in ("source", "target") for name in _MATCHERS]
            half = len(_MATCHERS)
            equal = self.names(row, "equal", place)
            yield InhibitionData(tuple(sum(sides[:half], ())), tuple(sum(sides[half:], ())), equal)

    def routes(self, receivers: Mapping[str, int], named: Mapping[str, Any]) -> tuple[RouteData, ...]:
        rows: list[RouteData] = []
        numbers = itertools.count(1)

        def add(row: Mapping[str, Any], place: str, parent_id: int | None, position: int) -> None:
            number = next(numbers)
            rows.append(self.route(row, place, number, parent_id, position, receivers, named))
            for index, (inside, child) in enumerate(self.entries(row, "routes", place)):
                add(child, inside, number, index)

        add(self.data["route"], "route", None, 0)
        return tuple(rows)

    def route(
        self,
        row: Mapping[str, Any],
        place: str,
        number: int,
        parent_id: int | None,
        position: int,
        receivers: Mapping[str, int],
        named: Mapping[str, Any],
    ) -> RouteData:
        for name in row.keys() - set(ROUTE_FIELDS):
            self.error(f"{place}.{name}", "there is no such field of a route.")
        receiver = row.get("receiver")
        if receiver and receiver not in receivers:
            self.error(f"{place}.receiver", f"there is no receiver {receiver!r}.")
        group_by = self.names(row, "group_by", place)
        waits = [self.duration(row, name, place) for name in ("group_wait", "group_interval", "repeat_interval")]
        return RouteData(
            id=number,
            parent_id=parent_id,
            position=position,
            matchers=tuple(itertools.chain(*(self.matchers(row, name, place) for name in _MATCHERS))),
            receiver_id=receivers.get(receiver) if receiver else None,
            group_by=group_by or None,
            group_wait_s=waits[0],
            group_interval_s=waits[1],
            repeat_interval_s=waits[2],
            goes_on=row.get("continue") is True,
            mute_times=self.known(row, "mute_time_intervals", place, named),
            active_times=self.known(row, "active_time_intervals", place, named),
        )

    def matchers(self, row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
        """The old form, a mapping of names to values, and the new, a list of texts."""
        written = row.get(name)
        try:
            if name.endswith("matchers"):
                texts = written if isinstance(written, list) else [] if written is None else [written]
                return tuple(str(one) for text in texts for one in parse_list(str(text)))
            op = "=~" if name.endswith("_re") else "="
            pairs = written.items() if isinstance(written, Mapping) else ()
            return tuple(str(Matcher(str(label), op, _text(value))) for label, value in pairs)
        except MatcherError as error:
            self.error(f"{place}.{name}", str(error))
            return ()

    def names(self, row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
        written = row.get(name)
        if written is None:
            return ()
        if not isinstance(written, list) or not all(isinstance(one, str) and one for one in written):
            self.error(f"{place}.{name}", "write a list of names.")
            return ()
        if len(set(written)) < len(written):
            self.error(f"{place}.{name}", "a name stands there twice.")
        return tuple(written)

    def known(self, row: Mapping[str, Any], name: str, place: str, named: Mapping[str, Any]) -> tuple[str, ...]:
        found = self.names(row, name, place)
        for one in found:
            if one not in named:
                self.error(f"{place}.{name}", f"there is no time interval {one!r}.")
        return found

    def duration(self, row: Mapping[str, Any], name: str, place: str) -> float | None:
        if row.get(name) is None:
            return None
        seconds = duration_s(row[name])
        if seconds is None or (seconds == 0 and name != "group_wait"):
            self.error(f"{place}.{name}", f"{row[name]!r} is no duration; write one such as 30s, 5m or 4h.")
        return seconds

    def check_tree(self, routes: tuple[RouteData, ...]) -> None:
        if self.data["route"].get("continue"):
            self.error("route.continue", "the root has no routes after it; leave this out.")
        try:
            tree(routes)
        except RoutingError as error:
            self.error("route", str(error))


_MATCHERS = ("match", "match_re", "matchers")


def _text(value: Any) -> str:
    """A scalar of YAML as Alertmanager reads it where it expects a text."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _lines(node: yaml.Node, place: str) -> Iterator[tuple[str, int]]:
    """(place, line) of every entry, such as route.routes.0.matchers."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inside = f"{place}.{key.value}" if place else str(key.value)
            yield inside, key.start_mark.line + 1
            yield from _lines(value, inside)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{place}.{index}", value.start_mark.line + 1
            yield from _lines(value, f"{place}.{index}")
