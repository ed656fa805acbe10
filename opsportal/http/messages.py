"""What goes through the door: a request, and what came back."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from multidict import CIMultiDict

from opsportal.http.certificates import PeerCertificate
from opsportal.http.errors import Fault, HttpError
from opsportal.http.targets import Target, target

DEFAULT_HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"), ("User-Agent", "Opsportal/0.1"))


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User and password (RFC 7617, UTF-8)."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, self.header.partition(" ")[2])


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """A token (RFC 6750)."""

    token: str = field(repr=False)

    @property
    def header(self) -> str:
        return f"Bearer {self.token}"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,)


@dataclass(frozen=True)
class Request:
    """What to ask. May be sent any number of times; keep one that is sent often, since it prepares itself once.

    `timeout_s` bounds the whole call, redirects included. Of the body at most `max_bytes` are read, after
    decompression. `max_redirects` 0: a redirect is the answer. `ca_pem`: trust these authorities instead of the
    system's. `secrets`: strings (a key in the path, a header's value) that no error may show; auth and userinfo are
    so anyway. `fresh`: a connection of its own, as a visitor's first; otherwise one may be reused.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    max_bytes: int = 1_048_576
    max_redirects: int = 0
    verify_tls: bool = True
    auth: BasicAuth | BearerAuth | None = None
    ca_pem: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    fresh: bool = False

    @cached_property
    def target(self) -> Target:
        """Where it goes. Raises ValueError."""
        return target(self.url)

    @cached_property
    def all_secrets(self) -> tuple[str, ...]:
        """Everything that must never be shown."""
        try:
            userinfo = self.target.userinfo
        except ValueError:
            userinfo = None
        return self.secrets + (self.auth.secrets if self.auth else ()) + (userinfo[1:] if userinfo else ())

    @cached_property
    def sent_headers(self) -> list[tuple[str, str]]:
        """All headers but Host, Connection and Content-Length."""
        given = {name.lower() for name in self.headers}
        headers = [(name, value) for name, value in DEFAULT_HEADERS if name.lower() not in given]
        headers += list(self.headers.items())
        auth = self.auth or (BasicAuth(*self.target.userinfo) if self.target.userinfo else None)
        if auth and "authorization" not in given:
            headers.append(("Authorization", auth.header))
        return headers


class Timings(NamedTuple):
    """Seconds of each phase of the last request of a call; `total_s` is of the whole call. A phase that was not
    needed is 0."""

    dns_s: float
    connect_s: float
    tls_s: float
    first_byte_s: float  # from the request being sent to the first byte of the answer
    total_s: float


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. `body` is decompressed; `redirects` are the URLs followed, redacted; `address` is the peer as
    `ip:port`."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    truncated: bool
    timings: Timings
    redirects: list[str]
    tls: PeerCertificate | None
    address: str

    def text(self) -> str:
        """The body as text in the charset it names, else UTF-8; bytes that do not fit become U+FFFD."""
        _, _, charset = self.headers.get("content-type", "").lower().partition("charset=")
        try:
            return self.body.decode(charset.split(";")[0].strip(" \"'") or "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises HttpError(too_large) when it was cut off, HttpError(protocol) when it is not
        JSON."""
        if self.truncated:
            raise HttpError(Fault.TOO_LARGE, f"The answer is larger than {len(self.body)} bytes")
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise HttpError(Fault.PROTOCOL, "The answer is not JSON") from None
