import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.blocks.columns import Columns, Floats, SeriesColumns
from monitoring.metrics.blocks.rollups import Rollup, coarser, counters, join, roll_up
from monitoring.metrics.promql.storage import STALE_BITS
from tests.monitoring.metrics.blocks.strategies import of_bits

STALE = float(of_bits([STALE_BITS])[0])
MINUTE = 60_000
NUMBERS = st.one_of(st.integers(-50, 1000).map(float), st.sampled_from([STALE, math.nan, 0.25]))


@st.composite
def samples(draw: st.DrawFn) -> Columns:
    series = []
    for one in range(draw(st.integers(1, 4))):
        gaps = draw(st.lists(st.sampled_from([1_000, 20_000, 59_999, 60_000, 300_000]), max_size=30))
        times = draw(st.integers(-(10**6), 10**6)) + np.cumsum(np.array(gaps, dtype=np.int64))
        series.append(SeriesColumns(one, times, np.array([draw(NUMBERS) for _ in gaps], dtype=np.float64)))
    return Columns.of(series)


def naive(columns: Columns, width: int, previous: list[float]) -> dict[tuple[int, int], list[float]]:
    """(series, start) → min, max, sum, count, last, increase; sample by sample."""
    rows: dict[tuple[int, int], list[float]] = {}
    for (series, times, values), before in zip(columns.series(), previous, strict=True):
        for time, value in zip(times.tolist(), values.tolist(), strict=True):
            if math.isnan(value):
                continue
            risen = 0.0 if math.isnan(before) else value if value < before else value - before
            row = rows.setdefault((series, time // width * width), [value, value, 0.0, 0.0, value, 0.0])
            row[:] = [min(row[0], value), max(row[1], value), row[2] + value, row[3] + 1, value, row[5] + risen]
            before = value
    return rows


def as_rows(rollup: Rollup) -> dict[tuple[int, int], list[float]]:
    columns = (rollup.min, rollup.max, rollup.sum, rollup.count, rollup.last, rollup.increase)
    series = np.repeat(rollup.ids, np.diff(rollup.offsets)).tolist()
    keys = zip(series, rollup.starts.tolist(), strict=True)
    return dict(
        zip(
            keys,
            [list(row) for row in zip(*[one.tolist() for one in columns if one is not None], strict=True)],
            strict=True,
        )
    )


def close(left: dict[tuple[int, int], list[float]], right: dict[tuple[int, int], list[float]]) -> bool:
    return left.keys() == right.keys() and all(
        np.allclose(row, right[key], rtol=1e-9, atol=1e-9) for key, row in left.items()
    )


def walk(columns: Columns, seed: int) -> Floats:
    return np.random.default_rng(seed).choice([math.nan, 0.0, 5.0], len(columns.ids))


@settings(deadline=None)
@given(samples(), st.integers(0, 5))
def test_rows_equal_those_counted_sample_by_sample(columns: Columns, seed: int) -> None:
    previous = walk(columns, seed)
    assert close(as_rows(roll_up(columns, MINUTE, previous)), naive(columns, MINUTE, previous.tolist()))


@settings(deadline=None)
@given(samples(), st.integers(0, 5))
def test_rows_of_ten_minutes_made_of_minutes_equal_those_of_the_samples(columns: Columns, seed: int) -> None:
    previous = walk(columns, seed)
    made = coarser(roll_up(columns, MINUTE, previous), 10 * MINUTE)
    assert close(as_rows(made), as_rows(roll_up(columns, 10 * MINUTE, previous)))


@settings(deadline=None)
@given(samples(), st.integers(-(10**6), 10**6))
def test_increases_of_two_halves_add_up_to_that_of_the_whole(columns: Columns, cut: int) -> None:
    first, second = columns.within(-(10**9), cut - 1), columns.within(cut, 10**9)
    carried = np.array([_last_number(one) for one in first.series()])
    parts = [roll_up(first, MINUTE), roll_up(second, MINUTE, carried)]
    whole = roll_up(columns, MINUTE)
    found = [
        np.nansum(part.columns("increase").series()[one].values) for part in parts for one in range(len(columns.ids))
    ]
    assert sum(found) == pytest.approx(float(np.sum(whole.column("increase"))))


def _last_number(series: SeriesColumns) -> float:
    numbers = series.values[~np.isnan(series.values)]
    return float(numbers[-1]) if len(numbers) else math.nan


def one_series(*values: float, every_ms: int = 20_000) -> Columns:
    times = np.arange(len(values), dtype=np.int64) * every_ms
    return Columns.of([SeriesColumns(1, times, np.array(values))])


def test_a_restart_of_a_counter_is_no_fall() -> None:
    assert roll_up(one_series(10, 20, 5, 8), MINUTE).column("increase").tolist() == [15, 3]


def test_the_step_from_the_number_before_counts_in_the_row_it_leads_to() -> None:
    assert roll_up(one_series(10, 20), MINUTE, np.array([4.0])).column("increase").tolist() == [16]
    assert roll_up(one_series(10, 20), MINUTE, np.array([90.0])).column("increase").tolist() == [20]


def test_a_stale_marker_is_in_no_column_and_does_not_end_the_count() -> None:
    found = roll_up(one_series(1, STALE, 4, STALE, STALE, STALE, 9), MINUTE)
    assert found.starts.tolist() == [0, 2 * MINUTE]
    assert found.column("count").tolist() == [2, 1]
    assert found.column("last").tolist() == [4, 9]
    assert found.column("increase").tolist() == [3, 5]


def test_buckets_before_1970_start_at_multiples_too() -> None:
    columns = Columns.of([SeriesColumns(1, np.array([-60_001, -60_000, -1]), np.ones(3))])
    assert roll_up(columns, MINUTE).starts.tolist() == [-120_000, -60_000]


def test_rows_cannot_be_made_of_rows_that_do_not_fit_in_them() -> None:
    with pytest.raises(ValueError, match="90000 ms cannot be made of rows of 60000 ms"):
        coarser(roll_up(one_series(1, 2), MINUTE), 90_000)


def test_rows_of_two_blocks_join_and_the_earlier_wins() -> None:
    late = roll_up(one_series(7, 7, 7, 1, 2), MINUTE)
    early = roll_up(one_series(1, 2, 3), MINUTE)
    joined = join([early, late])
    assert joined.starts.tolist() == [0, MINUTE]
    assert joined.column("max").tolist() == [3, 2]


def test_counters_are_told_from_gauges() -> None:
    random = np.random.default_rng(3)
    restarted = np.cumsum(random.integers(0, 9, 200)).astype(np.float64)
    restarted[120:] -= restarted[120]
    times = np.arange(200, dtype=np.int64)
    kinds = [restarted, random.normal(50, 5, 200), -restarted[:100], np.full(200, STALE), np.ones(200)]
    columns = Columns.of([SeriesColumns(i, times[: len(one)], one) for i, one in enumerate(kinds)])
    assert counters(columns).tolist() == [True, False, False, True, True]


def test_no_samples_make_no_rows() -> None:
    found = roll_up(Columns.of([SeriesColumns(1, np.array([5]), np.array([STALE]))]), MINUTE)
    assert found.offsets.tolist() == [0, 0]
    assert coarser(found, 10 * MINUTE).offsets.tolist() == [0, 0]
    assert len(roll_up(Columns.empty(), MINUTE).starts) == 0
