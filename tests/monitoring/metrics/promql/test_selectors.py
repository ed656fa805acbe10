"""Instant and range selectors: which sample of which series is seen at a step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql import evaluate
from monitoring.metrics.promql.limits import Budget, Limits
from monitoring.metrics.promql.selectors import instants, whole, windows
from monitoring.metrics.promql.storage import STALE_BITS, Selection
from monitoring.metrics.promql.vectors import Windows
from tests.monitoring.metrics.promql.stores import STALE, instant, labels, number, ranged, store

UP = labels("up{job=api}")


def test_the_last_sample_is_seen() -> None:
    assert instant(store({"up{job=api}": [(0, 1), (60, 2), (61, 3)]}), "up", 60) == {UP: 2}


@pytest.mark.parametrize(("at", "seen"), [(0, True), (300, True), (300.001, False), (-0.001, False)])
def test_a_sample_is_seen_for_the_lookback_and_no_longer(at: float, seen: bool) -> None:
    assert (UP in instant(store({"up{job=api}": [(0, 1)]}), "up", at)) is seen


def test_a_stale_marker_ends_a_series_at_once() -> None:
    samples = store({"up{job=api}": [(0, 1), (30, STALE), (90, 2)]})
    assert ranged(samples, "up", 0, 120, 30) == {UP: {0: 1, 90: 2, 120: 2}}


def test_another_nan_is_a_value() -> None:
    assert np.isnan(instant(store({"up{job=api}": [(0, float("nan"))]}), "up", 0)[UP])


def test_a_range_leaves_stale_markers_out() -> None:
    samples = store({"up{job=api}": [(0, 1), (30, STALE), (60, 2)]})
    assert number(samples, "count_over_time(up[1m])", 60) == 2


def test_a_range_includes_both_its_ends() -> None:
    samples = store({"up{job=api}": [(0, 1), (60, 2), (120, 3)]})
    assert number(samples, "sum_over_time(up[1m])", 120) == 5


def test_an_offset_looks_back_and_a_negative_one_ahead() -> None:
    samples = store({"up": [(0, 1), (60, 2), (120, 3)]})
    assert [number(samples, f"up offset {by}", 60) for by in ("1m", "-1m")] == [1, 3]


def test_at_fixes_the_time_for_every_step() -> None:
    samples = store({"up": [(0, 1), (60, 2), (120, 3)]})
    assert ranged(samples, "up @ 60", 0, 120, 60) == {labels("up"): {0: 2, 60: 2, 120: 2}}


@pytest.mark.parametrize(("at", "value"), [("start()", 1), ("end()", 3), ("end() offset 1m", 2)])
def test_at_start_and_end_are_those_of_the_query(at: str, value: float) -> None:
    samples = store({"up": [(0, 1), (60, 2), (120, 3)]})
    assert set(ranged(samples, f"up @ {at}", 0, 120, 60)[labels("up")].values()) == {value}


def test_timestamp_is_that_of_the_sample() -> None:
    samples = store({"up": [(12.5, 1)]})
    assert number(samples, "timestamp(up)", 60) == 12.5
    assert number(samples, "timestamp(up + 0)", 60) == 60


@pytest.mark.parametrize(
    ("matcher", "hosts"),
    [
        ('host="a"', "a"),
        ('host!="a"', "bc"),
        ('host=~"a|b"', "ab"),
        ('host=~"A"', ""),
        ('host=~"[ab]"', "ab"),
        ('host!~"[ab]"', "c"),
        ('host=~""', ""),
        ('job=""', "abc"),
        ('job=~".*"', "abc"),
        ('job=~".+"', ""),
        ('host=~".*c.*",host!="a"', "c"),
    ],
)
def test_matchers_select_whole_values(matcher: str, hosts: str) -> None:
    samples = store({f"up{{host={host}}}": [(0, 1)] for host in "abc"})
    assert {dict(series)["host"] for series in instant(samples, f"up{{{matcher}}}", 0)} == set(hosts)


def test_a_raw_range_is_a_matrix_of_its_samples() -> None:
    result = evaluate.query(store({"up": [(0, 1), (30, STALE), (60, 2), (90, 3)]}), "up[1m]", 90_000)
    assert result.kind == "matrix"
    assert isinstance(result.value, Windows)
    assert result.value.values[result.value.starts[0, 0] : result.value.ends[0, 0]].tolist() == [2, 3]


SERIES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from([1.0, 2.0, float("nan"), STALE])),
        max_size=12,
        unique_by=lambda sample: sample[0],
    ).map(sorted),
    min_size=1,
    max_size=12,
)


def selection(series: list[list[tuple[int, float]]]) -> Selection:
    offsets = np.cumsum([0, *map(len, series)]).astype(np.int64)
    times = np.array([time for one in series for time, _ in one], dtype=np.int64)
    values = np.array([value for one in series for _, value in one], dtype=np.float64)
    return Selection([(("n", str(i)),) for i in range(len(series))], offsets, times, values)


def is_stale(value: float) -> bool:
    return int(np.array(value).view(np.int64)) == STALE_BITS


@given(SERIES, st.lists(st.integers(-50, 700), min_size=1, max_size=9).map(sorted), st.integers(0, 300))
def test_instants_are_those_found_one_by_one(
    series: list[list[tuple[int, float]]], steps: list[int], lookback: int
) -> None:
    found = instants(selection(series), np.array(steps), lookback, Budget(Limits()), with_times=True)
    rows = {labels: row for row, labels in enumerate(found.labels)}
    assert found.sample_times is not None
    for number_of, samples in enumerate(series):
        row = rows.get((("n", str(number_of)),))
        for place, step in enumerate(steps):
            before = [sample for sample in samples if sample[0] <= step]
            seen = bool(before) and before[-1][0] >= step - lookback and not is_stale(before[-1][1])
            assert seen == (row is not None and bool(found.present[row, place]))
            if seen and row is not None:
                assert found.sample_times[row, place] == before[-1][0]
                assert found.values[row, place].tobytes() == np.float64(before[-1][1]).tobytes()


@given(SERIES, st.lists(st.integers(-50, 700), min_size=1, max_size=9).map(sorted), st.integers(1, 300))
def test_windows_are_those_found_one_by_one(
    series: list[list[tuple[int, float]]], steps: list[int], length: int
) -> None:
    ends = np.array(steps)
    found = whole(windows(selection(series), ends, length, ends, Budget(Limits())))
    for row, samples in enumerate(series):
        for place, step in enumerate(steps):
            expected = [time for time, value in samples if step - length <= time <= step and not is_stale(value)]
            assert found.times[found.starts[row, place] : found.ends[row, place]].tolist() == expected


def test_many_series_come_in_portions_that_make_one() -> None:
    series = [[(time, float(row))] for row, time in enumerate(range(3000))]
    steps = np.arange(0, 3000, 3)
    portions = list(windows(selection(series), steps, 2, steps, Budget(Limits())))
    assert len(portions) > 1
    joined = whole(iter(portions))
    assert [len(joined.labels), int((joined.ends - joined.starts).sum())] == [3000, 1 + 999 * 3]
