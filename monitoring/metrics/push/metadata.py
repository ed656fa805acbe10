"""What metrics are, as senders tell it. Pure."""

from monitoring.metrics.ingest import Metadata

# Numbers of both versions of remote write (prompb MetricMetadata.MetricType, write/v2 Metadata.MetricType).
TYPES = ("unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset")
LONGEST_HELP = 4_000
LONGEST_UNIT = 100
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


def of_wire(metric: bytes, kind: int, help: bytes, unit: bytes) -> Metadata:
    return metadata_of(
        metric.decode(errors="replace"), type_of(kind), help.decode(errors="replace"), unit.decode(errors="replace")
    )


def metadata_of(metric: str, kind: str, help: str, unit: str) -> Metadata:
    """Cut to what is stored, so that what was told before is known again."""
    return Metadata(metric, kind, help[:LONGEST_HELP], unit[:LONGEST_UNIT])


def type_of(number: int) -> str:
    return TYPES[number] if 0 <= number < len(TYPES) else "unknown"


def family(series: str, kind: str) -> str:
    """The metric that a series belongs to: `x` for `x_bucket`, `x_sum` and `x_count` of a histogram."""
    for suffix in SUFFIXES.get(kind, ()):
        if series.endswith(suffix):
            return series.removesuffix(suffix)
    return series
