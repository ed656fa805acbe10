"""Families of samples as exposition text: 0.0.4, which everything reads, or OpenMetrics 1.0. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/
https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from monitoring.metrics.formats.numbers import go_float, openmetrics_float
from monitoring.metrics.promql.storage import Labels

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

PLAIN_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
PLAIN_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# What the older format calls the types that it does not have.
OLDER_TYPE = {"unknown": "untyped", "": "untyped", "info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram"}
NEWER_TYPE = {"untyped": "unknown", "": "unknown"}
BOUND_LABELS = ("le", "quantile")
BOUNDED = frozenset({"histogram", "summary", "gaugehistogram"})
WITH_CREATED = frozenset({"counter", "histogram", "summary"})
SUFFIX = {"counter": "_total", "info": "_info"}
ESCAPED_QUOTE = r"\""
RENDERED = 65_536  # series whose text is kept


class Sample(NamedTuple):
    """One line. `name` in full, suffix included; `labels` sorted, without `__name__`; `time_ms` None: when it is read."""

    name: str
    labels: Labels
    value: float
    time_ms: int | None = None


class Family(NamedTuple):
    """Samples of one metric, together. `type` as in OpenMetrics (counter, gauge, histogram, summary, info, stateset,
    gaugehistogram, unknown); `name` of a counter with or without `_total`."""

    name: str
    type: str
    help: str
    unit: str
    samples: list[Sample]


def write_text(families: Iterable[Family], openmetrics: bool) -> bytes:
    """The page, UTF-8. A counter's samples must be called `…_total` to be one in OpenMetrics; else it is written as unknown."""
    lines: list[str] = []
    for family in families:
        for part in [family] if openmetrics else _parts(family):
            lines += _comments(part, openmetrics)
            lines += _samples(part, openmetrics)
    if openmetrics:
        lines.append("# EOF")
    lines.append("")
    return "\n".join(lines).encode()


def _parts(family: Family) -> list[Family]:
    """The older format has no `_created` within a family: they become a gauge of their own."""
    created = [sample for sample in family.samples if sample.name.endswith("_created")]
    if not created or family.type not in WITH_CREATED:
        return [family]
    others = [sample for sample in family.samples if not sample.name.endswith("_created")]
    return [family._replace(samples=others), Family(created[0].name, "gauge", family.help, "", created)]


def _comments(family: Family, openmetrics: bool) -> list[str]:
    kind = _newer_type(family) if openmetrics else OLDER_TYPE.get(family.type, family.type)
    name = _family_name(family, kind, openmetrics)
    shown = name if PLAIN_NAME.fullmatch(name) else _quoted(name)
    lines = [f"# TYPE {shown} {kind}"]
    if family.help:
        told = family.help.replace("\\", r"\\").replace("\n", r"\n")
        told = told.replace('"', ESCAPED_QUOTE) if openmetrics else told
        lines.insert(0, f"# HELP {shown} {told}")
    if openmetrics and family.unit and name.endswith(f"_{family.unit}"):
        lines.append(f"# UNIT {shown} {family.unit}")
    return lines


def _samples(family: Family, openmetrics: bool) -> Iterator[str]:
    series = _series
    if family.type in BOUNDED:
        series = _bounded_newer if openmetrics else _bounded_older
    for name, labels, value, time_ms in family.samples:
        time = "" if time_ms is None else _time(time_ms, openmetrics)
        yield f"{series(name, labels)} {go_float(value)}{time}"


def _newer_type(family: Family) -> str:
    kind = NEWER_TYPE.get(family.type, family.type)
    if kind == "counter" and not all(name.endswith(("_total", "_created")) for name, *_ in family.samples):
        return "unknown"
    return kind


def _family_name(family: Family, kind: str, openmetrics: bool) -> str:
    """The suffix of counters and infos is part of the family's name in the older format only, however the family is called."""
    suffix = SUFFIX.get(family.type, "")
    bare = family.name.removesuffix(suffix)
    if openmetrics:
        return bare if kind in SUFFIX else family.name
    return bare + suffix if any(sample.name == bare + suffix for sample in family.samples) else family.name


@lru_cache(RENDERED)
def _bounded_older(name: str, labels: Labels) -> str:
    return _series(name, tuple((key, _bound(key, value, go_float)) for key, value in labels))


@lru_cache(RENDERED)
def _bounded_newer(name: str, labels: Labels) -> str:
    return _series(name, tuple((key, _bound(key, value, openmetrics_float)) for key, value in labels))


def _bound(key: str, value: str, form: Callable[[float], str]) -> str:
    """`le="1"` or `le="1.0"`, as the format has it."""
    if key not in BOUND_LABELS:
        return value
    try:
        return form(float(value))
    except ValueError:
        return value


@lru_cache(RENDERED)
def _series(name: str, labels: Labels) -> str:
    """`name{label="value"}`; names beyond the plain alphabet are quoted, the metric's within the braces."""
    pairs = [f"{key if PLAIN_LABEL.fullmatch(key) else _quoted(key)}={_quoted(value)}" for key, value in labels]
    if not PLAIN_NAME.fullmatch(name):
        return f"{{{','.join([_quoted(name), *pairs])}}}"
    return f"{name}{{{','.join(pairs)}}}" if pairs else name


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _time(time_ms: int, openmetrics: bool) -> str:
    if not openmetrics:
        return f" {time_ms}"
    sign, whole = ("-", -time_ms) if time_ms < 0 else ("", time_ms)
    return f" {sign}{whole // 1000}.{whole % 1000:03d}"
