"""Recording rules: what a query returns is written as a series of its own."""

from collections.abc import Iterator, Sequence

import numpy as np

from alerts.rules.asking import Asker
from alerts.rules.kinds.base import samples_of
from alerts.rules.labels import NAME, series_labels, with_own
from alerts.rules.loading import GroupPlan, Recording
from alerts.rules.plan import Plan
from alerts.rules.states import Labels
from monitoring.metrics.ingest import Reason, Source, append, resolve
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result

SAME_LABELS = "vector contains metrics with the same labelset after applying rule labels"


def runs(rules: Sequence[Plan | Recording]) -> Iterator[list[Plan] | Recording]:
    """In order: each recording rule by itself, and the alerting rules between two of them together."""
    together: list[Plan] = []
    for rule in rules:
        if isinstance(rule, Plan):
            together.append(rule)
            continue
        if together:
            yield together
            together = []
        yield rule
    if together:
        yield together


def recorded(group: GroupPlan, rule: Recording, query_ms: int, stamp_ms: int, asker: Asker) -> str:
    """Ask, and write what is returned with the time of the evaluation; what is wrong, if anything is."""
    answer = asker.answers([rule.text], query_ms)[rule.text]
    if isinstance(answer, PromqlError):
        return answer.message
    try:
        series = recorded_series(rule, answer)
    except PromqlError as error:
        return error.message
    if group.limit and len(series) > group.limit:
        return f"exceeded limit of {group.limit} with {len(series)} series"
    return _written(group, series, stamp_ms) if series else ""


def recorded_series(rule: Recording, answer: Result) -> dict[Labels, float]:
    """The series that a recording rule makes of an answer. PromqlError."""
    series: dict[Labels, float] = {}
    for labels, value in samples_of(answer):
        named = with_own(series_labels(labels), {**rule.labels, NAME: rule.metric})
        if named in series:
            raise PromqlError("execution", SAME_LABELS)
        series[named] = value
    return series


def _written(group: GroupPlan, series: dict[Labels, float], stamp_ms: int) -> str:
    source = Source("rule", f"{group.file};{group.name}")
    values = np.fromiter(series.values(), np.float64, len(series))
    times = np.full(len(series), stamp_ms, dtype=np.int64)
    for _ in range(2):  # a series may have been removed since its id was learnt
        resolved = resolve(source, list(series))
        receipt = append(resolved.ids, times, values)
        if all(refusal.reason != Reason.UNKNOWN for refusal in receipt.refusals):
            break
    refusals = (*resolved.refusals, *receipt.refusals)
    return refusals[0].detail if refusals else ""
