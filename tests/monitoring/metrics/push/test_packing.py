import gzip

import cramjam
import pytest

from monitoring.metrics.push.packing import PackingError, TooLargeError, gunzip, unsnappy

MOST = 1_000_000


def test_a_snappy_block_is_unpacked() -> None:
    assert unsnappy(bytes(cramjam.snappy.compress_raw(b"samples" * 100)), MOST) == b"samples" * 100


@pytest.mark.parametrize("body", [b"", b"\x80", b"\xff" * 20, b"\x05abc"])
def test_what_is_no_snappy_block_says_so(body: bytes) -> None:
    with pytest.raises(PackingError, match="snappy"):
        unsnappy(body, MOST)


def test_the_framed_format_of_snappy_is_not_taken() -> None:
    with pytest.raises((PackingError, TooLargeError)):
        unsnappy(bytes(cramjam.snappy.compress(b"samples")), MOST)


def test_a_snappy_bomb_is_refused_by_its_preamble() -> None:
    with pytest.raises(TooLargeError, match="1000000 bytes"):
        unsnappy(bytes(cramjam.snappy.compress_raw(b"\x00" * (MOST + 1))), MOST)


def test_gzip_is_unpacked_member_by_member() -> None:
    assert gunzip(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0), MOST) == b"one two"


def test_a_gzip_bomb_is_refused_where_it_passes_the_bound() -> None:
    bomb = gzip.compress(b"\x00" * 100_000_000)
    with pytest.raises(TooLargeError):
        gunzip(bomb, MOST)
    with pytest.raises(TooLargeError):
        gunzip(gzip.compress(b"\x00" * 900_000, mtime=0) * 2, MOST)


@pytest.mark.parametrize("body", [b"", b"{}", gzip.compress(b"samples", mtime=0)[:-3]])
def test_what_is_no_gzip_says_so(body: bytes) -> None:
    with pytest.raises(PackingError):
        gunzip(body, MOST)
