"""Bytes that were forged, so that no checksum helps: an error each time, or some answer of the right length."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.blocks.codec import decode_pieces, encode
from monitoring.metrics.blocks.columns import CorruptBlockError, Floats, Ints, SeriesColumns
from monitoring.metrics.blocks.header import FRONT_BYTES, SAMPLES, Header, NeedMore, framed
from monitoring.metrics.blocks.packing import Reader, integer_bytes, read_integers
from monitoring.metrics.blocks.times import read_times, time_bytes
from monitoring.metrics.blocks.values import read_values, value_bytes
from tests.monitoring.metrics.blocks.strategies import blocks, times, values

COUNT = 300


@st.composite
def forged(draw: st.DrawFn, true: bytes) -> bytes:
    """The bytes with a few flipped, set, left out or put in; most near the front, where lengths are."""
    data = bytearray(true)
    for _ in range(draw(st.integers(1, 4))):
        if not data:
            break
        at = draw(st.one_of(st.integers(0, min(30, len(data)) - 1), st.integers(0, len(data) - 1)))
        change = draw(st.sampled_from(["flip", "set", "cut", "insert"]))
        if change == "flip":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "set":
            data[at] = draw(st.sampled_from([0, 127, 128, 255]))
        elif change == "cut":
            del data[at:]
        else:
            data[at:at] = bytes([draw(st.integers(0, 255))])
    return bytes(data)


@settings(deadline=None)
@given(values(COUNT), st.data())
def test_a_forged_column_of_values_is_an_error_or_has_its_length(column: Floats, data: st.DataObject) -> None:
    try:
        found = read_values(Reader(data.draw(forged(value_bytes(column)))), COUNT)
    except CorruptBlockError:
        return
    assert len(found) == COUNT


@settings(deadline=None)
@given(times(), st.data())
def test_a_forged_column_of_times_is_an_error_or_runs_from_first_to_last(column: Ints, data: st.DataObject) -> None:
    try:
        found = read_times(data.draw(forged(time_bytes(column))), len(column), int(column[0]), int(column[-1]))
    except CorruptBlockError:
        return
    assert len(found) == len(column)
    assert (found[0], found[-1]) == (column[0], column[-1])


@settings(deadline=None)
@given(blocks(3), st.data())
def test_a_forged_header_is_an_error_or_counts_what_is_there(series: list[SeriesColumns], data: st.DataObject) -> None:
    block = encode(series)
    true = Header.parse(block)
    assert isinstance(true, Header)
    body = data.draw(forged(block[FRONT_BYTES : true.length]))
    unpacked = int.from_bytes(block[8:12], "little")
    try:
        header = Header.parse(
            framed(SAMPLES, body, unpacked if data.draw(st.booleans()) else len(body), true.block_length - true.length)
        )
        assert not isinstance(header, NeedMore)
        found = decode_pieces(header, header.ids, [(0, block)])
    except CorruptBlockError:
        return
    assert len(found.times) == int(header.counts.sum())


@settings(deadline=None)
@given(st.data())
def test_forged_rounded_multiples_are_an_error_or_as_many_as_there_were(data: st.DataObject) -> None:
    ticks = np.random.default_rng(3).integers(0, 1 << 14, 2000)
    true = integer_bytes(np.floor(ticks * 10.015).astype(np.int64))
    assert true[0] == 16
    try:
        found = read_integers(Reader(data.draw(forged(true))), 2000)
    except CorruptBlockError:
        return
    assert len(found) == 2000
