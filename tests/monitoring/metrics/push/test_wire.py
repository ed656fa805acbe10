import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from monitoring.metrics.push.wire import MOST_GROUPS, WireError, fields, varint
from tests.fakes.remote_writer import WriteRequest

GROUP_OF_9, END_OF_9 = b"\x4b", b"\x4c"


@given(st.integers(0, 2**64 - 1))
def test_a_number_is_read_back(number: int) -> None:
    octets, rest = bytearray(), number
    while rest > 0x7F:
        octets.append(rest & 0x7F | 0x80)
        rest >>= 7
    octets.append(rest)
    assert varint(bytes(octets), 0, len(octets)) == (number, len(octets))


@pytest.mark.parametrize("octets", [b"", b"\x80", b"\x80" * 10 + b"\x01"])
def test_a_number_that_is_cut_off_or_too_long_is_none(octets: bytes) -> None:
    with pytest.raises(WireError):
        varint(octets, 0, len(octets))


def test_fields_are_told_with_their_places() -> None:
    data = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x19" + b"\x00" * 8 + b"\x25" + b"\x00" * 4
    found = [(field.number, field.kind, data[field.start : field.end]) for field in fields(data, 0, len(data))]
    assert found == [(1, 0, b"\x96\x01"), (2, 2, b"abc"), (3, 1, b"\x00" * 8), (4, 5, b"\x00" * 4)]


def test_a_group_is_passed_over_with_all_that_is_in_it() -> None:
    data = GROUP_OF_9 + b"\x12\x03abc" + b"\x53\x54" + END_OF_9 + b"\x08\x01"
    assert [field.number for field in fields(data, 0, len(data))] == [1]


@pytest.mark.parametrize(
    "data",
    [
        GROUP_OF_9,
        GROUP_OF_9 + b"\x54",
        END_OF_9,
        GROUP_OF_9 * (MOST_GROUPS + 1),
        b"\x0e",
        b"\x0f",
        b"\x00",
        b"\x02\x00",
    ],
)
def test_groups_without_an_end_and_unknown_kinds_are_faults(data: bytes) -> None:
    with pytest.raises(WireError):
        list(fields(data, 0, len(data)))


@given(st.lists(st.sampled_from([GROUP_OF_9, END_OF_9, b"\x53", b"\x54", b"\x08\x01", b"\x12\x01a", b"\x1d", b"\x80"])))
def test_what_the_protobuf_runtime_takes_is_taken(parts: list[bytes]) -> None:
    data = b"\x7a" + bytes([len(b"".join(parts)[:100])]) + b"".join(parts)[:100] + b"".join(parts)
    try:
        WriteRequest.FromString(data)
    except DecodeError:
        with pytest.raises(WireError):
            list(fields(data, 0, len(data)))
    else:
        list(fields(data, 0, len(data)))
