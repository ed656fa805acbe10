"""Rule files held against unit tests, in virtual time that begins in 1970, as promtool does it; no database is asked.

The rules go through the same plan, judging and states as those of the portal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from alerts.rules.choices import Comparator, Phase
from alerts.rules.evaluating import judged_of
from alerts.rules.expanding import Expander
from alerts.rules.judging import observed, outcome
from alerts.rules.kinds.base import Judged, samples_of
from alerts.rules.labels import ALERT_NAME, NAME
from alerts.rules.loading import Recording
from alerts.rules.models import AlertRule
from alerts.rules.plan import GroupFields, Plan, plan_of
from alerts.rules.prometheus_files.durations import duration_text, go_duration
from alerts.rules.prometheus_files.reading import FileGroup, FileRule
from alerts.rules.prometheus_files.timeline import Timeline
from alerts.rules.prometheus_files.unit_tests import AlertCase, QueryCase, TestFile, TestGroup, Told
from alerts.rules.recording import recorded_series
from alerts.rules.states import Labels, Moment, State
from alerts.rules.templating import TemplateError, expanded
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result, query
from monitoring.metrics.promql.limits import Limits
from monitoring.metrics.promql.quoting import go_quote, labels_text

ZERO = datetime(1970, 1, 1, tzinfo=UTC)
LIMITS = Limits(most_samples=50_000_000)
FIRES = (Phase.FIRING.value, Phase.RECOVERING.value)


def tested(file: TestFile, groups: Sequence[FileGroup]) -> list[str]:
    """What failed, in promtool's words; nothing when all is as expected."""
    places = {name: place for place, name in enumerate(file.order)}
    ordered = sorted(groups, key=lambda group: places.get(group.name, len(places)))
    failures: list[str] = []
    for test in file.groups:
        failures += Run(test, ordered, file.interval_s).failures()
    return failures


@dataclass(slots=True)
class Running:
    """One rule in a test, with what it wrote last."""

    rule: Plan | Recording
    name: str
    states: dict[Labels, State] = field(default_factory=dict)
    annotations: dict[Labels, Labels] = field(default_factory=dict)
    wrote: tuple[Labels, ...] = ()


class Run:
    """One test: its samples, and the rules of all groups in their order."""

    def __init__(self, test: TestGroup, groups: Sequence[FileGroup], every_s: float) -> None:
        self.test, self.every_ms = test, max(round(every_s * 1000), 1)
        step = round(test.interval_s * 1000)
        self.timeline = Timeline(
            (
                labels,
                [place * step for place, value in enumerate(values) if value is not None],
                [value for value in values if value is not None],
            )
            for labels, values in test.given
        )
        self.rules = [_running(group, rule) for group in groups for rule in group.rules]
        self.number = 0

    def failures(self) -> list[str]:
        found: list[str] = []
        cases = sorted(self.test.alerts, key=lambda case: case.eval_s)
        until_ms = round(self.test.until_s * 1000)
        for time_ms in range(0, until_ms + 1, self.every_ms):
            if errors := self._evaluate(time_ms):
                return found + errors
            while cases and round(cases[0].eval_s * 1000) < time_ms + self.every_ms:
                found += self._alerts_differ(cases.pop(0))
        return found + [words for case in self.test.queries for words in self._query_differs(case)]

    def _evaluate(self, time_ms: int) -> list[str]:
        self.timeline.now_ms = time_ms
        self.number += 1
        errors = []
        for running in self.rules:
            if wrong := self._step(running, running.rule, time_ms):
                errors.append(f"    rule: {running.name}, time: {go_duration(time_ms / 1000)}, err: {wrong}")
        return errors

    def _step(self, running: Running, rule: Plan | Recording, time_ms: int) -> str:
        if isinstance(rule, Plan):
            return self._alerting(running, rule, time_ms)
        return self._recording(running, rule, time_ms)

    def ask(self, text: str, time_ms: int, timeout_s: float = 0.0) -> Result:
        return query(self.timeline, text, time_ms, limits=LIMITS, default_step_ms=self.every_ms)

    def _recording(self, running: Running, rule: Recording, time_ms: int) -> str:
        try:
            series = recorded_series(rule, self.ask(rule.text, time_ms))
        except PromqlError as error:
            return error.message
        self.timeline.write(series, running.wrote)
        running.wrote = tuple(series)
        return ""

    def _alerting(self, running: Running, plan: Plan, time_ms: int) -> str:
        answers: list[Result] | PromqlError
        try:
            answers = [self.ask(text, time_ms) for text in plan.queries]
        except PromqlError as error:
            answers = error
        at = ZERO + timedelta(milliseconds=time_ms)
        judged = judged_of(plan, answers, running.states)
        expand = TestExpander(time_ms, self)
        seen = judged if isinstance(judged, PromqlError) else list(judged)
        result = outcome(plan, seen, running.states, Moment(at, self.number), expand)
        if result.error:
            return result.error
        for labels, state in result.changes.items():
            if state is None:
                running.states.pop(labels, None)
            else:
                running.states[labels] = state
        self._note(running, plan, seen, at, expand)
        self._write(running)
        return ""

    def _note(
        self, running: Running, plan: Plan, seen: Judged | PromqlError, at: datetime, expand: "TestExpander"
    ) -> None:
        """Annotations are those of the last time that the condition held; what is kept firing keeps them."""
        observation = observed(plan, seen, False, at, expand)
        for labels, one in observation.seen.items():
            running.annotations[labels] = tuple(
                sorted((name, expand(text, labels, one.value, at)) for name, text in plan.annotations.items())
            )

    def _write(self, running: Running) -> None:
        """The series ALERTS and ALERTS_FOR_STATE."""
        series: dict[Labels, float] = {}
        for labels, state in running.states.items():
            word = "firing" if state.phase in FIRES else "pending" if state.phase == Phase.PENDING else ""
            if not word or state.active_at is None:
                continue
            whole = dict(labels) | {ALERT_NAME: running.name}
            series[tuple(sorted((whole | {NAME: "ALERTS", "alertstate": word}).items()))] = 1.0
            series[tuple(sorted((whole | {NAME: "ALERTS_FOR_STATE"}).items()))] = state.active_at.timestamp()
        self.timeline.write(series, running.wrote)
        running.wrote = tuple(series)

    def _alerts_differ(self, case: AlertCase) -> list[str]:
        got = sorted(
            (tuple(sorted((*labels, (ALERT_NAME, running.name)))), running.annotations.get(labels, ()))
            for running in self.rules
            if isinstance(running.rule, Plan) and running.name == case.alertname
            for labels, state in running.states.items()
            if state.phase in FIRES
        )
        expected = sorted(case.expected)
        if got == expected:
            return []
        time = duration_text(case.eval_s)
        name = f"    name: {self.test.name},\n" if self.test.name else ""
        return [
            f"{name}    alertname: {case.alertname}, time: {time}, \n        exp:{_told(expected)}, \n        got:{_told(got)}"
        ]

    def _query_differs(self, case: QueryCase) -> list[str]:
        place = f"    expr: {go_quote(case.text)}, time: {duration_text(case.eval_s)},"
        try:
            answer = self.ask(case.text, round(case.eval_s * 1000))
            got = sorted(_samples(answer))
        except PromqlError as error:
            return [f"{place} err: {error.message}"]
        expected = sorted(case.expected)
        if got == expected:
            return []
        return [f"{place}\n        exp: {_shown(expected)}\n        got: {_shown(got)}"]


