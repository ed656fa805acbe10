"""`/prometheus/federate?match[]=…`: the latest sample of every matching series, with its time, as text for another Prometheus.

web/federate.go of Prometheus: sorted by name, types untyped, a series that ended is left out, `instance=""` where there is none.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse

from monitoring.metrics import querying
from monitoring.metrics.formats.writing import TEXT_TYPE, Family, Sample, write_text
from monitoring.metrics.prometheus.door import Door, parameters_of, plain
from monitoring.metrics.prometheus.envelope import ApiError
from monitoring.metrics.prometheus.queries import now_ms
from monitoring.metrics.prometheus.selecting import Matchers, conditions
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Vector, Windows
from opsportal.compressing import packed

EVERYTHING = '{__name__=~".+"}'


class Latest(NamedTuple):
    labels: Labels
    value: float
    time_ms: int


class Federate(Door):
    """`match[]`, any number of them; without one nothing is found. Errors are a line of text."""

    def respond(self, request: HttpRequest, **path: str) -> HttpResponse:
        matcher_sets = conditions(parameters_of(request).all("match[]"))
        return packed(request, write_text(families(latest(matcher_sets, now_ms())), openmetrics=False), TEXT_TYPE)

    def refuse(self, error: ApiError) -> HttpResponse:
        return plain(error.message, error.status, **error.headers)


def latest(matcher_sets: Sequence[Matchers], now: int) -> list[Latest]:
    """Each series once, sorted by name and labels. An instant query says which are there, a range query since when."""
    found: dict[Labels, Latest] = {}
    for matchers in matcher_sets:
        text = text_of(matchers)
        there, windows = querying.query(text, now).value, querying.query(f"{text}[5m]", now).value
        if not isinstance(there, Vector) or not isinstance(windows, Windows):
            raise TypeError(text)
        times = {
            labels: int(windows.times[end - 1])
            for labels, start, end in zip(
                windows.labels, windows.starts[:, 0].tolist(), windows.ends[:, 0].tolist(), strict=True
            )
            if end > start
        }
        rows = zip(there.labels, there.values[:, 0].tolist(), there.present[:, 0].tolist(), strict=True)
        found |= {labels: Latest(labels, value, times.get(labels, now)) for labels, value, present in rows if present}
    return sorted(found.values(), key=lambda one: (name_of(one.labels), one.labels))


def families(samples: Sequence[Latest]) -> list[Family]:
    return [
        Family(name, "untyped", "", "", [Sample(name, rest_of(one.labels), one.value, one.time_ms) for one in group])
        for name, group in groupby(samples, lambda one: name_of(one.labels))
        if name
    ]


def name_of(labels: Labels) -> str:
    return dict(labels).get("__name__", "")


def rest_of(labels: Labels) -> Labels:
    """Without the name, and with an `instance`: else the federating Prometheus would put in ours."""
    rest = [pair for pair in labels if pair[0] != "__name__"]
    if all(name != "instance" for name, _ in rest):
        rest.append(("instance", ""))
    return tuple(rest)


def text_of(matchers: Matchers) -> str:
    """The selector as PromQL, which does not take an empty one."""
    return (
        "{" + ",".join(f"{one.name}{one.op}{go_quote(one.value)}" for one in matchers) + "}" if matchers else EVERYTHING
    )
