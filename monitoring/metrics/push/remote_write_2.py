"""Remote write 2.0: `Request{4: symbols, 5: TimeSeries{1: labels_refs, 2: Sample, 3: Histogram, 4: Exemplar, 5: Metadata}}`.

Labels are numbers of strings that come with the request, so a known series is recognised by its strings, joined.
https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
"""

from array import array

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.push import messages
from monitoring.metrics.push.heard import MOST_SERIES, REFUSED, Collector, Heard, Known, TooMuchError
from monitoring.metrics.push.labels import MOST_LABEL_BYTES, MOST_LABELS, LabelError, checked
from monitoring.metrics.push.metadata import family, metadata_of, type_of
from monitoring.metrics.push.wire import LENGTH, VARINT, Field, WireError, field_at, varint

SYMBOL, SERIES = 4, 5
REFS, SAMPLE, HISTOGRAM, METADATA = 1, 2, 3, 5
SYMBOL_TAG, SERIES_TAG, REFS_TAG, SAMPLE_TAG, METADATA_TAG = 0x22, 0x2A, 0x0A, 0x12, 0x2A
MOST_TEXT = 128 * 1024 * 1024  # characters of all labels of a request, each as often as it is named
MOST_SYMBOLS = 500_000
BAD_SYMBOL = "Labels of a series name a symbol that is not there, not UTF-8, or holds NUL."
Strings = list[str | None]
NUL = "\x00"  # in no label, for it cannot be stored: what joins strings to a key


class _Request:
    """A request by its parts. Series are parallel lists: references of labels, where the one sample ends and how long it
    is, metadata. The last symbol stands for every reference that leads nowhere."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.symbols: Strings = []
        self.frames: list[tuple[int, int]] = []
        self.refs: list[bytes] = []
        self.ends: list[int] = []
        self.lengths: list[int] = []
        self.metadata: list[bytes] = []
        self.others: list[_Parts] = []
        self.told: dict[tuple[object, bytes], Metadata | None] = {}


class _Parts:
    """A series that is not one sample with its labels."""

    def __init__(self) -> None:
        self.refs, self.metadata = bytearray(), bytearray()
        self.ends, self.lengths = array("q"), array("q")
        self.histograms = 0


def read(data: bytes, known: Known) -> Heard:
    """Understand a request. Raises WireError, when it is no Request, and TooMuchError."""
    request = _Request(Collector(data, known))
    try:
        _scan(data, request)
        _sort_out(request)
    except IndexError:
        raise WireError("the request is cut off") from None
    return _heard(request)


def _scan(data: bytes, request: _Request) -> None:
    """Symbols, and where series stand."""
    at, size = 0, len(data)
    symbols: list[bytes] = []
    frames = request.frames
    while at < size:
        tag = data[at]
        if tag != SERIES_TAG and tag != SYMBOL_TAG:
            at = _other_field(data, field_at(data, at, size), request, symbols)
            continue
        length, start = data[at + 1], at + 2
        if length > 0x7F:
            length, start = varint(data, at + 1, size)
        at = start + length
        if tag == SYMBOL_TAG:
            symbols.append(data[start:at])
            if len(symbols) > MOST_SYMBOLS:
                raise TooMuchError(f"More than {MOST_SYMBOLS} symbols; send fewer in a request.")
        else:
            frames.append((start, at))
            if len(frames) > MOST_SERIES:
                raise TooMuchError(f"More than {MOST_SERIES} series; send fewer in a request.")
    if at > size:
        raise WireError("the request is cut off")
    request.symbols = _texts(symbols)


def _other_field(data: bytes, field: Field, request: _Request, symbols: list[bytes]) -> int:
    """A symbol or series whose tag is written oddly, or something unknown."""
    request.collector.count_part()
    if field.kind == LENGTH and field.number == SERIES:
        request.frames.append((field.start, field.end))
    elif field.kind == LENGTH and field.number == SYMBOL:
        symbols.append(data[field.start : field.end])
    return field.end


def _texts(symbols: list[bytes]) -> Strings:
    """The symbols, and None at the end. None is what cannot be part of a label: it spoils only the series that name it."""
    try:
        texts: Strings = [*NUL.encode().join(symbols).decode().split(NUL)] if symbols else []
    except UnicodeDecodeError:
        texts = []
    return [*(texts if len(texts) == len(symbols) else map(_text, symbols)), None]


def _text(octets: bytes) -> str | None:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return None if NUL in text else text


def _sort_out(request: _Request) -> None:
    """Take the series that are labels, one sample and maybe metadata, in this order; and the others apart."""
    data = request.collector.data
    refs, ends, lengths, told = request.refs, request.ends, request.lengths, request.metadata
    for start, end in request.frames:
        if end - start > 4 and data[start] == REFS_TAG and data[start + 1] <= 0x7F:
            sample = start + 2 + data[start + 1]
            if sample + 2 < end and data[sample] == SAMPLE_TAG and data[sample + 1] <= 0x7F:
                stop = sample + 2 + data[sample + 1]
                if stop == end or (stop + 2 < end and data[stop] == METADATA_TAG and stop + 2 + data[stop + 1] == end):
                    refs.append(data[start + 2 : sample])
                    ends.append(stop)
                    lengths.append(stop - sample - 2)
                    told.append(data[stop + 2 : end])
                    continue
        request.others.append(_take_apart(request.collector, start, end))


def _take_apart(collector: Collector, at: int, end: int) -> _Parts:
    """One series in full: any number of parts in any order."""
    parts = _Parts()
    collector.count_series()
    while at < end:
        collector.count_part()
        field = field_at(collector.data, at, end)
        at = field.end
        if field.kind == LENGTH:
            _part(collector.data[field.start : at], field.number, at, parts)
        elif field.kind == VARINT and field.number == REFS:
            parts.refs += collector.data[field.start : at]
    return parts


def _part(content: bytes, number: int, end: int, parts: _Parts) -> None:
    if number == REFS:
        if content and content[-1] > 0x7F:
            raise WireError("a reference is cut off")
        parts.refs += content
    elif number == SAMPLE:
        parts.ends.append(end)
        parts.lengths.append(len(content))
    elif number == HISTOGRAM:
        parts.histograms += 1
    elif number == METADATA:
        parts.metadata += content


def _heard(request: _Request) -> Heard:
    collector = request.collector
    strings, bounds, lengths = _references(request)
    owners = _owners(request, strings, bounds, lengths)
    for index, parts in enumerate(request.others, len(owners)):
        collector.refuse_histograms(parts.histograms)
        own = strings[bounds[index] : bounds[index + 1]]
        try:
            owner = _owner(request, own, lengths[index], bytes(parts.metadata), wanted=bool(parts.ends))
            collector.add(owner, parts.ends, parts.lengths)
        except LabelError as fault:
            collector.refuse(fault, len(parts.ends))
    heard = collector.heard(owners, request.ends, request.lengths)
    heard.metadata = [one for one in request.told.values() if one]
    return heard


def _owners(request: _Request, strings: Strings, bounds: list[int], lengths: list[int]) -> list[int]:
    """Whose the samples of the usual series are. A known series passes through here in a handful of steps."""
    known, told, join = request.collector.known, request.told, NUL.join
    owners, start = [], 0
    for metadata, stop, length in zip(request.metadata, bounds[1:], lengths, strict=False):
        own = strings[start:stop]
        start = stop
        try:
            series = known(join(own)) if length <= MOST_LABEL_BYTES else None  # type: ignore[arg-type]
            if series is None or (metadata and (own[1], metadata) not in told):
                series = _owner(request, own, length, metadata)
        except (TypeError, LabelError) as fault:
            request.collector.refuse(fault if isinstance(fault, LabelError) else LabelError(BAD_SYMBOL), 1)
            series = REFUSED
        owners.append(series)
    return owners


def _references(request: _Request) -> tuple[Strings, list[int], list[int]]:
    """All strings that series name; where those of each begin (and the last end); how much text each names."""
    every = [*request.refs, *(bytes(parts.refs) for parts in request.others)]
    octets = np.frombuffer(b"".join(every), dtype=np.uint8)
    numbers = np.minimum(_varints(octets), len(request.symbols) - 1)
    sizes = np.fromiter(map(len, every), dtype=np.int64, count=len(every))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    bounds = np.concatenate([[0], np.cumsum(octets <= 0x7F)])[offsets]
    if (octets[offsets[1:][sizes > 0] - 1] > 0x7F).any():
        raise WireError("a reference is cut off")
    symbol_lengths = np.array([len(symbol or "") for symbol in request.symbols], dtype=np.int64)
    text = np.concatenate([[0], np.cumsum(symbol_lengths[numbers])])[bounds]
    if text[-1] > MOST_TEXT:
        raise TooMuchError(f"Labels of more than {MOST_TEXT} characters; send fewer series in a request.")
    symbols = np.array(request.symbols, dtype=object)
    return symbols[numbers].tolist(), bounds.tolist(), np.diff(text).tolist()


def _varints(octets: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers written one after another, of at most 32 bits; a larger one leads nowhere."""
    stops = np.flatnonzero(octets <= 0x7F)
    starts = np.empty_like(stops)
    starts[:1], starts[1:] = 0, stops[:-1] + 1
    sizes = stops - starts + 1
    numbers = (octets[starts] & 0x7F).astype(np.int64)
    for place in range(1, 5):
        longer = np.flatnonzero(sizes > place)
        if not longer.size:
            break
        numbers[longer] |= (octets[starts[longer] + place] & 0x7F).astype(np.int64) << (7 * place)
    numbers[sizes > 5] = 2**40
    return numbers


