"""HTTP/1.1 on the wire (RFC 9112): a request to bytes, bytes to a response. Pure, fed in pieces of any size.

Stricter than a browser where leniency would hide a fault or blur where a body ends; lenient only in accepting a bare
LF, as RFC 9112 2.2 allows.
"""

import re
from collections.abc import Iterable

from multidict import CIMultiDict

from opsportal.http.errors import Fault, HttpError

MAX_HEAD_BYTES = 65_536
MAX_LINE_BYTES = 1_024  # of a chunk size or a trailer
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
BAD_VALUE = re.compile(r"[\r\n\0]")
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)(?: [^\r\n]*)?\r?$")
HEAD_END = re.compile(rb"\r?\n\r?\n")
CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?")
SHOWN_BYTES = 40
NO_BODY = frozenset({204, 304})
BEGINNING = b"HTTP/"


def request_head(method: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a request's head. Raises ValueError naming a header that could not be sent safely."""
    if not TOKEN.fullmatch(method):
        raise ValueError(f"method: {method!r} is not an HTTP method.")
    lines = [f"{method} {path} HTTP/1.1"]
    for name, value in headers:
        if not TOKEN.fullmatch(name) or BAD_VALUE.search(value):
            raise ValueError(f"headers: {name!r} has a character that HTTP does not allow.")
        lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


class ResponseParser:
    """`feed` pieces until it returns True; call `finish` when the peer closes. Raises HttpError(protocol or
    too_large)."""

    __slots__ = ("_buffer", "_framing", "_headless", "_max_bytes", "body", "headers", "status", "truncated")

    def __init__(self, *, max_bytes: int, headless: bool = False) -> None:
        """`headless`: the request was HEAD, so no body follows whatever the headers say."""
        self.status = 0
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.body = b""
        self.truncated = False
        self._buffer = b""
        self._framing: Framing | None = None
        self._headless = headless
        self._max_bytes = max_bytes

    def feed(self, data: bytes) -> bool:
        """Take in what arrived; True when the response is complete (or cut off at the cap)."""
        while self._framing is None:
            self._buffer += data
            end = HEAD_END.search(self._buffer)
            if end is None:
                self._check_beginning()
                return False
            data, head = self._buffer[end.end() :], self._buffer[: end.start()]
            self._buffer = b""
            if self._read_head(head):
                return True
        if not self._framing.feed(data):
            return False
        self._take_body()
        return True

    def finish(self) -> None:
        """The peer closed: right only when the body is delimited by that. Raises HttpError(reset or protocol)
        otherwise."""
        if self._framing is None:
            words = "before it answered" if not self._buffer else "in the middle of the headers"
            raise HttpError(Fault.RESET, f"The connection was closed {words}")
        if not isinstance(self._framing, CloseFraming):
            raise HttpError(
                Fault.RESET, f"The connection was closed in the middle of the body, {self._framing.words()}"
            )
        self._take_body()

    def received(self) -> int:
        """Bytes of body so far."""
        return len(self._framing.body) if self._framing else 0

    def _take_body(self) -> None:
        if self._framing is not None:
            self.truncated = len(self._framing.body) > self._max_bytes
            self.body = bytes(self._framing.body[: self._max_bytes])

    def _check_beginning(self) -> None:
        if not BEGINNING.startswith(self._buffer[:5]):
            raise HttpError(Fault.PROTOCOL, f"The answer is not HTTP; it begins with {_beginning(self._buffer)}")
        if len(self._buffer) > MAX_HEAD_BYTES:
            raise HttpError(Fault.TOO_LARGE, f"The headers of the answer are larger than {MAX_HEAD_BYTES} bytes")

    def _read_head(self, head: bytes) -> bool:
        """Parse a head; True when the response ends with it. An interim (1xx) head leaves the parser waiting for the
        next."""
        if len(head) > MAX_HEAD_BYTES:
            raise HttpError(Fault.TOO_LARGE, f"The headers of the answer are larger than {MAX_HEAD_BYTES} bytes")
        first, *lines = head.split(b"\n")
        match = STATUS_LINE.match(first)
        if match is None:
            raise HttpError(Fault.PROTOCOL, f"The answer is not HTTP/1.1; it begins with {_beginning(first)}")
        status = int(match[1])
        headers = parse_headers(lines)
        if status < 200:
            if status == 101:
                raise HttpError(Fault.PROTOCOL, "The answer switches to a protocol that was not asked for")
            return False
        self.status, self.headers = status, headers
        if self._headless or status in NO_BODY:
            self._framing = LengthFraming(0, 0)
            return True
        self._framing = framing_of(headers, self._max_bytes)
        return False


def parse_headers(lines: list[bytes]) -> CIMultiDict[str]:
    """Header lines (with or without a trailing CR) to a case-insensitive multi-dict. Raises HttpError(protocol)."""
    pairs = []
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not TOKEN.fullmatch(name) or "\0" in value:
            raise HttpError(Fault.PROTOCOL, f"The answer has a header line that is not one: {name[:40]!r}")
        pairs.append((name, value.strip(" \t\r")))
    return CIMultiDict(pairs)


def framing_of(headers: CIMultiDict[str], max_bytes: int) -> "Framing":
    """How the body of a response with these headers ends (RFC 9112 6.3)."""
    if codings := headers.getall("transfer-encoding", []):
        if ",".join(codings).strip().lower() != "chunked":
            raise HttpError(Fault.PROTOCOL, "The answer has a transfer coding other than chunked")
        return ChunkedFraming(max_bytes)
    lengths = {part.strip() for value in headers.getall("content-length", []) for part in value.split(",")}
    if not lengths:
        return CloseFraming(max_bytes)
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise HttpError(Fault.PROTOCOL, "The answer has a Content-Length that is not one number")
    return LengthFraming(int(length), max_bytes)


def _beginning(data: bytes) -> str:
    return repr(data[:SHOWN_BYTES].decode("latin-1").strip())


class Framing:
    """Collects a body: `feed` returns True when it is complete or grew past the cap."""

    __slots__ = ("body", "max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self.body = bytearray()
        self.max_bytes = max_bytes

    def feed(self, data: bytes) -> bool:
        """Take in what arrived of the body."""
        raise NotImplementedError

    def words(self) -> str:
        """How much came, for an error."""
        return f"after {len(self.body)} bytes"


class LengthFraming(Framing):
    """Content-Length."""

    __slots__ = ("length",)

    def __init__(self, length: int, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self.length = length

    def feed(self, data: bytes) -> bool:
        """Bytes past the length belong to nothing and are dropped."""
        self.body += data[: self.length - len(self.body)]
        return len(self.body) >= self.length or len(self.body) > self.max_bytes

    def words(self) -> str:
        """Got and promised."""
        return f"after {len(self.body)} of {self.length} bytes"


class CloseFraming(Framing):
    """Neither length nor chunks: the body ends when the connection does."""

    __slots__ = ()

    def feed(self, data: bytes) -> bool:
        """Complete only past the cap."""
        self.body += data
        return len(self.body) > self.max_bytes


class ChunkedFraming(Framing):
    """Transfer-Encoding: chunked (RFC 9112 7.1); extensions and trailers are read and dropped."""

    __slots__ = ("_buffer", "_left", "_state")
    SIZE, DATA, DATA_END, TRAILER = range(4)

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._buffer = b""
        self._left = 0
        self._state = self.SIZE

    def feed(self, data: bytes) -> bool:
        """Read whole pieces; an unfinished line waits for the next call."""
        data, position = self._buffer + data, 0
        while len(self.body) <= self.max_bytes:
            if self._state == self.DATA:
                piece = data[position : position + self._left]
                self.body += piece
                position += len(piece)
                self._left -= len(piece)
                if self._left:
                    self._buffer = b""
                    return len(self.body) > self.max_bytes
                self._state = self.DATA_END
            end = data.find(b"\n", position)
            if end < 0:
                self._buffer = data[position:]
                if len(self._buffer) > MAX_LINE_BYTES:
                    raise HttpError(Fault.PROTOCOL, "The chunked body has a line without an end")
                return len(self.body) > self.max_bytes
            line, position = data[position:end].removesuffix(b"\r"), end + 1
            if self._line(line):
                return True
        return True

    def _line(self, line: bytes) -> bool:
        """One line between chunks; True after the last."""
        if self._state == self.TRAILER:
            return not line
        if self._state == self.DATA_END:
            if line:
                raise HttpError(Fault.PROTOCOL, "A chunk of the body is longer than it says")
            self._state = self.SIZE
            return False
        match = CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise HttpError(Fault.PROTOCOL, "The chunked body has a chunk size that is not a number")
        self._left = int(match[1], 16)
        self._state = self.DATA if self._left else self.TRAILER
        return False
