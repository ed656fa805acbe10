import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.blocks.codec import decode, decode_pieces, decode_series, encode, whole_header
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError, Ints, SeriesColumns
from monitoring.metrics.blocks.header import SAMPLES, Header, NeedMore
from monitoring.metrics.promql.storage import STALE_BITS
from tests.monitoring.metrics.blocks.strategies import blocks, of_bits

TICKS = np.arange(240, dtype=np.int64) * 15_000
NOISE = np.random.default_rng(7).random(240)


def same(left: SeriesColumns, right: SeriesColumns) -> bool:
    return (
        left.id == right.id
        and left.times.tolist() == right.times.tolist()
        and left.values.view(np.uint64).tolist() == right.values.view(np.uint64).tolist()
    )


def header_of(data: bytes) -> Header:
    header = Header.parse(data)
    assert isinstance(header, Header)
    return header


def counter(series: int, times: Ints = TICKS) -> SeriesColumns:
    steps = np.random.default_rng(abs(series)).integers(0, 50, len(times))
    return SeriesColumns(series, times, np.cumsum(steps).astype(np.float64))


@settings(deadline=None)
@given(blocks())
def test_what_was_encoded_comes_back_bit_by_bit(series: list[SeriesColumns]) -> None:
    found = decode(encode(series)).series()
    assert len(found) == len(series)
    assert all(same(*pair) for pair in zip(found, series, strict=True))


@settings(deadline=None)
@given(blocks(), st.data())
def test_some_series_read_by_their_ranges_are_those_of_the_whole(
    series: list[SeriesColumns], data: st.DataObject
) -> None:
    block = encode(series)
    wanted = data.draw(st.lists(st.sampled_from([one.id for one in series] + [7, -1]), max_size=6, unique=True))
    header = header_of(block)
    near = data.draw(st.sampled_from([0, 10, 10_000]))
    pieces = [
        (offset, block[offset : offset + length]) for offset, length in header.ranges(np.array(wanted, np.int64), near)
    ]
    found = decode_pieces(header, np.array(wanted, np.int64), pieces).series()
    expected = [one for one in series if one.id in wanted]
    assert len(found) == len(expected)
    assert all(same(*pair) for pair in zip(found, expected, strict=True))


def test_a_header_is_parsed_from_a_prefix_that_grows_as_it_asks() -> None:
    block = encode([counter(series) for series in range(0, 3000, 3)])
    prefix = block[:10]
    asked = []
    while isinstance(answer := Header.parse(prefix), NeedMore):
        asked.append(answer.bytes)
        prefix = block[: answer.bytes]
    assert len(asked) == 2
    assert answer.ids.tolist() == list(range(0, 3000, 3))


def test_one_series_is_decoded_from_its_own_bytes_and_its_times() -> None:
    series = [counter(1), counter(2, TICKS + np.arange(240) % 7), counter(3)]
    block = encode(series)
    header = header_of(block)
    at, length = int(header.offsets[1]), int(header.lengths[1])
    times_at, times_length = (
        int(header.column_offsets[header.columns[1]]),
        int(header.column_lengths[header.columns[1]]),
    )
    found = decode_series(header, 2, block[times_at : times_at + times_length], block[at : at + length])
    assert same(found, series[1])


def test_neighbouring_slices_are_fetched_in_one() -> None:
    block = encode([counter(series) for series in range(20)])
    header = header_of(block)
    assert len(header.ranges(np.array([4, 5, 6]), near=0)) == 1
    assert len(header.ranges(np.array([4, 6]), near=0)) == 2
    assert len(header.ranges(np.array([4, 6]))) == 1


def test_constants_of_regular_times_take_no_bytes_of_their_own() -> None:
    block = encode([SeriesColumns(series, TICKS, np.full(240, 7.5)) for series in range(50)])
    assert header_of(block).ranges(np.arange(50)) == []
    assert len(block) < 150


def test_a_series_that_lacks_ticks_shares_the_column_of_times() -> None:
    random = np.random.default_rng(1)
    ticks = TICKS + random.integers(0, 9, 240)
    series = [counter(1, ticks), counter(2, np.delete(ticks, [3, 70])), counter(3, ticks[100:]), counter(4, ticks[1:])]
    assert header_of(encode(series)).column_counts.tolist() == [240]


