"""URLs as this door understands them: where to connect, what to ask, which redirects to follow how. Pure."""

from dataclasses import dataclass
from functools import lru_cache

from yarl import URL

from opsportal.http.errors import Fault, HttpError
from opsportal.http.redact import is_secret_name, scrub

DEFAULT_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Target:
    """One place to ask. `host` is ASCII (punycode) without brackets; `path` is percent-encoded and holds the query."""

    url: str  # without userinfo and fragment
    scheme: str
    host: str
    port: int
    path: str
    userinfo: tuple[str, str] | None

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if DEFAULT_PORTS[self.scheme] == self.port else f"{host}:{self.port}"


@lru_cache(maxsize=4096)
def target(url: str) -> Target:
    """Read an absolute http or https URL. Raises ValueError saying what is wrong, without repeating secrets."""
    try:
        parsed = URL(url)
        port = parsed.port
        host = parsed.raw_host
    except (ValueError, TypeError):
        raise ValueError("not a URL that can be read") from None
    if parsed.scheme not in DEFAULT_PORTS:
        raise ValueError(
            f"must begin with http:// or https://, not {parsed.scheme + '://' if parsed.scheme else 'that'}"
        )
    if not host or port is None:
        raise ValueError("has no host name")
    bare = parsed.with_user(None).with_fragment(None)
    userinfo = (parsed.user or "", parsed.password or "") if parsed.user or parsed.password else None
    return Target(str(bare), parsed.scheme, host, port, bare.raw_path_qs or "/", userinfo)


def redirected(current: Target, location: str) -> Target:
    """Where a Location header leads. Raises HttpError(protocol) when it leads nowhere this door goes."""
    try:
        return target(str(URL(current.url).join(URL(location))))
    except ValueError as error:
        raise HttpError(
            Fault.PROTOCOL, f"The redirect to {scrub(location[:200])} cannot be followed: it {error}"
        ) from None


def method_after(status: int, method: str) -> str:
    """The method for the next request (RFC 9110 15.4), as browsers do it."""
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in {301, 302} and method == "POST" else method


def headers_after(headers: list[tuple[str, str]], *, same_origin: bool, keeps_body: bool) -> list[tuple[str, str]]:
    """Headers for the next request: no credentials to another origin, no description of a body that is not sent."""
    return [
        (name, value)
        for name, value in headers
        if (same_origin or not (name.lower() in CREDENTIALS or is_secret_name(name)))
        and (keeps_body or not name.lower().startswith("content-"))
    ]
