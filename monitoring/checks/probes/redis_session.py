"""One short connection to a Redis or Valkey, and what its failures mean. Shared by the kinds `redis` and `celery`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

from django import forms
from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.faults import fault, fitting
from opsportal.http.redact import MASK

SCHEMES = ("redis", "rediss", "unix")


def clean_url(url: str) -> str:
    """The URL as it is. Raises forms.ValidationError, whose words repeat nothing of it."""
    try:
        parts = urlsplit(url)
        parse_url(url)
        # A bare / ? or # in a password ends the host part too early, and its rest would be shown as a path.
        cut = "@" in parts.path + parts.query + parts.fragment and parts.scheme != "unix"
        readable = parts.scheme in SCHEMES and not cut and (parts.port or 0) >= 0
    except ValueError:
        readable = False
    if not readable:
        raise forms.ValidationError(
            "Not a URL of a Redis; write redis://[user:password@]host:6379/0, rediss://… or unix:///path?db=0, "
            "with : / ? # and @ in a password as %3A %2F %3F %23 %40."
        )
    return url


def where(url: str) -> str:
    """Host and port, or the socket, as an operator would name them."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def without_secrets(text: str, url: str) -> str:
    """`text` with the URL's password replaced, as written and as meant."""
    password = urlsplit(url).password or ""
    for secret in {password, unquote(password)} - {""}:
        text = text.replace(secret, MASK)
    return text


@asynccontextmanager
async def session(url: str, clock: Clock) -> AsyncIterator[Redis]:
    """A client on one new connection, logged in. No retries; raises TimeoutError once the clock has run out, redis.RedisError, OSError."""
    client: Redis = Redis.from_url(
        url,
        single_connection_client=True,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # both understand it; a URL that says ?protocol=3 is followed
        socket_timeout=clock.budget_s + 1,
        socket_connect_timeout=clock.budget_s + 1,
        health_check_interval=0,
        driver_info=None,
        encoding_errors="replace",
    )
    try:
        async with asyncio.timeout(clock.left_s()):
            await client.initialize()
            yield client
    finally:
        if client.connection is not None:
            await client.connection.disconnect(nowait=True)
        await client.aclose()


DOWN, UNKNOWN = Status.DOWN, Status.UNKNOWN
FAULTS = (
    fault(r"^NOAUTH|authentication required", UNKNOWN, Cause.AUTH, "Misconfigured: {where} wants a password, and the check has none."),
    fault(r"^WRONGPASS|invalid password|without any password configured|wrong number of arguments for 'auth'", UNKNOWN, Cause.AUTH,
          "Misconfigured: {where} refuses the credentials of the check."),
    fault(r"^NOPERM", UNKNOWN, Cause.MISCONFIGURED, "Misconfigured: the check's user on {where} may not do this: {message}"),
    fault(r"^DENIED|protected mode", UNKNOWN, Cause.AUTH, "Misconfigured: {where} runs in protected mode and admits its own host only."),
    fault(r"^LOADING", DOWN, Cause.STARTING, "{where} is loading its data into memory; it answers no command yet."),
    fault(r"^READONLY", DOWN, Cause.UNEXPECTED, "{where} takes no writes: it is a read-only replica."),
    fault(r"^OOM", DOWN, Cause.OVERLOADED, "{where} refuses writes: its maxmemory is used up."),
    fault(r"^MISCONF", DOWN, Cause.FAILED, "{where} refuses writes: its data cannot be saved to disk."),
    fault(r"^NOREPLICAS", DOWN, Cause.MISSING, "{where} refuses writes: too few replicas follow it."),
    fault(r"^MASTERDOWN", DOWN, Cause.UNREACHABLE, "{where} has lost its primary and serves no stale data."),
    fault(r"^CLUSTERDOWN", DOWN, Cause.FAILED, "{where} says that its cluster is down."),
    fault(r"^BUSY", DOWN, Cause.OVERLOADED, "{where} is busy with a script and answers nobody else."),
    fault(r"max number of clients", DOWN, Cause.OVERLOADED, "{where} admits nobody: its maxclients is reached."),
    fault(r"DB index|invalid database", UNKNOWN, Cause.MISCONFIGURED, "Misconfigured: {where} has no database of that number."),
    fault(r"certificate", DOWN, Cause.CERTIFICATE, "The certificate of {where} is not valid: {message}"),
    fault(r"\bSSL|\bTLS", DOWN, Cause.TLS, "No TLS with {where}: {message}"),
    fault(r"unknown command", UNKNOWN, Cause.MISCONFIGURED, "Misconfigured: {where} does not know a command the check needs: {message}"),
    fault(r"name or service not known|name resolution|no address associated|nodename nor servname|Error -[235]\b", DOWN, Cause.DNS,
          "The host name of {where} is not resolved."),
    fault(r"refused|no such file|Error 2 |Error 111 ", DOWN, Cause.REFUSED, "Nothing listens at {where}: connection refused."),
    fault(r"permission denied", UNKNOWN, Cause.MISCONFIGURED, "Misconfigured: the portal may not open the socket {where}."),
    fault(r"no route|unreachable", DOWN, Cause.UNREACHABLE, "No network way to {where}."),
    fault(r"timed? ?out", DOWN, Cause.TIMEOUT, "{where} did not answer in time."),
    fault(r"closed|reset|broken pipe|lost|Error 32|Error 104", DOWN, Cause.RESET, "{where} broke the connection."),
    fault(r"protocol error|invalid response|unexpected response", DOWN, Cause.PROTOCOL, "{where} does not speak the Redis protocol."),
)  # fmt: skip


def failed(error: BaseException, url: str) -> Result:
    """The Result of an error of the client or of the network."""
    return Result(*explain(error, url))


def explain(error: BaseException, url: str) -> tuple[Status, str, Cause]:
    """Verdict, words and cause of an error."""
    text = _message(error, url)
    place = where(url)
    if isinstance(error, exceptions.InvalidResponse):
        text = f"invalid response {text}"
    if known := fitting(FAULTS, text):
        return known.verdict, known.words.format(where=place, message=text), known.cause
    return DOWN, f"{place} answered with an error: {text or type(error).__name__}", Cause.UNEXPECTED


def _message(error: BaseException, url: str) -> str:
    code = getattr(error, "status_code", None) or ""
    lines = str(error).strip().splitlines() or [""]
    return without_secrets(f"{code} {lines[0]}".strip(), url)[:300]
