"""Families as Prometheus's text 0.0.4 or as OpenMetrics 1.0. Pure.

Sources: prometheus.io/docs/instrumenting/exposition_formats and the OpenMetrics specification.
"""

from collections.abc import Iterable, Iterator

from opsportal.measures.reading import Shown

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
UNITS = ("seconds", "bytes", "ratio", "celsius")


def content_type(accept: str) -> str:
    """The better of both for an Accept header. OpenMetrics has to be asked for by name."""
    best, found = 0.0, TEXT
    for part in accept.split(","):
        media, _, parameters = part.strip().lower().partition(";")
        quality = _quality(parameters)
        if media.strip() == "application/openmetrics-text" and quality > best:
            best, found = quality, OPEN_METRICS
        elif media.strip() in ("text/plain", "text/*", "*/*") and quality > best:
            best, found = quality, TEXT
    return found


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def written(families: Iterable[Shown], kind: str) -> bytes:
    """The page, one line a sample, sorted."""
    lines: list[str] = []
    for family in families:
        lines += _head(family, open_metrics=kind == OPEN_METRICS)
        if family.type == "histogram":
            lines += _histogram(family, open_metrics=kind == OPEN_METRICS)
        else:
            lines += [_sample(family.name, labels, value) for labels, value in sorted(family.values.items())]
    if kind == OPEN_METRICS:
        lines.append("# EOF")
    return ("\n".join(lines) + "\n").encode()


def _head(family: Shown, *, open_metrics: bool) -> Iterator[str]:
    name = family.name.removesuffix("_total") if open_metrics and family.type == "counter" else family.name
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {name} " + (text.replace('"', '\\"') if open_metrics else text)
    yield f"# TYPE {name} {family.type}"
    unit = name.rpartition("_")[2]
    if open_metrics and unit in UNITS:
        yield f"# UNIT {name} {unit}"


def _sample(name: str, labels: str, value: str) -> str:
    return f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def _histogram(family: Shown, *, open_metrics: bool) -> Iterator[str]:
    for labels, counts in sorted(family.buckets.items()):
        before = f"{labels}," if labels else ""
        so_far = 0
        for bound in sorted(counts, key=float):
            so_far += counts[bound]
            text = f"{bound}.0" if open_metrics and bound.isdigit() else bound
            yield f'{family.name}_bucket{{{before}le="{text}"}} {so_far}'
        yield _sample(f"{family.name}_sum", labels, family.sums.get(labels, "0"))
        yield _sample(f"{family.name}_count", labels, str(so_far))
