"""Remote write 1.0: `WriteRequest{1: TimeSeries{1: Label, 2: Sample, 3: Exemplar, 4: Histogram}, 3: MetricMetadata}`.

A series that is known is recognised by the bytes of its labels, which are not taken apart again: the loop of `_scan` is
all that is done for it. https://prometheus.io/docs/specs/prw/remote_write_spec/
"""

from array import array

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import messages, samples
from monitoring.metrics.push.heard import Collector, Heard, Known
from monitoring.metrics.push.labels import MOST_LABEL_BYTES, MOST_LABELS, LabelError, identity
from monitoring.metrics.push.metadata import of_wire
from monitoring.metrics.push.wire import LENGTH, Field, WireError, field_at, varint

SERIES, METADATA = 1, 3
LABEL, SAMPLE, HISTOGRAM = 1, 2, 4
SERIES_TAG, SAMPLE_TAG = 0x0A, 0x12
LONG, SHORT = samples.WITH_VALUE + 2, samples.WITHOUT_VALUE + 2  # a sample with its tag and length


class Scan:
    """Series with one usual sample whose labels are known, and where everything else stands."""

    def __init__(self) -> None:
        self.owners: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.others: list[tuple[int, int]] = []
        self.metadata: list[tuple[int, int]] = []


def read(data: bytes, known: Known) -> Heard:
    """Understand a request. Raises WireError, when it is no WriteRequest, and TooMuchError."""
    collector, scan = Collector(data, known), Scan()
    _scan(data, known, scan, collector)
    owners, ends, lengths = _usual(data, scan)
    for start, end in scan.others:
        _series(collector, start, end)
    heard = collector.heard(owners, ends, lengths)
    heard.metadata = [_metadata(data[start:end]) for start, end in scan.metadata]
    return heard


def _scan(data: bytes, known: Known, scan: Scan, collector: Collector) -> None:
    """Go from series to series. What comes before a usual sample is looked up; only labels that were parsed before are
    found, so a hit proves that a field begins behind them."""
    at, size = 0, len(data)
    try:
        while at < size:
            if data[at] != SERIES_TAG:
                collector.count_part()
                at = _other_field(data, at, scan)
                continue
            length, start = data[at + 1], at + 2
            if length > 0x7F:
                length, start = (length & 0x7F) | data[start] << 7, start + 1
                if length >= 0x4000:
                    length, start = varint(data, at + 1, size)
            end = start + length
            if length > LONG:
                # 07 there is the length of a sample without a value; a number that has it there is below 1e-269
                series = known(data[start : end - (SHORT if data[end - 8] == samples.WITHOUT_VALUE else LONG)])
                if series is not None:
                    scan.owners.append(series)
                    scan.starts.append(start)
                    scan.ends.append(end)
                    at = end
                    continue
            collector.count_series()
            scan.others.append((start, end))
            at = end
    except IndexError:
        raise WireError("the request is cut off") from None
    if at > size:
        raise WireError("the request is cut off")


def _other_field(data: bytes, at: int, scan: Scan) -> int:
    """A field of the request that is not written as series are: metadata, a series with an odd tag, or unknown."""
    field = field_at(data, at, len(data))
    if field.kind == LENGTH and field.number in (SERIES, METADATA):
        (scan.others if field.number == SERIES else scan.metadata).append((field.start, field.end))
    return field.end


def _usual(data: bytes, scan: Scan) -> tuple[list[int], list[int], list[int]]:
    """Owners, ends and lengths of the samples that are what `_scan` took them for; the others are read again, in full."""
    ends = np.array(scan.ends, dtype=np.int64)
    if not ends.size:
        return [], [], []
    last = np.frombuffer(data, dtype=np.uint8)[ends - 8] == samples.WITHOUT_VALUE
    lengths: NDArray[np.int64] = np.where(last, samples.WITHOUT_VALUE, samples.WITH_VALUE)
    rows = samples.windows(data, ends)
    good = samples.framed(rows, lengths) & samples.usual(rows, lengths)
    if good.all():
        return scan.owners, scan.ends, lengths.tolist()
    scan.others += [(scan.starts[index], scan.ends[index]) for index in np.flatnonzero(~good).tolist()]
    kept = np.array(scan.owners, dtype=np.int64)[good]
    return kept.tolist(), ends[good].tolist(), lengths[good].tolist()


def _series(collector: Collector, start: int, end: int) -> None:
    """One series in full: any number of labels and samples, in any order."""
    parts = _Parts()
    try:
        _take_apart(collector, start, end, parts)
        owner = _owner(collector, parts)
        collector.add(owner, parts.ends, parts.lengths)
    except LabelError as fault:
        collector.refuse(fault, len(parts.ends))
    collector.refuse_histograms(parts.histograms)


class _Parts:
    def __init__(self) -> None:
        self.labels: list[bytes] = []
        self.ends, self.lengths = array("q"), array("q")
        self.histograms = 0


def _take_apart(collector: Collector, at: int, end: int, parts: _Parts) -> None:
    data = collector.data
    while at < end:
        collector.count_part()
        if data[at] == SAMPLE_TAG and at + 1 < end and data[at + 1] <= 0x7F:
            length = data[at + 1]
            at += 2 + length
            if at > end:
                raise WireError("a sample is cut off")
            parts.ends.append(at)
            parts.lengths.append(length)
        else:
            at = _part(data, field_at(data, at, end), parts)


def _part(data: bytes, field: Field, parts: _Parts) -> int:
    if field.kind == LENGTH and field.number == LABEL:
        if len(parts.labels) == MOST_LABELS:
            raise LabelError(f"A series has more than {MOST_LABELS} labels; send fewer.")
        parts.labels.append(data[field.begin : field.end])
    elif field.kind == LENGTH and field.number == SAMPLE:
        parts.ends.append(field.end)
        parts.lengths.append(field.end - field.start)
    elif field.kind == LENGTH and field.number == HISTOGRAM:
        parts.histograms += 1
    return field.end


def _owner(collector: Collector, parts: _Parts) -> int:
    key = b"".join(parts.labels)
    if len(key) > MOST_LABEL_BYTES:
        raise LabelError(f"Labels of a series have {len(key)} bytes; send at most {MOST_LABEL_BYTES}.")
    return collector.owner(key, lambda: _labels(key), wanted=bool(parts.ends))


def _labels(key: bytes) -> Labels:
    try:
        return identity([(label.name, label.value) for label in messages.Labels.FromString(key).labels])
    except DecodeError:
        raise WireError("a label cannot be read") from None


def _metadata(message: bytes) -> Metadata:
    try:
        sent = messages.MetricMetadata.FromString(message)
    except DecodeError:
        raise WireError("metadata cannot be read") from None
    return of_wire(sent.metric_family_name, sent.type, sent.help, sent.unit)
