"""Exports as OpenTelemetry's SDKs and collectors build them, of their own protobuf classes."""

from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
NO_VALUE = 1
SHOP = {"service.name": "cart", "service.namespace": "shop", "service.instance.id": "cart-1"}


def put(attributes: Any, pairs: dict[str, Any]) -> None:
    """Set attributes of text, truth, integer or float."""
    for key, value in pairs.items():
        kind = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(attributes.add(key=key).value, kind, value)


def export(*metrics: Metric, resource: dict[str, Any] | None = None, scope: str = "") -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource_metrics = request.resource_metrics.add()
    put(resource_metrics.resource.attributes, SHOP if resource is None else resource)
    scope_metrics = resource_metrics.scope_metrics.add()
    scope_metrics.scope.name = scope
    scope_metrics.metrics.extend(metrics)
    return request


def gauge(name: str, value: float, at_ms: int, unit: str = "", flags: int = 0, **attributes: Any) -> Metric:
    metric = Metric(name=name, unit=unit, description=f"About {name}.")
    point = metric.gauge.data_points.add(time_unix_nano=at_ms * 1_000_000, flags=flags, as_double=value)
    put(point.attributes, attributes)
    return metric


def total(
    name: str, value: float, at_ms: int, temporality: Any = CUMULATIVE, *, monotonic: bool = True, **attributes: Any
) -> Metric:
    metric = Metric(name=name)
    metric.sum.aggregation_temporality, metric.sum.is_monotonic = temporality, monotonic
    point = metric.sum.data_points.add(time_unix_nano=at_ms * 1_000_000, as_double=value)
    put(point.attributes, attributes)
    return metric


def histogram(name: str, counts: list[int], at_ms: int, temporality: Any = CUMULATIVE, flags: int = 0) -> Metric:
    """With the bounds 0.1, 1, 10 … as many as fit."""
    metric = Metric(name=name, unit="s")
    metric.histogram.aggregation_temporality = temporality
    metric.histogram.data_points.add(
        time_unix_nano=at_ms * 1_000_000,
        count=sum(counts),
        sum=float(sum(counts)),
        bucket_counts=counts,
        explicit_bounds=[10.0 ** (place - 1) for place in range(len(counts) - 1)],
        flags=flags,
    )
    return metric
