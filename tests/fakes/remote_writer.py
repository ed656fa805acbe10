"""A remote-write sender as Prometheus is one, made of whole protobuf messages: what the portal's own reader is compared with.

Messages: prompb/remote.proto, prompb/types.proto and prompb/io/prometheus/write/v2/types.proto of Prometheus.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import cramjam

from monitoring.metrics.push.messages import DECLARED, declare

Labels = Mapping[str, str]
NOON_MS = 1_795_521_600_000

_classes = declare(
    "tests/remote_writer.proto",
    DECLARED
    | {
        "Histogram": {"sum": (3, "double", False), "timestamp": (15, "int64", False)},
        "Exemplar": {"value": (2, "double", False)},
        "TimeSeries": {
            "labels": (1, "Label", True),
            "samples": (2, "Sample", True),
            "exemplars": (3, "Exemplar", True),
            "histograms": (4, "Histogram", True),
        },
        "WriteRequest": {"timeseries": (1, "TimeSeries", True), "metadata": (3, "MetricMetadata", True)},
        "TimeSeries2": {
            "labels_refs": (1, "uint32", True),
            "samples": (2, "Sample", True),
            "histograms": (3, "Histogram", True),
            "exemplars": (4, "Exemplar", True),
            "metadata": (5, "Metadata", False),
        },
        "Request": {"symbols": (4, "bytes", True), "timeseries": (5, "TimeSeries2", True)},
    },
)
WriteRequest: Any = _classes["WriteRequest"]
Request: Any = _classes["Request"]

VERSION_1 = {"CONTENT_TYPE": "application/x-protobuf", "HTTP_X_PROMETHEUS_REMOTE_WRITE_VERSION": "0.1.0"}
VERSION_2 = {
    "CONTENT_TYPE": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    "HTTP_X_PROMETHEUS_REMOTE_WRITE_VERSION": "2.0.0",
}


class Series(NamedTuple):
    """Labels, and (time in ms, value) pairs. `help` and `kind` are sent along in 2.0."""

    labels: Labels
    samples: Iterable[tuple[int, float]]
    help: str = ""
    kind: int = 0


def request_1(*series: Series) -> Any:
    request = WriteRequest()
    for one in series:
        written = request.timeseries.add()
        for name, value in sorted(one.labels.items()):
            written.labels.add(name=name.encode(), value=value.encode())
        for time, sample in one.samples:
            written.samples.add(timestamp=time, value=sample)
    return request


def request_2(*series: Series) -> Any:
    request, symbols = Request(), {"": 0}

    def reference(text: str) -> int:
        return symbols.setdefault(text, len(symbols))

    for one in series:
        written = request.timeseries.add()
        for pair in sorted(one.labels.items()):
            written.labels_refs.extend(map(reference, pair))
        for time, sample in one.samples:
            written.samples.add(timestamp=time, value=sample)
        if one.help or one.kind:
            written.metadata.type, written.metadata.help_ref = one.kind, reference(one.help)
    request.symbols.extend(text.encode() for text in symbols)
    return request


def packed(request: Any) -> bytes:
    return bytes(cramjam.snappy.compress_raw(request.SerializeToString()))
