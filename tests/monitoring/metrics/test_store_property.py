"""Random histories through hot rows, hour blocks and day blocks, always equal to a dictionary that keeps the first value."""

import struct
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.metrics import block_reading, store
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.hot_rows import ABSENT_BITS
from monitoring.metrics.index import series_index
from monitoring.metrics.promql.storage import STALE_BITS
from tests.monitoring.metrics.samples import NOON, NOON_MS, Bits, add, labels_of, select, stored

ODD_BITS = [
    STALE_BITS,
    ABSENT_BITS,
    0x7FF8000000000001,
    0xFFF8000000000000,
    0x8000000000000000,
    0,
    0x7FF0000000000000,
    1,
]
values = st.one_of(
    st.sampled_from(ODD_BITS),
    st.floats(width=64).map(lambda value: struct.unpack("<Q", struct.pack("<d", value))[0]),
    st.integers(0, 1000).map(lambda value: struct.unpack("<Q", struct.pack("<d", value))[0]),
)
DAY_MS = 86_400_000
# Two days, with ticks on and around the borders of hours and of the day.
times = st.one_of(
    st.integers(0, 60).map(lambda tick: NOON_MS + tick * 15_000),
    st.sampled_from(
        [NOON_MS + 3_600_000 * hour + shift for hour in (-30, -13, -12, -11, 0, 1) for shift in (-1, 0, 1)]
    ),
)
ticks = st.tuples(st.just("tick"), times, st.dictionaries(st.integers(0, 5), values, min_size=1))
loose = st.tuples(st.just("loose"), st.lists(st.tuples(st.integers(0, 5), times, values), min_size=1, max_size=30))
compactions = st.tuples(st.just("compact"), st.sampled_from([1, 61, 130, 60 * 13, 60 * 40]), st.booleans())
histories = st.lists(st.one_of(ticks, ticks, loose, compactions), min_size=1, max_size=14)


@pytest.fixture(autouse=True)
def _empty(db: None) -> None:
    """Every history begins with nothing; the fixture of the database is shared by all of them."""


def begin() -> None:
    with connection.cursor() as cursor:
        for table in (
            "metrics_hot",
            "metrics_schema",
            "metrics_block",
            "metrics_series",
            "metrics_source",
        ):
            cursor.execute(f"DELETE FROM {table}")
    store.forget()
    series_index.forget()
    block_reading.forget()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_a_history_is_read_back_bit_by_bit(history: list[tuple]) -> None:  # type: ignore[type-arg]
    begin()
    wanted: Bits = {}
    for step in history:
        if step[0] == "compact":
            compact(NOON + timedelta(minutes=step[1]), Deadline(60), everything=step[2])
        else:
            rows = (
                [(labels_of(n), step[1], value) for n, value in step[2].items()]
                if step[0] == "tick"
                else [(labels_of(n), time, value) for n, time, value in step[1]]
            )
            add(rows)
            for labels, time, value in rows:
                wanted.setdefault((labels, time), value)
        assert stored(select()) == wanted
