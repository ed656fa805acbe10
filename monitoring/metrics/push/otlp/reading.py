"""An export of OpenTelemetry's metrics, as samples.

Gauges, sums, histograms with explicit buckets and summaries are taken; exponential histograms are refused. Differences
(delta temporality) are added up by the store of running totals.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from monitoring.metrics.identities import MOST_LABEL_VALUE_BYTES, MOST_LABELS
from monitoring.metrics.push.metadata import metadata_of
from monitoring.metrics.push.otlp import points
from monitoring.metrics.push.otlp.attributes import labels_of, value_text
from monitoring.metrics.push.otlp.collecting import Collected, Pairs
from monitoring.metrics.push.otlp.names import metric_name, unit_name
from monitoring.metrics.push.otlp.points import Family

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
IDENTIFYING = frozenset({"service.name", "service.namespace", "service.instance.id"})
MOST_RESOURCE_ATTRIBUTES = 1_000  # more are not looked at
NO_EXPONENTIAL = "Exponential histograms are not stored; let the SDK make histograms with explicit buckets."
NO_TEMPORALITY = "It is neither cumulative nor delta; set the aggregation temporality."
NO_DELTA = "A sum that goes up and down cannot be taken as differences; send it as cumulative."


def read(request: ExportMetricsServiceRequest) -> Collected:
    """Everything that can be stored, and why the rest cannot. Raises TooMuchError."""
    collected = Collected()
    for one in request.resource_metrics:
        collected.count_parts()
        own = target_of(one.resource)
        newest_ns = 0
        for scope in one.scope_metrics:
            collected.count_parts()
            pairs = own | _scope_labels(scope)
            for metric in scope.metrics:
                newest_ns = max(newest_ns, _metric(collected, metric, pairs))
        if newest_ns:
            _target_info(collected, one.resource, own, newest_ns // points.NS_PER_MS)
    return collected


def target_of(resource: Resource) -> Pairs:
    """`job` and `instance`."""
    first = islice(resource.attributes, MOST_RESOURCE_ATTRIBUTES)
    found = {one.key: value_text(one.value) for one in first if one.key in IDENTIFYING}
    name, namespace = found.get("service.name", ""), found.get("service.namespace", "")
    job = f"{namespace}/{name}" if namespace and name else name
    return {"job": job, "instance": found.get("service.instance.id", "")}


def _scope_labels(scope: ScopeMetrics) -> Pairs:
    return {"otel_scope_name": scope.scope.name, "otel_scope_version": scope.scope.version}


def _target_info(collected: Collected, resource: Resource, own: Pairs, time_ms: int) -> None:
    """What else is known of the target. What is too long for a label is left out, and what comes after the most labels."""
    if not any(own.values()):
        return
    first = islice(resource.attributes, MOST_RESOURCE_ATTRIBUTES)
    others = labels_of(one for one in first if one.key not in IDENTIFYING)
    short = [(name, text) for name, text in others.items() if len(text.encode()) <= MOST_LABEL_VALUE_BYTES]
    if short:
        collected.add("target_info", dict(sorted(short)[: MOST_LABELS - 3]) | own, time_ms, 1.0)
        collected.metadata["target_info"] = metadata_of("target_info", "gauge", "Target metadata", "")


def _metric(collected: Collected, metric: Metric, own: Pairs) -> int:
    """Take all points of a metric; the time of the newest in ns, 0 if there is none."""
    collected.count_parts()
    kind = metric.WhichOneof("data")
    if kind is None:
        return 0
    data: Any = getattr(metric, kind)
    collected.points += len(data.data_points)
    collected.count_parts(len(data.data_points))
    fault = _fault(metric, kind, data)
    if fault:
        collected.refuse(len(data.data_points), f"{metric.name[:80]}: {fault}")
        return 0
    family = _family(metric, kind, data)
    collected.metadata[family.name] = metadata_of(family.name, family.type, metric.description, unit_name(metric.unit))
    _points(collected, family, data.data_points, own)
    return max((point.time_unix_nano for point in data.data_points), default=0)


def _fault(metric: Metric, kind: str, data: Any) -> str:
    if kind == "exponential_histogram":
        return NO_EXPONENTIAL
    if not metric_name(metric.name, ""):
        return "The metric has no name."
    if kind in ("sum", "histogram") and data.aggregation_temporality not in (CUMULATIVE, DELTA):
        return NO_TEMPORALITY
    if kind == "sum" and data.aggregation_temporality == DELTA and not data.is_monotonic:
        return NO_DELTA
    return ""


def _family(metric: Metric, kind: str, data: Any) -> Family:
    is_counter = kind == "sum" and data.is_monotonic
    name = metric_name(metric.name, metric.unit, is_counter=is_counter, is_gauge=kind == "gauge")
    type_ = "counter" if is_counter else "gauge" if kind in ("sum", "gauge") else kind
    is_delta = kind in ("sum", "histogram") and data.aggregation_temporality == DELTA
    return Family(name, type_, is_delta)


def _points(collected: Collected, family: Family, data_points: Iterable[Any], own: Pairs) -> None:
    take = points.TAKERS[family.type]
    for point in data_points:
        if len(point.attributes) > MOST_LABELS:
            fault = f"A data point has {len(point.attributes)} attributes; send at most {MOST_LABELS}."
        else:
            fault = take(collected, family, labels_of(point.attributes) | own if point.attributes else own, point)
        if fault:
            collected.refuse(1, f"{family.name}: {fault}")
