"""A Prometheus rule file as groups of rules, all that is wrong with it named with its line. Pure."""

from dataclasses import dataclass, field
from typing import Any

from alerts.rules.prometheus_files.nodes import Reading, joined, line_of, read
from alerts.rules.validating import METRIC_NAME, annotation_faults, expression_faults, label_faults
from monitoring.checks.portable.reading import Fault, PortableError

DEFAULT_INTERVAL_S = 60.0
GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")
RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
KEY_OF = {
    "name": "alert", "expression": "expr", "for_s": "for", "keep_firing_for_s": "keep_firing_for", "interval_s": "interval",
    "query_offset_s": "query_offset",
}  # fmt: skip


@dataclass(slots=True)
class FileRule:
    """An alerting rule (`alert`) or a recording rule (`record`). `place` and `lines` say where it and its fields stand."""

    place: str
    line: int | None
    alert: str = ""
    record: str = ""
    expression: str = ""
    for_s: float = 0.0
    keep_firing_for_s: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int | None] = field(default_factory=dict)

    def fault(self, name: str, words: str) -> Fault:
        """Of a field, by the name that the portal has for it."""
        key = KEY_OF.get(name, name)
        key = "record" if key == "alert" and self.record else key
        return Fault(joined(self.place, key), self.lines.get(key, self.line), words)


@dataclass(slots=True)
class FileGroup:
    place: str
    line: int | None
    name: str
    interval_s: float = DEFAULT_INTERVAL_S
    query_offset_s: float = 0.0
    limit: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    rules: list[FileRule] = field(default_factory=list)

    def fault(self, name: str, words: str) -> Fault:
        key = "name" if name == "name" else KEY_OF.get(name, name)
        return Fault(joined(self.place, key), self.line, words)


def parse(text: str) -> list[FileGroup]:
    """The groups of a file. Raises PortableError."""
    node = read(text)
    if node is None:
        return []
    reading = Reading()
    whole = reading.mapping(node, "", ("groups",))
    groups = [_group(reading, one, place) for place, one in reading.items(whole.get("groups"), "groups")]
    names: set[str] = set()
    for group in groups:
        if group.name in names:
            reading.faults.append(group.fault("name", f"groupname: {group.name!r} is repeated in the same file"))
        names.add(group.name)
    if reading.faults:
        raise PortableError(reading.faults)
    return groups


def _group(reading: Reading, node: Any, place: str) -> FileGroup:
    keys = reading.mapping(node, place, GROUP_KEYS)
    group = FileGroup(
        place,
        line_of(node),
        reading.text(keys.get("name"), joined(place, "name")),
        reading.seconds(keys.get("interval"), joined(place, "interval")) or DEFAULT_INTERVAL_S,
        reading.seconds(keys.get("query_offset"), joined(place, "query_offset")),
        reading.whole(keys.get("limit"), joined(place, "limit")) if "limit" in keys else 0,
        reading.texts(keys.get("labels"), joined(place, "labels")),
    )
    if not group.name:
        reading.faults.append(group.fault("name", "Groupname must not be empty"))
    for words in label_faults(group.labels, templates=False).get("labels", []):
        reading.fault(keys.get("labels"), joined(place, "labels"), words)
    group.rules = [
        _rule(reading, one, inside) for inside, one in reading.items(keys.get("rules"), joined(place, "rules"))
    ]
    return group


def _rule(reading: Reading, node: Any, place: str) -> FileRule:
    keys = reading.mapping(node, place, RULE_KEYS)
    texts = {name: reading.text(keys.get(name), joined(place, name)) for name in ("alert", "record", "expr")}
    rule = FileRule(
        place,
        line_of(node),
        alert=texts["alert"],
        record=texts["record"],
        expression=texts["expr"].strip(),
        for_s=reading.seconds(keys.get("for"), joined(place, "for")),
        keep_firing_for_s=reading.seconds(keys.get("keep_firing_for"), joined(place, "keep_firing_for")),
        labels=reading.texts(keys.get("labels"), joined(place, "labels")),
        annotations=reading.texts(keys.get("annotations"), joined(place, "annotations")),
        lines={name: line_of(value) for name, value in keys.items()},
    )
    if keys or isinstance(getattr(node, "value", None), list):
        reading.faults += _faults(rule)
    return rule


def _faults(rule: FileRule) -> list[Fault]:
    """What is wrong with a rule by itself."""
    if rule.alert and rule.record:
        return [rule.fault("record", "only one of 'record' and 'alert' must be set")]
    if not rule.alert and not rule.record:
        return [Fault(rule.place, rule.line, "one of 'record' or 'alert' must be set")]
    found = (
        dict(expression_faults(rule.expression)) if rule.expression else {"expr": ["field 'expr' must be set in rule"]}
    )
    found |= label_faults(rule.labels, templates=bool(rule.alert))
    found |= annotation_faults(rule.annotations) if rule.alert else _faults_of_recording(rule)
    return [rule.fault(name, words) for name, messages in found.items() for words in messages]


def _faults_of_recording(rule: FileRule) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in ("for", "keep_firing_for", "annotations"):
        if name in rule.lines:
            found[name] = [f"invalid field '{name}' in recording rule"]
    if not METRIC_NAME.fullmatch(rule.record):
        found["record"] = [f"invalid recording rule name: {rule.record}"]
    return found
