"""promtool's unit-test files, read: what is given, and what is expected when. Pure; times in seconds from the start."""

from dataclasses import dataclass, field
from typing import Any

from alerts.rules.prometheus_files.nodes import Reading, joined, read
from alerts.rules.prometheus_files.series_notation import NotationError, labels_of, values_of
from monitoring.checks.portable.reading import PortableError
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.parsing import parse as parse_promql
from monitoring.metrics.promql.storage import Labels

MOST_EVALUATIONS = 200_000
FILE_KEYS = ("rule_files", "evaluation_interval", "group_eval_order", "tests")
TEST_KEYS = (
    "name", "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url",
)  # fmt: skip
Told = tuple[Labels, Labels]
"""Labels and annotations of an alert that fires."""


@dataclass(slots=True)
class AlertCase:
    eval_s: float
    alertname: str
    expected: list[Told]


@dataclass(slots=True)
class QueryCase:
    eval_s: float
    text: str
    expected: list[tuple[Labels, float]]


@dataclass(slots=True)
class TestGroup:
    interval_s: float
    name: str = ""
    given: list[tuple[Labels, list[float | None]]] = field(default_factory=list)
    alerts: list[AlertCase] = field(default_factory=list)
    queries: list[QueryCase] = field(default_factory=list)
    external_labels: dict[str, str] = field(default_factory=dict)
    external_url: str = ""

    @property
    def until_s(self) -> float:
        """The last time that is looked at."""
        return max([0.0, *(case.eval_s for case in self.alerts), *(case.eval_s for case in self.queries)])


@dataclass(slots=True)
class TestFile:
    """`rule_files` are patterns, relative to the file."""

    rule_files: list[str] = field(default_factory=list)
    interval_s: float = 60.0
    order: list[str] = field(default_factory=list)
    groups: list[TestGroup] = field(default_factory=list)


def parse(text: str) -> TestFile:
    """Raises PortableError with everything that is wrong."""
    node = read(text)
    reading = Reading()
    keys = reading.mapping(node, "", FILE_KEYS) if node is not None else {}
    found = TestFile(
        [reading.text(one, place) for place, one in reading.items(keys.get("rule_files"), "rule_files")],
        reading.seconds(keys.get("evaluation_interval"), "evaluation_interval") or 60.0,
        [reading.text(one, place) for place, one in reading.items(keys.get("group_eval_order"), "group_eval_order")],
    )
    for place, one in reading.items(keys.get("tests"), "tests"):
        group = _group(reading, one, place)
        if group.until_s / found.interval_s > MOST_EVALUATIONS:
            reading.fault(one, place, f"This takes more than {MOST_EVALUATIONS:,} evaluations.")
        found.groups.append(group)
    if reading.faults:
        raise PortableError(reading.faults)
    return found


def _group(reading: Reading, node: Any, place: str) -> TestGroup:
    keys = reading.mapping(node, place, TEST_KEYS)

    def inside(name: str) -> str:
        return joined(place, name)

    found = TestGroup(
        reading.seconds(keys.get("interval"), inside("interval")) or 60.0,
        reading.text(keys.get("name"), inside("name")),
        external_labels=reading.texts(keys.get("external_labels"), inside("external_labels")),
        external_url=reading.text(keys.get("external_url"), inside("external_url")),
    )
    for where, one in reading.items(keys.get("input_series"), inside("input_series")):
        found.given.append(_series(reading, one, where))
    for where, one in reading.items(keys.get("alert_rule_test"), inside("alert_rule_test")):
        found.alerts.append(_alert_case(reading, one, where))
    for where, one in reading.items(keys.get("promql_expr_test"), inside("promql_expr_test")):
        found.queries.append(_query_case(reading, one, where))
    return found


def _series(reading: Reading, node: Any, place: str) -> tuple[Labels, list[float | None]]:
    keys = reading.mapping(node, place, ("series", "values"))
    labels, values = (), []  # type: tuple[Labels, list[float | None]]
    try:
        labels = labels_of(reading.text(keys.get("series"), joined(place, "series")))
        values = values_of(reading.text(keys.get("values"), joined(place, "values")))
    except NotationError as error:
        reading.fault(node, place, str(error))
    return labels, values


def _alert_case(reading: Reading, node: Any, place: str) -> AlertCase:
    keys = reading.mapping(node, place, ("eval_time", "alertname", "exp_alerts"))
    name = reading.text(keys.get("alertname"), joined(place, "alertname"))
    if not name:
        reading.fault(node, joined(place, "alertname"), "Say which alert.")
    expected = []
    for where, one in reading.items(keys.get("exp_alerts"), joined(place, "exp_alerts")):
        told = reading.mapping(one, where, ("exp_labels", "exp_annotations"))
        labels = reading.texts(told.get("exp_labels"), joined(where, "exp_labels")) | {"alertname": name}
        notes = reading.texts(told.get("exp_annotations"), joined(where, "exp_annotations"))
        expected.append((_sorted(labels), _sorted(notes)))
    return AlertCase(reading.seconds(keys.get("eval_time"), joined(place, "eval_time")), name, expected)


def _query_case(reading: Reading, node: Any, place: str) -> QueryCase:
    keys = reading.mapping(node, place, ("expr", "eval_time", "exp_samples"))
    text = reading.text(keys.get("expr"), joined(place, "expr"))
    try:
        parse_promql(text)
    except PromqlError as error:
        reading.fault(node, joined(place, "expr"), error.message)
    expected = []
    for where, one in reading.items(keys.get("exp_samples"), joined(place, "exp_samples")):
        said = reading.mapping(one, where, ("labels", "value"))
        try:
            labels = labels_of(reading.text(said.get("labels"), joined(where, "labels")))
        except NotationError as error:
            reading.fault(one, joined(where, "labels"), str(error))
            continue
        expected.append((labels, reading.number(said.get("value"), joined(where, "value"))))
    return QueryCase(reading.seconds(keys.get("eval_time"), joined(place, "eval_time")), text, expected)


def _sorted(found: dict[str, str]) -> Labels:
    return tuple(sorted(found.items()))
