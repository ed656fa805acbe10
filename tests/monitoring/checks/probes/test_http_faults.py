"""The fault table of `http` (docs/check-kinds/http.md): fault, status, cause, words."""

import asyncio
import errno
from datetime import UTC, datetime
from typing import Any

import aiodns
import pytest

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes import net
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.http import HttpProbe
from opsportal.http import aclose, resolver
from opsportal.http.errors import connect_error
from tests.fakes.certificates import authority, issued, self_signed
from tests.fakes.dns_server import dns_server
from tests.fakes.http_peers import (
    answer,
    answering,
    bad_request,
    dripping,
    endless,
    free_port,
    peer,
    resetting_mid_body,
    silent,
)
from tests.fakes.tls_peers import stalling_handshake
from tests.monitoring.checks.probes.trying import probe_of, run

METADATA = "http://169.254.169.254/latest/meta-data/"


async def ask(url: str, *, timeout_s: float = 5, **settings: Any) -> Result:
    return await run(probe_of(HttpProbe, url=url, **settings), timeout_s=timeout_s, now=datetime.now(UTC))


def seen(result: Result) -> tuple[Status, Cause, str]:
    return result.verdict, result.cause, result.summary


async def test_a_refused_connection_is_down() -> None:
    port = free_port()
    result = await ask(f"http://127.0.0.1:{port}/")
    assert seen(result) == (Status.DOWN, Cause.REFUSED, f"Connection refused by 127.0.0.1:{port}")


async def test_a_peer_that_accepts_and_never_speaks_is_down_at_the_deadline() -> None:
    async with peer(silent) as half_open:
        result = await ask(half_open.url, timeout_s=0.2)
    words = f"{half_open.where} accepted the connection but did not answer within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


async def test_a_slow_drip_is_cut_off_at_the_deadline() -> None:
    async with peer(dripping) as slow:
        result = await ask(slow.url, timeout_s=0.3)
    assert seen(result)[:2] == (Status.DOWN, Cause.TIMEOUT)
    assert result.summary.startswith(f"{slow.where} did not finish its answer within 0.27 s; ")


async def test_a_stalled_tls_handshake_is_named() -> None:
    async with peer(stalling_handshake) as stalled:
        result = await ask(f"https://127.0.0.1:{stalled.port}/", timeout_s=0.2)
    words = f"{stalled.where} did not finish the TLS handshake within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_refused_credentials_are_down_by_auth(status: str) -> None:
    async with answering(answer(status=status)) as site:
        result = await ask(site.url, auth="basic", username="otto", password="wrong horse")
    assert seen(result)[:2] == (Status.DOWN, Cause.AUTH)
    assert result.summary.startswith(f"Expected status 200-299, got {status[:3]} (credentials refused) after ")


async def test_an_overloaded_site_says_when_to_come_back() -> None:
    async with answering(answer(status="503 Service Unavailable", retry_after="30")) as site:
        result = await ask(site.url)
    assert seen(result)[:2] == (Status.DOWN, Cause.OVERLOADED)
    assert result.summary.startswith("Expected status 200-299, got 503 after ")
    assert result.summary.endswith("; it asks to retry after 30 s")


async def test_a_wrong_body_is_down() -> None:
    async with answering(answer("<h1>Database error</h1>")) as site:
        result = await ask(site.url, body_contains="Welcome")
    assert seen(result)[:2] == (Status.DOWN, Cause.UNEXPECTED)
    assert result.summary.startswith('Status 200, but the body does not contain "Welcome" after ')
    assert result.evidence["body"] == "<h1>Database error</h1>"


async def test_a_reset_in_the_middle_of_the_body_is_down() -> None:
    async with peer(resetting_mid_body) as site:
        result = await ask(site.url)
    words = f"{site.where} reset the connection in the middle of its answer"
    assert seen(result) == (Status.DOWN, Cause.RESET, words)


async def test_a_body_cut_short_is_down() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as site:
        result = await ask(site.url)
    words = "The connection was closed in the middle of the body, after 4 of 100 bytes"
    assert seen(result) == (Status.DOWN, Cause.RESET, words)


async def test_garbage_instead_of_http_is_down() -> None:
    async with answering(b"SSH-2.0-OpenSSH_9.2\r\n") as ssh:
        result = await ask(ssh.url)
    words = "The answer is not HTTP; it begins with 'SSH-2.0-OpenSSH_9.2'"
    assert seen(result) == (Status.DOWN, Cause.PROTOCOL, words)


