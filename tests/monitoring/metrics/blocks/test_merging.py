import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.metrics.blocks.columns import Columns, SeriesColumns
from monitoring.metrics.blocks.merging import merge

TICKS = np.arange(100, dtype=np.int64) * 1000


@st.composite
def parts(draw: st.DrawFn) -> Columns:
    """A few series with few distinct ids and times, in any order, doubles among them."""
    series = []
    for _ in range(draw(st.integers(0, 4))):
        times = np.array(draw(st.lists(st.integers(0, 12), max_size=6)), dtype=np.int64)
        if draw(st.booleans()):
            times = np.unique(times)
        bits = np.array([draw(st.integers(0, 2**64 - 1)) for _ in times], dtype=np.uint64)
        series.append(SeriesColumns(draw(st.integers(0, 4)), times, bits.view(np.float64)))
    return Columns.of(series)


def naive(sources: list[Columns]) -> dict[int, dict[int, int]]:
    """Series → time → bits of the value; the first wins."""
    found: dict[int, dict[int, int]] = {}
    for source in sources:
        for series, times, values in source.series():
            kept = found.setdefault(series, {})
            for time, bits in zip(times.tolist(), values.view(np.uint64).tolist(), strict=True):
                kept.setdefault(time, bits)
    return found


def as_dict(columns: Columns) -> dict[int, dict[int, int]]:
    return {
        series: dict(zip(times.tolist(), values.view(np.uint64).tolist(), strict=True))
        for series, times, values in columns.series()
    }


def hours(*spans: tuple[int, int], series: int = 3) -> list[Columns]:
    return [
        Columns.of([SeriesColumns(one, TICKS[a:b], TICKS[a:b].astype(np.float64) + one) for one in range(series)])
        for a, b in spans
    ]


@settings(deadline=None)
@given(st.lists(parts(), max_size=4))
def test_a_merge_equals_a_dictionary_filled_first_come_first_kept(sources: list[Columns]) -> None:
    merged = merge(sources)
    assert as_dict(merged) == naive(sources)
    assert merged.ids.tolist() == sorted(naive(sources))
    assert all((np.diff(one.times) > 0).all() for one in merged.series())
    assert len(merged.times) == sum(map(len, naive(sources).values()))


def test_hours_that_follow_one_another_become_one() -> None:
    merged = merge(hours((0, 40), (40, 70), (70, 100)))
    assert [one.times.tolist() for one in merged.series()] == [TICKS.tolist()] * 3


def test_hours_in_the_wrong_order_are_put_in_order() -> None:
    merged = merge(hours((70, 100), (0, 40), (40, 70)))
    assert [one.values.tolist() for one in merged.series()] == [
        (TICKS.astype(np.float64) + one).tolist() for one in range(3)
    ]


def test_a_late_sample_goes_to_its_place() -> None:
    late = Columns.of([SeriesColumns(1, np.array([500]), np.array([9.0]))])
    merged = merge([*hours((0, 3)), late])
    assert merged.series()[1].times.tolist() == [0, 500, 1000, 2000]


def test_of_doubles_the_earlier_part_wins() -> None:
    one = Columns.of([SeriesColumns(1, TICKS[:2], np.array([1.0, 2.0]))])
    other = Columns.of([SeriesColumns(1, TICKS[1:3], np.array([8.0, 9.0]))])
    assert merge([one, other]).values.tolist() == [1.0, 2.0, 9.0]
    assert merge([other, one]).values.tolist() == [1.0, 8.0, 9.0]


def test_one_tidy_part_is_passed_on_as_it_is() -> None:
    (part,) = hours((0, 50))
    assert merge([part]) is part


def test_nothing_merges_to_nothing() -> None:
    assert len(merge([]).ids) == len(merge([Columns.empty(), Columns.empty()]).ids) == 0
