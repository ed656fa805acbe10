import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.blocks.codec import decode, encode
from monitoring.metrics.blocks.columns import Columns, CorruptBlockError, Ints, SeriesColumns
from monitoring.metrics.blocks.header import Header
from monitoring.metrics.blocks.rollup_codec import (
    decode_rollup,
    decode_rollup_pieces,
    encode_rollup,
    rollup_ids,
    rollup_ranges,
)
from monitoring.metrics.blocks.rollups import VALUES, Rollup, counters, roll_up
from tests.monitoring.metrics.blocks.strategies import blocks

MINUTE = 60_000
TICKS = np.arange(960, dtype=np.int64) * 15_000


def assert_same(found: Rollup, expected: Rollup) -> None:
    assert found.offsets.tolist() == expected.offsets.tolist()
    assert found.starts.tolist() == expected.starts.tolist()
    for name in ("min", "max", "count", "last"):
        assert found.column(name).view(np.int64).tolist() == expected.column(name).view(np.int64).tolist()
    np.testing.assert_allclose(found.column("sum"), expected.column("sum"), rtol=1e-12)
    scale = np.maximum(np.abs(expected.column("last")), np.abs(expected.column("increase")))
    with np.errstate(all="ignore"):
        off = np.abs(found.column("increase") - expected.column("increase"))
    assert (
        np.isclose(found.column("increase"), expected.column("increase"), equal_nan=True) | (off <= scale * 1e-9)
    ).all()


def with_rows(rollup: Rollup) -> Rollup:
    """Without the series that have no rows."""
    some = np.diff(rollup.offsets) > 0
    offsets = np.concatenate(([0], rollup.offsets[1:][some]))
    return Rollup(rollup.width_ms, rollup.ids[some], offsets, rollup.starts, *(rollup.column(name) for name in VALUES))


def mixed() -> Columns:
    random = np.random.default_rng(5)
    restarted = np.cumsum(random.integers(0, 90, 960)).astype(np.float64)
    restarted[500:] -= restarted[499]
    kinds = [
        restarted,
        np.cumsum(random.random(960)),
        random.normal(50, 9, 960).round(1),
        random.gamma(2.0, 0.05, 960),
        np.ones(960),
    ]
    return Columns.of([SeriesColumns(one * 7, TICKS, values) for one, values in enumerate(kinds)])


@settings(deadline=None)
@given(blocks(4), st.sampled_from([1000, MINUTE, 3_600_000]))
def test_rows_come_back_the_same_but_for_rounded_sums(series: list[SeriesColumns], width: int) -> None:
    rollup = with_rows(roll_up(Columns.of(series), width))
    if len(rollup.starts):
        assert_same(decode_rollup(encode_rollup(rollup), width), rollup)


def test_rows_of_counters_and_gauges_come_back_the_same() -> None:
    rollup = roll_up(mixed(), 10 * MINUTE)
    assert_same(decode_rollup(encode_rollup(rollup), 10 * MINUTE), rollup)


def test_rows_that_lack_buckets_keep_their_starts() -> None:
    lacking = np.delete(TICKS, slice(100, 300))
    series = [SeriesColumns(1, TICKS, TICKS / 7), SeriesColumns(2, lacking, lacking / 1000)]
    rollup = roll_up(Columns.of(series), MINUTE)
    assert_same(decode_rollup(encode_rollup(rollup), MINUTE), rollup)


@pytest.mark.parametrize("name", VALUES)
def test_one_column_of_one_series_is_read_from_its_ranges(name: str) -> None:
    rollup = roll_up(mixed(), MINUTE)
    block = encode_rollup(rollup)
    header = Header.parse(block)
    assert isinstance(header, Header)
    for one, series in enumerate(rollup.ids.tolist()):
        wanted: Ints = np.array([series])
        pieces = [(at, block[at : at + length]) for at, length in rollup_ranges(header, wanted, (name,))]
        found = decode_rollup_pieces(header, MINUTE, wanted, pieces, (name,))
        np.testing.assert_allclose(found.column(name), rollup.columns(name).series()[one].values, rtol=1e-12, atol=1e-9)


def test_a_column_that_was_not_asked_for_is_said_to_be_missing() -> None:
    found = decode_rollup(encode_rollup(roll_up(mixed(), MINUTE)), MINUTE, columns=("max",))
    with pytest.raises(ValueError, match="column sum was not read"):
        found.column("sum")


def test_reading_the_greatest_fetches_less_than_reading_everything() -> None:
    block = encode_rollup(roll_up(mixed(), MINUTE))
    header = Header.parse(block)
    assert isinstance(header, Header)
    some, everything = (
        sum(length for _, length in header_ranges)
        for header_ranges in (
            rollup_ranges(header, np.array([21]), ("max",)),
            rollup_ranges(header, np.array([21])),
        )
    )
    assert some < everything * 0.8


def test_increases_of_gauges_are_left_out_when_asked() -> None:
    columns = mixed()
    rollup = roll_up(columns, MINUTE)
    found = decode_rollup(encode_rollup(rollup, counters(columns)), MINUTE)
    nothing = [bool(np.isnan(one.values).all()) for one in found.columns("increase").series()]
    assert nothing == [False, False, True, True, False]


def test_a_constant_costs_next_to_nothing() -> None:
    series = [SeriesColumns(one, TICKS, np.full(960, 4.5)) for one in range(50)]
    assert len(encode_rollup(roll_up(Columns.of(series), MINUTE))) < 400


def test_a_block_names_its_series() -> None:
    header = Header.parse(encode_rollup(roll_up(mixed(), MINUTE)))
    assert isinstance(header, Header)
    assert rollup_ids(header).tolist() == [0, 7, 14, 21, 28]


def test_samples_are_not_read_as_rows_nor_rows_as_samples() -> None:
    samples = mixed()
    with pytest.raises(CorruptBlockError, match="the other way round"):
        decode(encode_rollup(roll_up(samples, MINUTE)))
    with pytest.raises(CorruptBlockError, match="the other way round"):
        decode_rollup(encode(samples.series()), MINUTE)


def test_no_rows_make_no_block() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        encode_rollup(roll_up(Columns.empty(), MINUTE))


@settings(deadline=None)
@given(st.data())
def test_a_flipped_bit_is_found(data: st.DataObject) -> None:
    block = bytearray(encode_rollup(roll_up(mixed(), 10 * MINUTE)))
    block[data.draw(st.integers(0, len(block) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CorruptBlockError):
        decode_rollup(bytes(block), 10 * MINUTE)
