"""The reader of remote write 2.0 against the protobuf runtime reading the same bytes as one message."""

from itertools import product

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st

from monitoring.metrics.identities import METRIC
from monitoring.metrics.push import remote_write_2
from monitoring.metrics.push.heard import TooMuchError
from monitoring.metrics.push.labels import LabelError, checked
from monitoring.metrics.push.wire import WireError
from tests.fakes.remote_writer import NOON_MS, Request, Series, request_1, request_2
from tests.monitoring.metrics.push.test_remote_write_1 import (
    DOWN,
    SERIES,
    STALE,
    UP,
    Memory,
    Samples,
    samples_of,
    varint,
)


def read_twice(data: bytes) -> tuple[Samples, Samples]:
    memory = Memory()
    first = remote_write_2.read(data, memory.get)
    memory.learn(first)
    names = {memory[key]: labels for key, labels in zip(first.keys, first.strangers, strict=True)}
    return samples_of(first, memory, {}), samples_of(remote_write_2.read(data, memory.get), memory, names)


def expected(data: bytes) -> Samples:
    found: Samples = []
    request = Request.FromString(data)
    for series in request.timeseries:
        try:
            strings = [text_of(request.symbols[number]) for number in series.labels_refs]
            labels = checked(list(zip(strings[::2], strings[1::2], strict=True)))
        except (LabelError, IndexError, ValueError):
            continue
        for sample in series.samples:
            found.append((labels, sample.timestamp, int(np.float64(sample.value).view(np.uint64))))
    return sorted(found)


def text_of(symbol: bytes) -> str:
    """A symbol with NUL spoils each series that names it, even as the name of an empty label, which is left out otherwise."""
    if b"\x00" in symbol:
        raise ValueError(symbol)
    return symbol.decode()


def check(data: bytes, memory: Memory) -> None:
    try:
        wanted = expected(data)
    except DecodeError:
        assert is_refused(data, memory), data
    else:
        assert read_twice(data)[0] == wanted, data


def is_refused(data: bytes, memory: Memory) -> bool:
    """In whole, or the series at fault; in a series that is refused for its labels the samples are not looked at."""
    try:
        heard = remote_write_2.read(data, memory.get)
    except WireError:
        return True
    return bool(heard.tally) or not len(heard.times)


@given(st.lists(SERIES, max_size=5))
@example([Series({METRIC: "up", "\x00": ""}, [(NOON_MS, 1.0)])])
def test_reads_what_the_protobuf_runtime_reads(series: list[Series]) -> None:
    data = request_2(*series).SerializeToString()
    assert read_twice(data) == (expected(data), expected(data))


WHOLE = request_2(
    Series(UP, [(NOON_MS, 1.0)], help="Is it up?", kind=2),
    Series(DOWN, [(NOON_MS, 0.0)], kind=2),
    Series(UP, [(NOON_MS + 1, 2.5), (NOON_MS + 2, STALE)]),
).SerializeToString()


def test_a_changed_bit_anywhere_is_refused_or_read_as_the_protobuf_runtime_reads_it() -> None:
    memory = Memory()
    memory.learn(remote_write_2.read(WHOLE, memory.get))
    for place, bit in product(range(len(WHOLE)), range(8)):
        check(WHOLE[:place] + bytes([WHOLE[place] ^ 1 << bit]) + WHOLE[place + 1 :], memory)


def test_a_request_that_is_cut_off_anywhere_is_refused_or_read_up_to_a_whole_series() -> None:
    for length in range(len(WHOLE)):
        check(WHOLE[:length], Memory())


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_as_the_protobuf_runtime_reads_it(data: bytes) -> None:
    check(data, Memory())


def test_a_symbol_that_is_not_text_spoils_only_the_series_that_name_it() -> None:
    request = request_2(Series(UP, [(NOON_MS, 1.0)]), Series(DOWN, [(NOON_MS, 0.0)]))
    request.symbols[list(request.symbols).index(b"web2:9100")] = b"\xff"
    heard = remote_write_2.read(request.SerializeToString(), Memory().get)
    assert heard.strangers == [tuple(UP.items())]
    assert heard.tally.total == 1
    assert "not UTF-8" in heard.tally.sentence(1)