def test_series_that_lack_different_ticks_share_one_column() -> None:
    series = [counter(one, np.delete(TICKS, one)) for one in range(1, 9)]
    assert header_of(encode(series)).column_counts.tolist() == [240]


@pytest.mark.parametrize("points", [240, 5760])
def test_series_that_come_and_go_share_one_column(points: int) -> None:
    ticks = np.arange(points, dtype=np.int64) * 15_000 + np.random.default_rng(4).integers(0, 9, points)
    spans = [(0, points // 2), (points // 3, points), (points // 4, points * 3 // 4), (points - 9, points), (0, 1)]
    series = [counter(one, ticks[start:end]) for one, (start, end) in enumerate(spans)]
    block = encode(series)
    assert header_of(block).column_counts.tolist() == [points]
    assert all(same(*pair) for pair in zip(decode(block).series(), series, strict=True))


def test_series_with_times_of_their_own_have_columns_of_their_own() -> None:
    series = [counter(one, TICKS + one) for one in range(3)]
    assert len(header_of(encode(series)).column_counts) == 3


def test_stale_markers_cost_a_counter_little() -> None:
    plain = counter(1)
    marked = plain.values.copy()
    marked[[5, 100]] = of_bits([STALE_BITS])
    cost = len(encode([SeriesColumns(1, TICKS, marked)])) - len(encode([plain]))
    assert cost < 30


def test_a_header_knows_the_first_and_last_time_of_each_series() -> None:
    header = header_of(encode([counter(1), counter(2, TICKS[7:50]), counter(3, np.delete(TICKS, 4)[2:-2])]))
    assert header.first_times.tolist() == [0, 7 * 15_000, 2 * 15_000]
    assert header.last_times.tolist() == [239 * 15_000, 49 * 15_000, 237 * 15_000]


def test_only_wanted_ids_are_decoded_from_a_whole_block() -> None:
    found = decode(encode([counter(1), counter(2), counter(3)]), np.array([3, 9, 1]))
    assert found.ids.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([], "holds 1 to"),
        ([counter(1), counter(1)], "comes twice"),
        ([counter(-1)], "is negative"),
        ([SeriesColumns(4, TICKS[::-1], np.ones(240))], "times of series 4 do not ascend"),
        ([SeriesColumns(4, TICKS + (1 << 61), np.ones(240))], "times of series 4 are no milliseconds"),
        ([SeriesColumns(4, TICKS, np.ones(3))], "240 times and 3 values"),
        ([SeriesColumns(4, TICKS[:0], np.ones(0))], "0 times"),
    ],
)
def test_what_no_block_can_hold_is_refused(series: list[SeriesColumns], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(series)


def test_other_types_of_numbers_are_taken_as_what_they_are() -> None:
    given_ = SeriesColumns(1, np.arange(9, dtype=np.int32)[::2], np.arange(10, dtype=np.float32)[::2])  # type: ignore[arg-type]
    found = decode(encode([given_])).series()[0]
    assert found.times.tolist() == found.values.tolist() == [0, 2, 4, 6, 8]


def test_columns_keep_only_the_samples_within_a_span() -> None:
    columns = Columns.of([counter(1), counter(2, TICKS[:4]), counter(3, TICKS + 1)])
    found = columns.within(60_000, 75_000)
    assert [one.times.tolist() for one in found.series()] == [[60_000, 75_000], [], [60_001]]


@settings(deadline=None)
@given(blocks(3), st.data())
def test_a_flipped_bit_is_found(series: list[SeriesColumns], data: st.DataObject) -> None:
    block = bytearray(encode(series))
    block[data.draw(st.integers(0, len(block) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CorruptBlockError):
        decode(bytes(block))


@settings(deadline=None)
@given(blocks(3), st.data())
def test_a_block_cut_short_is_found(series: list[SeriesColumns], data: st.DataObject) -> None:
    block = encode(series)
    with pytest.raises(CorruptBlockError):
        decode(block[: data.draw(st.integers(0, len(block) - 1))])


def test_damage_of_one_series_is_named_and_leaves_the_others_readable() -> None:
    block = bytearray(encode([counter(1), counter(2), counter(3)]))
    header = header_of(bytes(block))
    block[int(header.offsets[1]) + 5] ^= 1
    with pytest.raises(CorruptBlockError, match="Series 2 is damaged: Its checksum is wrong"):
        decode(bytes(block), np.array([2]))
    assert same(decode(bytes(block), np.array([3])).series()[0], counter(3))


def test_a_series_with_the_values_of_another_takes_no_bytes_of_its_own() -> None:
    alone = len(encode([SeriesColumns(1, TICKS, NOISE)]))
    together = encode([SeriesColumns(number, TICKS, NOISE) for number in range(1, 20)])
    assert len(together) < alone + 100
    assert all((one.values == NOISE).all() for one in decode(together).series())


def test_the_same_in_seconds_and_in_microseconds_is_kept_once() -> None:
    whole = np.cumsum(np.round(NOISE * 1000))
    series = [
        SeriesColumns(1, TICKS, whole),
        SeriesColumns(2, TICKS, whole / 10**6),
        SeriesColumns(3, TICKS, whole / 100),
    ]
    data = encode(series)
    assert len(data) < len(encode(series[:1])) + 40
    for one, found in zip(series, decode(data).series(), strict=True):
        assert (one.values == found.values).all()


def test_a_twin_is_read_apart() -> None:
    data = encode([SeriesColumns(1, TICKS, NOISE), SeriesColumns(2, TICKS, -NOISE), SeriesColumns(9, TICKS, NOISE)])
    header = whole_header(data, SAMPLES)
    ids = np.array([2, 9])
    pieces = [(low, data[low : low + size]) for low, size in header.ranges(ids, near=0)]
    assert [one.values[5] for one in decode_pieces(header, ids, pieces).series()] == [-NOISE[5], NOISE[5]]


@pytest.mark.parametrize("tick_ns", [10.0150375, 125 / 3, 8.2051282])
def test_durations_of_a_clock_with_a_coarse_tick_cost_less(tick_ns: float) -> None:
    random = np.random.default_rng(1)
    ticks = random.gamma(20, 100, (2, 5760)).astype(np.int64) + 10**9
    durations = (
        np.floor(ticks[0] * tick_ns) - np.floor((ticks[0] - random.gamma(20, 100, 5760).astype(np.int64)) * tick_ns)
    ) / 1e9
    times = np.arange(5760, dtype=np.int64) * 15_000
    data = encode([SeriesColumns(1, times, durations)])
    fine = encode([SeriesColumns(1, times, np.rint(random.gamma(20, 100, 5760) * tick_ns) / 1e9)])
    assert len(data) < len(fine) - 5760 * (np.log2(tick_ns) - 1.5) / 8
    assert (decode(data).values == durations).all()


def heap(exponent: int = 0) -> list[SeriesColumns]:
    """What a garbage collector says of a heap: made, freed and there; the whole, in use and idle."""
    random = np.random.default_rng(5)
    times = np.arange(5760, dtype=np.int64) * 15_000
    made = np.cumsum(random.integers(100_000, 900_000, 5760))
    freed = np.maximum.accumulate(np.where(random.random(5760) < 0.3, made - 200_000, 0))
    whole, used = np.full(5760, 1 << 30), random.integers(0, 1 << 28, 5760)
    whole[3000:] += 1 << 20
    columns = [made, freed, made - freed, whole, used, whole - used]
    return [SeriesColumns(number, times, column / 10.0**exponent) for number, column in enumerate(columns, 1)]


@pytest.mark.parametrize("exponent", [0, 3])
def test_what_follows_from_two_others_takes_no_bytes_of_its_own(exponent: int) -> None:
    series = heap(exponent)
    data = encode(series)
    assert len(data) < len(encode([series[0], series[1], series[3], series[4]])) + 60
    for one, found in zip(series, decode(data).series(), strict=True):
        assert (one.values.view(np.uint64) == found.values.view(np.uint64)).all()


@pytest.mark.parametrize("number", range(1, 7))
def test_a_series_that_is_told_beside_another_is_read_apart(number: int) -> None:
    data, ids = encode(heap()), np.array([number])
    header = whole_header(data, SAMPLES)
    pieces = [(low, data[low : low + size]) for low, size in header.ranges(ids, near=0)]
    assert (decode_pieces(header, ids, pieces).values == heap()[number - 1].values).all()
