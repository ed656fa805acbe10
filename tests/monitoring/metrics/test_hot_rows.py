import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.metrics.hot_rows import (
    ABSENT_BITS,
    MOST_TICK,
    Batch,
    SchemaBook,
    Tick,
    batch_of,
    loose_bounds,
    schema_id,
    ticks_of,
    told_by_id,
)


def batch(*samples: tuple[int, int, int, float]) -> Batch:
    """(target, time, id, value) each."""
    columns = [np.array(column) for column in zip(*samples, strict=True)]
    return batch_of(columns[0], columns[2], columns[1], columns[3].astype(np.float64))


def tick(time: int, ids: range, target: int = 1) -> list[tuple[int, int, int, float]]:
    return [(target, time, series, float(series)) for series in ids]


def ticks(book: SchemaBook, *samples: tuple[int, int, int, float]) -> list[Tick]:
    return ticks_of(batch(*samples), book)


def test_ids_that_come_for_the_second_time_are_a_schema() -> None:
    book = SchemaBook()
    assert ticks(book, *tick(0, range(5))) == []
    [found] = ticks(book, *tick(1, range(5)))
    assert found.schema.ids.tolist() == [0, 1, 2, 3, 4]
    assert np.frombuffer(found.values).tolist() == [0, 1, 2, 3, 4]


def test_a_tick_that_lacks_some_series_has_holes() -> None:
    book = SchemaBook()
    for time in range(2):
        ticks(book, *tick(time, range(5)))
    [found] = ticks(book, *(sample for sample in tick(2, range(5)) if sample[2] != 3))
    assert np.frombuffer(found.values, dtype=np.uint64)[3] == ABSENT_BITS
    assert len(found.schema.ids) == 5


def test_a_tick_that_lacks_most_series_is_no_tick_of_that_schema() -> None:
    book = SchemaBook()
    for time in range(2):
        ticks(book, *tick(time, range(8)))
    assert ticks(book, *tick(2, range(3))) == []


def test_a_value_that_looks_like_a_hole_makes_no_tick() -> None:
    book = SchemaBook()
    for time in range(2):
        ticks(book, *tick(time, range(5)))
    odd = np.array([ABSENT_BITS], dtype=np.uint64).view(np.float64)[0]
    assert ticks(book, *tick(2, range(4)), (1, 2, 4, odd)) == []


def test_many_small_ticks_of_a_target_are_loose() -> None:
    book = SchemaBook()
    samples = batch(*(sample for time in range(50) for sample in tick(time, range(2))))
    assert ticks_of(samples, book) == ticks_of(samples, book) == []
    _, bounds = loose_bounds(samples, [])
    assert bounds == [(0, 100)]


def test_loose_rows_keep_within_an_hour_and_a_target() -> None:
    samples = batch(*tick(3_599_999, range(2)), *tick(3_600_000, range(2)), *tick(0, range(9, 11), target=2))
    _, bounds = loose_bounds(samples, [])
    assert bounds == [(0, 2), (2, 4), (4, 6)]


def test_of_doubles_in_a_batch_the_first_is_kept() -> None:
    assert batch((1, 5, 7, 1.0), (1, 5, 7, 2.0)).values.tolist() == [1.0]


@pytest.mark.parametrize(("first", "count"), [(0, 1), (7, 1), (7, 3), (1 << 39, MOST_TICK)])
def test_a_schema_of_consecutive_series_tells_by_its_id_which_they_are(first: int, count: int) -> None:
    ids = np.arange(first, first + count, dtype=np.int64)
    told = told_by_id(schema_id(5, ids))
    assert told is not None
    assert told.tolist() == ids.tolist()


@pytest.mark.parametrize("ids", [np.array([1, 3]), np.arange(1 << 40, (1 << 40) + 2), np.arange(MOST_TICK + 1)])
def test_no_other_schema_tells_it(ids: NDArray[np.int64]) -> None:
    assert told_by_id(schema_id(5, ids.astype(np.int64))) is None
    assert schema_id(5, ids.astype(np.int64)) < 0
