"""The reader of remote write 1.0 against the protobuf runtime reading the same bytes as one message."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.ingest import Reason
from monitoring.metrics.promql.storage import STALE_BITS
from monitoring.metrics.push import remote_write_1
from monitoring.metrics.push.heard import Heard, TooMuchError
from monitoring.metrics.push.labels import LabelError, identity
from monitoring.metrics.push.wire import WireError
from tests.fakes.remote_writer import NOON_MS, Series, WriteRequest, request_1

UP = {"__name__": "up", "instance": "web1:9100", "job": "node"}
DOWN = {"__name__": "up", "instance": "web2:9100", "job": "node"}
STALE = np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0]
Samples = list[tuple[Any, int, int]]


class Memory(dict[bytes | str, int]):
    """Ids handed out as a store would."""

    def learn(self, heard: Heard) -> None:
        for key in heard.keys:
            self.setdefault(key, 1000 + len(self))


def samples_of(heard: Heard, memory: Memory, names: dict[int, Any]) -> Samples:
    """(labels, time, bits of the value), sorted; `names` are labels by id."""
    owners = [names[owner] if owner >= 0 else heard.strangers[-1 - owner] for owner in heard.owners.tolist()]
    return sorted(zip(owners, heard.times.tolist(), heard.values.view(np.uint64).tolist(), strict=True))


def read_twice(data: bytes) -> tuple[Samples, Samples]:
    """As a stranger, and with every series known."""
    memory = Memory()
    first = remote_write_1.read(data, memory.get)
    memory.learn(first)
    names = {memory[key]: labels for key, labels in zip(first.keys, first.strangers, strict=True)}
    return samples_of(first, memory, {}), samples_of(remote_write_1.read(data, memory.get), memory, names)


def expected(data: bytes) -> Samples:
    """By the protobuf runtime."""
    found: Samples = []
    for series in WriteRequest.FromString(data).timeseries:
        try:
            labels = identity([(label.name, label.value) for label in series.labels])
        except LabelError:
            continue
        for sample in series.samples:
            found.append((labels, sample.timestamp, int(np.float64(sample.value).view(np.uint64))))
    return sorted(found)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.floats() | st.sampled_from([0.0, -0.0, float(STALE), 1.0, float("inf")])
TIMES = st.integers(NOON_MS, NOON_MS + 10**6) | st.sampled_from([0, 1, -1, 2**41, 2**42, 2**63 - 1, -(2**63)])
SERIES = st.builds(
    Series,
    st.dictionaries(TEXTS, TEXTS, max_size=4).map(lambda labels: labels | {"__name__": "x"}) | st.just(UP),
    st.lists(st.tuples(TIMES, VALUES), max_size=4),
    help=TEXTS,
    kind=st.integers(0, 7),
)


@given(st.lists(SERIES, max_size=5))
def test_reads_what_the_protobuf_runtime_reads(series: list[Series]) -> None:
    data = request_1(*series).SerializeToString()
    assert read_twice(data) == (expected(data), expected(data))


def is_refused(data: bytes, memory: Memory) -> bool:
    """In whole, or the series at fault; in a series that is refused for its labels the samples are not looked at."""
    try:
        heard = remote_write_1.read(data, memory.get)
    except WireError:
        return True
    return bool(heard.tally) or not len(heard.times)


WHOLE = request_1(
    Series(UP, [(NOON_MS, 1.0)]), Series(DOWN, [(NOON_MS, 0.0)]), Series(UP, [(NOON_MS + 1, 2.5), (NOON_MS + 2, STALE)])
).SerializeToString()


def test_a_changed_bit_anywhere_is_refused_or_read_as_the_protobuf_runtime_reads_it() -> None:
    memory = Memory()
    memory.learn(remote_write_1.read(WHOLE, memory.get))
    for place, bit in product(range(len(WHOLE)), range(8)):
        data = WHOLE[:place] + bytes([WHOLE[place] ^ 1 << bit]) + WHOLE[place + 1 :]
        check(data, memory)


def test_a_request_that_is_cut_off_anywhere_is_refused_or_read_up_to_a_whole_series() -> None:
    for length in range(len(WHOLE)):
        check(WHOLE[:length], Memory())


def check(data: bytes, memory: Memory) -> None:
    try:
        wanted = expected(data)
    except DecodeError:
        assert is_refused(data, memory), data
    else:
        assert read_twice(data)[0] == wanted, data


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_as_the_protobuf_runtime_reads_it(data: bytes) -> None:
    check(data, Memory())


def test_a_value_that_looks_like_a_short_sample_is_read_in_full() -> None:
    odd = np.array([0x0700000000000000 + 16], dtype=np.uint64).view(np.float64)[0]
    data = request_1(Series(UP, [(NOON_MS, odd)])).SerializeToString()
    assert read_twice(data) == (expected(data), expected(data))


def test_a_series_that_is_at_fault_leaves_the_others() -> None:
    request = request_1(Series({"job": "node"}, [(NOON_MS, 1.0)]), Series(UP, [(NOON_MS, 1.0)]))
    heard = remote_write_1.read(request.SerializeToString(), Memory().get)
    assert heard.strangers == [tuple(UP.items())]
    assert [(one.reason, one.count) for one in heard.tally.refusals()] == [(Reason.INVALID, 1)]
    assert "no metric name" in heard.tally.sentence(1)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(b"job", b"node"), (b"__name__", b"up")], "not sorted"),
        ([(b"__name__", b"up"), (b"job", b"a"), (b"job", b"b")], "twice"),
        ([(b"", b"x"), (b"__name__", b"up")], "empty name"),
        ([(b"__name__", b"up"), (b"job", b"\xff")], "not valid UTF-8"),
        ([(b"__name__", b"up"), (b"job", b"a\x00")], "NUL"),
        ([(b"__name__", b"up"), (b"job", b"x" * 10_000)], "shorten"),
        ([(b"__name__", b"up"), *((f"l{i:03}".encode(), b"x") for i in range(90))], "labels"),
    ],
)
def test_labels_at_fault_say_what_to_mend(pairs: list[tuple[bytes, bytes]], words: str) -> None:
    request = WriteRequest()
    request.timeseries.add(labels=[{"name": name, "value": value} for name, value in pairs]).samples.add(value=1)
    heard = remote_write_1.read(request.SerializeToString(), Memory().get)
    assert words in heard.tally.sentence(0)
    assert not heard.strangers


def test_histograms_are_refused_and_exemplars_passed_over() -> None:
    request = request_1(Series(UP, [(NOON_MS, 1.0)]))
    request.timeseries[0].exemplars.add(value=1)
    request.timeseries.add(labels=request.timeseries[0].labels).histograms.add(sum=3)
    heard = remote_write_1.read(request.SerializeToString(), Memory().get)
    assert len(heard.times) == 1
    assert heard.tally.total == 1
    assert "histogram" in heard.tally.sentence(1)


def test_metadata_is_read() -> None:
    request = WriteRequest()
    request.metadata.add(type=1, metric_family_name=b"http_requests", help=b"Requests.", unit=b"")
    heard = remote_write_1.read(request.SerializeToString(), Memory().get)
    assert [tuple(one) for one in heard.metadata] == [("http_requests", "counter", "Requests.", "")]


def test_a_series_without_samples_makes_no_series() -> None:
    heard = remote_write_1.read(request_1(Series(UP, [])).SerializeToString(), Memory().get)
    assert (heard.strangers, heard.tally.total) == ([], 0)


@pytest.mark.parametrize("part", [b"\x0a\x00", b"\x1a\x00", b"\x22\x00", b"\x0a\x02\x12\x00", b"\x0a\x02\x1a\x00"])
def test_millions_of_empty_parts_are_too_much(part: bytes) -> None:
    with pytest.raises(TooMuchError):
        remote_write_1.read(part * 1_100_000, Memory().get)


def test_millions_of_labels_spoil_only_their_series() -> None:
    label = b"\x0a\x06\x0a\x01a\x12\x01b"
    body = label * 1_000_000
    huge = b"\x0a" + varint(len(body)) + body
    heard = remote_write_1.read(huge + request_1(Series(UP, [(NOON_MS, 1.0)])).SerializeToString(), Memory().get)
    assert len(heard.strangers) == 1
    assert "more than 64 labels" in heard.tally.sentence(1)


def varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])