def _owner(request: _Request, strings: Strings, length: int, metadata: bytes, *, wanted: bool = True) -> int:
    """Whose samples they are; `wanted` if there are any. Raises LabelError."""
    if length > MOST_LABEL_BYTES or len(strings) > 2 * MOST_LABELS:
        raise LabelError(
            f"A series has {len(strings) // 2} labels of {length} characters; send at most {MOST_LABELS} of"
            f" {MOST_LABEL_BYTES}."
        )
    try:
        key = NUL.join(strings)  # type: ignore[arg-type] # None is told below
    except TypeError:
        raise LabelError(BAD_SYMBOL) from None
    if metadata and (known := (strings[1] if len(strings) > 1 else "", metadata)) not in request.told:
        request.told[known] = _metadata(key, metadata, request.symbols)
    return request.collector.owner(key, lambda: _labels(key), wanted=wanted)


def _labels(key: str) -> Labels:
    strings = key.split(NUL) if key else []
    if len(strings) % 2:
        raise LabelError(
            f"{strings[0][:80]!r} and so on: an odd number of references; send name and value of each label."
        )
    return checked(list(zip(strings[::2], strings[1::2], strict=True)))


def _metadata(key: str, message: bytes, symbols: Strings) -> Metadata | None:
    """What is told of the metric of a series; None if the series has no name."""
    try:
        sent = messages.Metadata.FromString(message)
    except DecodeError:
        raise WireError("metadata cannot be read") from None
    strings = key.split(NUL)
    name = dict(zip(strings[::2], strings[1::2], strict=False)).get("__name__", "")
    kind, last = type_of(sent.type), len(symbols) - 1
    help, unit = (symbols[min(number, last)] or "" for number in (sent.help_ref, sent.unit_ref))
    return metadata_of(family(name, kind), kind, help, unit) if name else None