class TestExpander(Expander):
    """Templates with the samples of the test behind `query`."""

    def __init__(self, time_ms: int, run: Run) -> None:
        super().__init__(time_ms, run.ask)
        self.test = run.test

    def __call__(self, text: str, labels: Labels, value: float | None, at: datetime) -> str:
        number = float("nan") if value is None else value
        try:
            return expanded(
                text,
                dict(labels),
                number,
                query=self._query,
                external_labels=self.test.external_labels,
                external_url=self.test.external_url,
            )
        except TemplateError as error:
            return f"<error expanding template: {error}>"


def _running(group: FileGroup, rule: FileRule) -> Running:
    if rule.record:
        return Running(Recording(rule.record, rule.expression, {**group.labels, **rule.labels}), rule.record)
    made = AlertRule(
        name=rule.alert,
        slug="tested",
        expression=rule.expression,
        comparator=Comparator.PRESENT.value,
        for_s=rule.for_s,
        keep_firing_for_s=rule.keep_firing_for_s,
        labels=rule.labels,
        annotations=rule.annotations,
        flap_detection=False,
    )
    plan = plan_of(made, 1, group=GroupFields(group.labels, group.limit, group.interval_s))
    return Running(plan, rule.alert)


def _samples(answer: Result) -> list[tuple[Labels, float]]:
    return [(tuple(labels), value) for labels, value in samples_of(answer)]


def _told(alerts: Sequence[Told]) -> str:
    if not alerts:
        return "[]"
    lines = [
        f"            {place}:\n              Labels:{labels_text(labels)}\n              Annotations:{labels_text(notes)}"
        for place, (labels, notes) in enumerate(alerts)
    ]
    return "[\n" + "\n".join(lines) + "\n        ]"


def _shown(samples: Sequence[tuple[Labels, float]]) -> str:
    words = [f"{labels_text(labels)} {go_exponent(value)}" for labels, value in samples]
    return ", ".join(words) if words else "nil"


def go_exponent(value: float) -> str:
    """As Go writes a number with an exponent and the fewest digits that read back alike: 1E+03, 7.5E-01."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = int(exponent) + len(digits) - 1 if value else 0
    return f"{'-' if sign else ''}{text[0]}{'.' if text[1:] else ''}{text[1:]}E{power:+03d}"
