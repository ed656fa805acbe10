import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.cutting import CUT, LARGEST, PAGE, QUARTER, WHOLE, bounds, codec_of, cut, first_bytes, pieces

lengths = st.one_of(st.integers(20, 6000), st.integers(20, 60_000))


@given(lengths, st.integers(20, 20_000), st.data())
def test_a_range_of_a_block_is_found_in_its_rows(length: int, header_bytes: int, data: st.DataObject) -> None:
    block = bytes(at * 7 % 251 for at in range(length))
    rows = cut(block, min(header_bytes, length))
    low = data.draw(st.integers(0, length - 1))
    size = data.draw(st.integers(0, length - low))
    ends = bounds(codec_of(length), min(header_bytes, length), length)
    found = b"".join(rows[one.part][one.low : one.low + one.length] for one in pieces(ends, low, size))
    assert found == block[low : low + size]


@given(lengths, st.integers(20, 20_000))
def test_no_row_is_longer_than_a_page(length: int, header_bytes: int) -> None:
    rows = cut(bytes(length), min(header_bytes, length))
    assert len(rows[0]) <= LARGEST
    assert all(0 < len(row) <= PAGE for row in rows[1:])
    assert sum(map(len, rows)) == length


@pytest.mark.parametrize(
    ("length", "rows"), [(QUARTER, 1), (QUARTER + 1, 2), (400 + PAGE, 2), (400 + PAGE + QUARTER + 1, 4)]
)
def test_a_block_takes_as_many_rows_as_it_must(length: int, rows: int) -> None:
    assert len(cut(bytes(length), 400)) == rows


def test_the_header_is_found_without_knowing_the_length_of_the_block() -> None:
    first = first_bytes(CUT, 20_000)
    assert first == LARGEST
    assert pieces(bounds(CUT, first, first), 0, first) == pieces(bounds(CUT, 20_000, 90_000), 0, first)


def test_a_block_in_one_row_is_not_cut() -> None:
    assert bounds(WHOLE, 400, 50_000) == [50_000]
