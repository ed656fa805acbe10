"""HTTP/1.1 as bytes: how heads and bodies are read, however they arrive."""

import gzip
import zlib
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsportal.http.content import decoded
from opsportal.http.errors import Fault, HttpError
from opsportal.http.wire import ResponseParser, request_head

CHUNKED = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
    b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
)


def parsed(raw: bytes, *, max_bytes: int = 1000, headless: bool = False) -> ResponseParser:
    parser = ResponseParser(max_bytes=max_bytes, headless=headless)
    if not parser.feed(raw):
        parser.finish()
    return parser


@given(st.lists(st.integers(1, len(CHUNKED) - 1), max_size=12))
def test_an_answer_reads_the_same_in_pieces_of_any_size(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(CHUNKED)]
    parser = ResponseParser(max_bytes=1000)
    ends = [parser.feed(CHUNKED[low:high]) for low, high in pairwise(edges)]
    assert ends == [False] * (len(ends) - 1) + [True]
    assert (parser.status, parser.headers["x-a"], parser.body) == (200, "1", b"hello world")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_answer_or_a_clear_error(noise: bytes) -> None:
    for raw in (
        noise,
        b"HTTP/1.1 200 OK\r\n" + noise,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise,
    ):
        with suppress(HttpError):
            parsed(raw)


def test_a_body_without_length_ends_with_the_connection() -> None:
    assert parsed(b"HTTP/1.0 200 OK\r\n\r\nall of it").body == b"all of it"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_statuses_have_no_body(status: str) -> None:
    assert parsed(f"HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n".encode()).body == b""


def test_the_answer_to_head_has_no_body() -> None:
    assert parsed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", headless=True).status == 200


def test_a_bare_line_feed_is_accepted() -> None:
    assert parsed(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok").body == b"ok"


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\nConte", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", Fault.RESET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 101 Switching\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Fault.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, Fault.TOO_LARGE),
    ],
)
def test_a_broken_answer_is_named(raw: bytes, cause: Fault) -> None:
    with pytest.raises(HttpError) as failure:
        parsed(raw)
    assert failure.value.cause is cause


@pytest.mark.parametrize("head", ["Content-Length: 50", "Transfer-Encoding: chunked", "X-No: length"])
def test_reading_stops_at_the_cap(head: str) -> None:
    body = b"32\r\n" + b"x" * 50 if "chunked" in head else b"x" * 50
    parser = parsed(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body, max_bytes=10)
    assert (parser.body, parser.truncated) == (b"x" * 10, True)


@pytest.mark.parametrize(("name", "value"), [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("X-A", "\0")])
def test_a_header_that_could_split_a_request_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="headers"):
        request_head("GET", "/", [(name, value)])


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"plain", mtime=0)),
        ("deflate", zlib.compress(b"plain")),
        ("deflate", zlib.compress(b"plain", wbits=-15)),
        ("deflate, gzip", gzip.compress(zlib.compress(b"plain"), mtime=0)),
        ("gzip", gzip.compress(b"pl", mtime=0) + gzip.compress(b"ain", mtime=0)),
        ("identity", b"plain"),
    ],
)
def test_codings_are_undone(coding: str, body: bytes) -> None:
    assert decoded(body, coding, 100) == (b"plain", False)


def test_a_decompression_bomb_is_cut_off_at_the_cap() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert decoded(bomb, "gzip", 1000) == (b"\0" * 1000, True)


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b"plain" * 100, mtime=0)[:20]], ids=["garbage", "cut short"]
)
def test_a_body_that_is_not_what_it_says_is_named(body: bytes) -> None:
    with pytest.raises(HttpError) as failure:
        decoded(body, "gzip", 1000)
    assert failure.value.cause is Fault.PROTOCOL
