"""`tls` against real handshakes; with the fault table of docs/check-kinds/tls.md."""

import ssl
from datetime import UTC, datetime
from typing import Any

import pytest

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.tls import TlsProbe
from tests.fakes.certificates import Identity, authority, issued, self_signed
from tests.fakes.http_peers import bad_request, free_port, peer, silent
from tests.fakes.tls_peers import stalling_handshake, tls_peer
from tests.monitoring.checks.probes.trying import probe_of, run

NAME = "shop.example"


async def ask(port: int, timeout_s: float = 5, **settings: Any) -> Result:
    settings = {"server_name": NAME, "ca_pem": authority().pem} | settings
    probe = probe_of(TlsProbe, host="127.0.0.1", port=port, **settings)
    return await run(probe, timeout_s=timeout_s, now=datetime.now(UTC))


async def ask_peer(identity: Identity, **settings: Any) -> Result:
    async with tls_peer(identity) as running:
        return await ask(running.port, **settings)


def seen(result: Result) -> tuple[Status, Cause, str]:
    return result.verdict, result.cause, result.summary


async def test_a_good_certificate_is_up_with_its_days_and_chain() -> None:
    result = await ask_peer(issued(NAME, "www.shop.example", days_left=60))
    words = "Certificate valid for 60 more days (CN=shop.example, TLSv1.3)"
    assert seen(result) == (Status.UP, Cause.NONE, words)
    assert set(result.values) == set(TlsProbe.values) - {"dns_seconds"}
    assert result.values["certificate_valid"] == 1
    assert result.evidence["chain"][0]["names"] == [NAME, "www.shop.example"]


async def test_an_intermediate_that_expires_first_is_measured() -> None:
    middle = issued("Middle CA", days_left=10, is_authority=True)
    leaf = issued(NAME, days_left=60, by=middle)
    result = await ask_peer(Identity(leaf.certificate, leaf.key, (middle.certificate,)))
    assert result.verdict is Status.UP
    assert 9 < result.values["chain_days_left"] < 11 < result.values["certificate_days_left"]


async def test_an_expired_certificate_says_since_when() -> None:
    result = await ask_peer(issued(NAME, days_left=-3))
    assert seen(result) == (Status.DOWN, Cause.CERTIFICATE, "Certificate expired 3 days ago (CN=shop.example)")
    assert -4 < result.values["certificate_days_left"] < -2
    assert result.values["certificate_valid"] == 0


async def test_a_self_signed_certificate_still_reports_its_days() -> None:
    result = await ask_peer(self_signed(NAME, days_left=30))
    words = "Certificate is self-signed (CN=shop.example); 30 days left"
    assert seen(result) == (Status.DOWN, Cause.CERTIFICATE, words)
    assert result.evidence["chain"][0]["names"] == [NAME]


async def test_a_certificate_for_another_host_names_both() -> None:
    result = await ask_peer(issued("blog.example", days_left=30))
    words = "Certificate is for blog.example, not for shop.example; 30 days left"
    assert seen(result) == (Status.DOWN, Cause.CERTIFICATE, words)


async def test_a_missing_intermediate_is_named() -> None:
    middle = issued("Middle CA", is_authority=True)
    result = await ask_peer(issued(NAME, days_left=30, by=middle))
    assert seen(result)[:2] == (Status.DOWN, Cause.CERTIFICATE)
    assert "an intermediate certificate is missing" in result.summary
    assert "issued by CN=Middle CA" in result.summary


async def test_a_certificate_of_the_future_is_down() -> None:
    result = await ask_peer(issued(NAME, days_before=-2, days_left=30))
    assert seen(result)[:2] == (Status.DOWN, Cause.CERTIFICATE)
    assert result.summary.startswith("Certificate is not valid before ")


async def test_a_protocol_below_the_floor_is_down() -> None:
    async with tls_peer(issued(NAME), maximum=ssl.TLSVersion.TLSv1_2) as old:
        result = await ask(old.port, minimum_protocol="TLSv1.3")
    words = f"{old.where} speaks TLSv1.2 at best, TLSv1.3 is the least allowed"
    assert seen(result) == (Status.DOWN, Cause.TLS, words)


async def test_a_refused_connection_is_down() -> None:
    port = free_port()
    words = f"Connection refused by 127.0.0.1:{port}"
    assert seen(await ask(port)) == (Status.DOWN, Cause.REFUSED, words)


@pytest.mark.parametrize("hang", [silent, stalling_handshake])
async def test_a_handshake_that_hangs_is_down_at_the_deadline(hang: Any) -> None:
    async with peer(hang) as stalled:
        result = await ask(stalled.port, timeout_s=0.2)
    words = f"{stalled.where} did not finish the TLS handshake within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


async def test_a_port_that_does_not_speak_tls_is_down() -> None:
    async with peer(bad_request) as plain:
        result = await ask(plain.port)
    assert seen(result) == (Status.DOWN, Cause.TLS, f"{plain.where} does not speak TLS")
