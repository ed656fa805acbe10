import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.ingest import Source, resolve
from monitoring.metrics.push.totals import added_up, progress

POINT = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(0, 100))


def arrays(points: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    columns = list(zip(*points, strict=True)) or [(), (), ()]
    return np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float64)


@given(st.lists(POINT), st.dictionaries(st.integers(1, 3), st.tuples(st.floats(0, 100), st.integers(0, 5))))
def test_a_total_is_the_sum_of_what_came_later_than_it_knows(
    points: list[tuple[int, int, int]], before: dict[int, tuple[float, int]]
) -> None:
    before = {series: before.get(series, (0.0, -1)) for series in (1, 2, 3)}
    ids, times, totals = progress(*arrays(points), before)
    for series, (start, until) in before.items():
        firsts: dict[int, int] = {}
        for own, time, difference in points:
            if own == series and time > until:
                firsts.setdefault(time, difference)
        own_times = sorted(firsts)
        assert times[ids == series].tolist() == own_times
        wanted = [start + sum(firsts[time] for time in own_times[: place + 1]) for place in range(len(own_times))]
        assert all(map(math.isclose, totals[ids == series].tolist(), wanted))


@pytest.fixture
def ids(db: None) -> np.ndarray:
    return np.sort(resolve(Source("otlp", "test"), [(("__name__", "a"),), (("__name__", "b"),)]).ids)


def test_totals_go_on_from_request_to_request(ids: np.ndarray) -> None:
    times, ones = np.array([1_000, 1_000]), np.array([1.0, 10.0])
    assert added_up(ids, times, ones)[2].tolist() == [1.0, 10.0]
    assert added_up(ids, times + 1, ones)[2].tolist() == [2.0, 20.0]


def test_a_difference_that_is_sent_again_is_not_counted_again(ids: np.ndarray) -> None:
    times, ones = np.array([1_000, 1_000]), np.array([1.0, 10.0])
    added_up(ids, times, ones)
    assert [len(column) for column in added_up(ids, times, ones)] == [0, 0, 0]
    assert added_up(ids, times + 1, ones)[2].tolist() == [2.0, 20.0]
