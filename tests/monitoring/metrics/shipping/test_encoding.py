import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.promql.storage import STALE_BITS
from monitoring.metrics.shipping.encoding import encoded_labels, write_request
from monitoring.metrics.shipping.payloads import PayloadError, Samples, joined, packed, unpacked
from tests.fakes.remote_write import decoded

NOW_MS = 1_790_000_000_000
UP = (("__name__", "up"), ("job", "node ü"))
BITS = st.integers(0, 2**64 - 1)


def samples(rows: list[tuple[int, int, int]]) -> Samples:
    ids, times, bits = (np.array(column, dtype=np.uint64) for column in zip(*rows, strict=True))
    return Samples(ids.astype(np.int64), times.astype(np.int64), bits.view(np.float64))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2**45), BITS), min_size=1, max_size=40))
def test_every_sample_is_in_the_request_bit_by_bit_and_in_order(rows: list[tuple[int, int, int]]) -> None:
    labels = {i: encoded_labels((("__name__", f"m{i}"),)) for i in (1, 2, 3)}
    request = write_request(*samples(rows), labels)
    found = [(name, time, bits) for name, series in decoded(request) for time, bits in series]
    wanted = sorted(((f"m{i}", time, bits) for i, time, bits in rows), key=lambda row: row[:2])
    assert [row[:2] for row in found] == [row[:2] for row in wanted]
    assert sorted(found) == sorted(wanted)


def test_labels_are_written_in_their_order_and_in_utf_8() -> None:
    request = write_request(*samples([(7, NOW_MS, STALE_BITS)]), {7: encoded_labels(UP)})
    [(labels, [(time, bits)])] = decoded(request, whole=True)
    assert labels == UP
    assert (time, bits) == (NOW_MS, STALE_BITS)


def test_a_series_without_labels_is_left_out() -> None:
    assert decoded(write_request(*samples([(1, NOW_MS, 0), (2, NOW_MS, 0)]), {2: encoded_labels(UP)})) == [
        ("up", [(NOW_MS, 0)])
    ]


@given(st.lists(st.tuples(st.integers(1, 2**62), st.integers(0, 2**45), BITS), min_size=1, max_size=20))
def test_a_payload_gives_back_what_was_packed(rows: list[tuple[int, int, int]]) -> None:
    before = samples(rows)
    after = joined([unpacked(packed(before)), unpacked(packed(before))])
    count = len(rows)
    for column, again in zip(before, after, strict=True):
        assert column.tobytes() == again[:count].tobytes() == again[count:].tobytes()


@given(st.binary(max_size=60))
def test_a_damaged_payload_is_an_error(payload: bytes) -> None:
    try:
        unpacked(payload)
    except PayloadError:
        return
    assert payload[0] == 1