def test_a_reference_that_leads_nowhere_is_told() -> None:
    request = request_2(Series(UP, [(NOON_MS, 1.0)]))
    request.timeseries[0].labels_refs[-1] = 4_000_000_000
    assert "a symbol that is not there" in remote_write_2.read(
        request.SerializeToString(), Memory().get
    ).tally.sentence(0)


def test_an_odd_number_of_references_is_told() -> None:
    request = request_2(Series(UP, [(NOON_MS, 1.0)]))
    del request.timeseries[0].labels_refs[-1]
    assert "odd number of references" in remote_write_2.read(request.SerializeToString(), Memory().get).tally.sentence(
        0
    )


def test_metadata_belongs_to_the_family_of_its_series() -> None:
    bucket = {"__name__": "wait_seconds_bucket", "le": "1"}
    request = request_2(Series(bucket, [(NOON_MS, 1.0)], help="Waiting.", kind=3), Series(UP, [], help="Up?", kind=2))
    heard = remote_write_2.read(request.SerializeToString(), Memory().get)
    assert [tuple(one) for one in heard.metadata] == [
        ("wait_seconds", "histogram", "Waiting.", ""),
        ("up", "gauge", "Up?", ""),
    ]


def test_histograms_are_refused_and_the_samples_kept() -> None:
    request = request_2(Series(UP, [(NOON_MS, 1.0)]), Series(DOWN, []))
    request.timeseries[1].histograms.add(sum=1)
    request.timeseries[0].exemplars.add(value=1)
    heard = remote_write_2.read(request.SerializeToString(), Memory().get)
    assert (len(heard.times), heard.tally.total) == (1, 1)


def test_a_request_of_the_other_version_holds_nothing() -> None:
    """The fields of the two messages do not overlap."""
    heard = remote_write_2.read(request_1(Series(UP, [(NOON_MS, 1.0)])).SerializeToString(), Memory().get)
    assert (len(heard.times), heard.tally.total) == (0, 0)


@pytest.mark.parametrize("part", [b"\x22\x00", b"\x2a\x00", b"\x0a\x00", b"\x2a\x02\x12\x00"])
def test_millions_of_empty_parts_are_too_much(part: bytes) -> None:
    with pytest.raises(TooMuchError):
        remote_write_2.read(part * 1_100_000, Memory().get)


def test_the_times_at_which_a_counter_began_are_passed_over() -> None:
    """Of a sample (field 3) and, in earlier drafts of the specification, of a series (field 6)."""
    request = request_2(Series(UP, [(NOON_MS, 1.5)]))
    began = b"\x18" + varint(NOON_MS - 1), b"\x30" + varint(NOON_MS - 1)
    sample = request.timeseries[0].samples[0].SerializeToString() + began[0]
    refs = bytes(request.timeseries[0].labels_refs)
    series = b"\x0a" + varint(len(refs)) + refs + b"\x12" + varint(len(sample)) + sample + began[1]
    request.ClearField("timeseries")
    heard = remote_write_2.read(request.SerializeToString() + b"\x2a" + varint(len(series)) + series, Memory().get)
    assert (heard.times.tolist(), heard.values.tolist(), heard.tally.total) == ([NOON_MS], [1.5], 0)


def test_references_one_by_one_are_read_as_quickly_as_packed_ones() -> None:
    """A million of them; were they joined one to the other, half a terabyte would be copied."""
    refs = b"\x08\x01" * 900_000
    length = bytes([len(refs) & 0x7F | 0x80, len(refs) >> 7 & 0x7F | 0x80, len(refs) >> 14])
    heard = remote_write_2.read(b"\x22\x00\x2a" + length + refs, Memory().get)
    assert "450000 labels" in heard.tally.sentence(0)


def test_a_small_request_cannot_name_gigabytes_of_labels() -> None:
    """50 references to 4,000 characters in each of 100,000 series: 20 GB, if they were written out."""
    request = Request(symbols=[b"", b"__name__", b"x" * 4_000])
    request.timeseries.add(labels_refs=[1, 2] * 25).samples.add(value=1.5, timestamp=NOON_MS)
    series = request.timeseries[0].SerializeToString()
    request.ClearField("timeseries")
    body = request.SerializeToString() + b"\x2a" + bytes([len(series)]) + series
    whole = body + (b"\x2a" + bytes([len(series)]) + series) * 100_000
    with pytest.raises(TooMuchError, match="characters"):
        remote_write_2.read(whole, Memory().get)