async def test_an_endless_body_is_read_up_to_the_cap_only() -> None:
    async with peer(endless) as site:
        result = await ask(site.url, max_body_bytes=100_000)
    assert result.verdict is Status.UP
    assert result.values["body_bytes"] == 100_000


async def test_a_demand_that_an_endless_body_does_not_meet_is_down_by_size() -> None:
    async with peer(endless) as site:
        result = await ask(site.url, max_body_bytes=100_000, body_contains="y")
    assert seen(result)[:2] == (Status.DOWN, Cause.TOO_LARGE)
    words = 'Status 200, but in its first 100,000 bytes the body does not contain "y"; the body is larger than is read'
    assert result.summary.startswith(words)


async def test_a_redirect_to_the_metadata_address_is_refused() -> None:
    async with answering(answer(status="302 Found", location=METADATA)) as site:
        result = await ask(site.url)
    words = "Connecting to 169.254.169.254 is not allowed: a cloud metadata or link-local address"
    assert seen(result) == (Status.DOWN, Cause.BLOCKED, words)


async def test_a_check_of_the_metadata_address_itself_is_unknown() -> None:
    result = await ask(METADATA)
    words = "Connecting to 169.254.169.254 is not allowed: a cloud metadata or link-local address"
    assert seen(result) == (Status.UNKNOWN, Cause.BLOCKED, words)


async def test_a_redirect_loop_is_down() -> None:
    async with answering(answer(status="302 Found", location="/")) as site:
        result = await ask(f"{site.url}/")
    assert seen(result) == (Status.DOWN, Cause.PROTOCOL, f"Redirect loop: {site.url}/ was asked before")


async def test_a_name_rebound_to_the_metadata_address_is_refused() -> None:
    zone = {("shop.example", "A"): [["127.0.0.1"], ["169.254.169.254"]]}
    async with dns_server(zone) as server, answering(answer(status="302 Found", location="/next")) as site:
        resolver.use(_asking(server.port))
        result = await ask(f"http://shop.example:{site.port}/")
        await aclose()
    words = "Connecting to shop.example (169.254.169.254) is not allowed: a cloud metadata or link-local address"
    assert seen(result) == (Status.DOWN, Cause.BLOCKED, words)
    assert len(site.requests) == 1


async def test_an_unknown_name_is_down() -> None:
    async with dns_server() as server:
        resolver.use(_asking(server.port))
        result = await ask("http://gone.example/")
        await aclose()
    assert seen(result) == (Status.DOWN, Cause.DNS, "The name gone.example does not exist (NXDOMAIN)")


async def test_a_silent_dns_server_is_named() -> None:
    async with dns_server(silent=True) as server:
        resolver.use(_asking(server.port))
        result = await ask("http://shop.example/", timeout_s=0.2)
        await aclose()
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, "The name shop.example was not resolved within 0.18 s")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (issued("127.0.0.1", days_left=-3), "it has expired"),
        (self_signed("127.0.0.1"), "it is self-signed"),
        (issued("shop.example"), "it is for another address"),
    ],
    ids=["expired", "self-signed", "wrong host"],
)
async def test_a_certificate_that_is_not_valid_is_down(identity: Any, words: str) -> None:
    async with answering(answer(), tls=identity.server_context()) as site:
        result = await ask(f"https://127.0.0.1:{site.port}/", ca_pem=authority().pem)
    expected = f"The certificate of 127.0.0.1 is not valid: {words}"
    assert seen(result) == (Status.DOWN, Cause.CERTIFICATE, expected)


async def test_plain_http_on_the_tls_port_is_named() -> None:
    async with peer(bad_request) as site:
        result = await ask(f"https://127.0.0.1:{site.port}/")
    assert seen(result) == (Status.DOWN, Cause.TLS, f"{site.where} does not speak TLS")


def test_running_out_of_file_descriptors_is_not_a_fault_of_the_site() -> None:
    result = net.fault(connect_error(OSError(errno.EMFILE, ""), "10.0.0.1:80"))
    words = "The portal itself could not open a connection to 10.0.0.1:80: too many open files"
    assert seen(result) == (Status.UNKNOWN, Cause.INTERNAL, words)


async def test_the_engine_may_cancel_a_run_at_any_time() -> None:
    async with peer(silent) as half_open:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(half_open.url, timeout_s=60)


def _asking(port: int) -> aiodns.DNSResolver:
    return aiodns.DNSResolver(nameservers=[f"127.0.0.1:{port}"], timeout=1, tries=1)
