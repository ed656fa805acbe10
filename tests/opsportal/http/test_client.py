"""`fetch`, on connections of its own and pooled: both keep the same promises."""

import asyncio
import gc
import gzip
from typing import Any

import aiodns
import pytest
from django.test import override_settings

from opsportal.http import BasicAuth, BearerAuth, Fault, HttpError, Request, Response, Zone, fetch, resolver
from tests.fakes.certificates import authority, issued
from tests.fakes.dns_server import dns_server
from tests.fakes.http_peers import Reader, Writer, answer, answering, endless, free_port, peer, request_of, silent
from tests.fakes.tls_peers import stalling_handshake

pytestmark = [pytest.mark.usefixtures("door"), pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "pooled"])]
METADATA = "http://169.254.169.254/latest/meta-data/"


async def ask(url: str, fresh: bool, zone: Zone = Zone.CHECKS, **options: Any) -> Response:
    return await fetch(Request(url, fresh=fresh, **({"timeout_s": 5} | options)), zone=zone)


async def failure(url: str, fresh: bool, zone: Zone = Zone.CHECKS, **options: Any) -> HttpError:
    with pytest.raises(HttpError) as caught:
        await ask(url, fresh, zone, **options)
    return caught.value


async def test_an_answer_comes_with_its_times_and_address(fresh: bool) -> None:
    async with answering(answer('{"a": 1}', content_type="application/json")) as site:
        response = await ask(f"{site.url}/x?y=1", fresh)
    assert (response.status, response.json(), response.address) == (200, {"a": 1}, site.where)
    assert 0 < response.timings.first_byte_s <= response.timings.total_s
    assert site.requests[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")


async def test_a_compressed_body_is_decompressed_under_the_cap(fresh: bool) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    async with answering(answer(bomb, content_encoding="gzip")) as site:
        response = await ask(site.url, fresh, max_bytes=10_000)
    assert (len(response.body), response.truncated) == (10_000, True)


async def test_an_endless_body_is_cut_off(fresh: bool) -> None:
    async with peer(endless) as site:
        response = await ask(site.url, fresh, max_bytes=100_000)
    assert (len(response.body), response.truncated) == (100_000, True)


async def test_a_refused_connection_names_the_address(fresh: bool) -> None:
    port = free_port()
    error = await failure(f"http://127.0.0.1:{port}/", fresh)
    assert (error.cause, error.message) == (Fault.REFUSED, f"Connection refused by 127.0.0.1:{port}")


async def test_a_silent_peer_is_left_at_the_deadline(fresh: bool) -> None:
    async with peer(silent) as half_open:
        error = await failure(half_open.url, fresh, timeout_s=0.2)
    assert error.cause is Fault.TIMEOUT
    assert error.message == f"{half_open.where} accepted the connection but did not answer within 0.2 s"


async def test_webhooks_do_not_reach_private_addresses(fresh: bool) -> None:
    error = await failure(f"http://127.0.0.1:{free_port()}/", fresh, Zone.WEBHOOKS)
    assert error.cause is Fault.BLOCKED
    assert error.message.endswith("not allowed: a loopback address; WEBHOOKS_ALLOW_PRIVATE is off")


async def test_webhooks_reach_private_addresses_when_allowed(fresh: bool) -> None:
    with override_settings(WEBHOOKS_ALLOW_PRIVATE=True):
        async with answering(answer()) as site:
            assert (await ask(site.url, fresh, Zone.WEBHOOKS)).status == 200


@pytest.mark.parametrize("url", [METADATA, "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/"])
async def test_metadata_addresses_are_never_asked(fresh: bool, url: str) -> None:
    assert (await failure(url, fresh)).cause is Fault.BLOCKED


async def test_a_redirect_is_vetted_again(fresh: bool) -> None:
    async with answering(answer(status="302 Found", location=METADATA)) as site:
        error = await failure(site.url, fresh, max_redirects=5)
    assert (error.cause, error.redirects) == (Fault.BLOCKED, 1)


async def test_a_name_that_leads_to_a_metadata_address_is_refused(fresh: bool) -> None:
    async with dns_server({("shop.example", "A"): ["169.254.169.254"]}) as server:
        resolver.use(aiodns.DNSResolver(nameservers=[f"127.0.0.1:{server.port}"], timeout=1, tries=1))
        error = await failure("http://shop.example/", fresh)
    assert error.cause is Fault.BLOCKED


async def test_a_name_is_resolved_and_its_allowed_address_used(fresh: bool) -> None:
    zone = {("shop.example", "A"): ["169.254.169.254", "127.0.0.1"]}
    async with dns_server(zone) as server, answering(answer()) as site:
        resolver.use(aiodns.DNSResolver(nameservers=[f"127.0.0.1:{server.port}"], timeout=1, tries=1))
        response = await ask(f"http://shop.example:{site.port}/", fresh)
    assert response.address == site.where
    assert f"Host: shop.example:{site.port}".encode() in site.requests[0]


async def test_redirects_are_followed_and_told(fresh: bool) -> None:
    async with answering(answer(status="303 See Other", location="/done?token=abc"), answer("done")) as site:
        response = await ask(f"{site.url}/form", fresh, method="POST", body=b"x=1", max_redirects=3)
    assert (response.body, response.redirects) == (b"done", [f"{site.url}/done?token=***"])
    assert site.requests[1].startswith(b"GET /done?token=abc ")
    assert b"content-" not in site.requests[1].lower()


async def test_credentials_stay_with_their_origin(fresh: bool) -> None:
    async with answering(answer()) as other, answering(answer(status="307 Temporary", location=other.url)) as site:
        headers = {"Cookie": "sid=1", "X-Api-Key": "k", "X-Plain": "p"}
        await ask(site.url, fresh, headers=headers, auth=BearerAuth("t1"), max_redirects=1)
    assert all(word in site.requests[0] for word in (b"Bearer t1", b"sid=1", b"X-Api-Key", b"X-Plain"))
    assert not any(word in other.requests[0] for word in (b"Authorization", b"Cookie", b"X-Api-Key"))
    assert b"X-Plain" in other.requests[0]


async def test_too_many_redirects_are_refused(fresh: bool) -> None:
    hops = [answer(status="302 Found", location=f"/{number}") for number in range(5)]
    async with answering(*hops) as site:
        error = await failure(site.url, fresh, max_redirects=2)
    assert error.message == f"More than 2 redirects; the next leads to {site.url}/2"


async def test_secrets_are_in_no_error(fresh: bool) -> None:
    async with answering(answer(status="302 Found", location="ftp://x/?key=k9k9")) as site:
        url = f"http://ada:hunter2@{site.where}/admin/s3cr3t/x?token=abc"
        error = await failure(url, fresh, max_redirects=1, secrets=("s3cr3t",), auth=BasicAuth("ada", "hunter2"))
    assert "cannot be followed" in error.message
    assert not any(secret in repr(error) for secret in ("hunter2", "s3cr3t", "abc", "k9k9"))


async def test_userinfo_becomes_basic_auth(fresh: bool) -> None:
    async with answering(answer()) as site:
        await ask(f"http://ada:pw@{site.where}/", fresh)
    assert b"Authorization: Basic YWRhOnB3" in site.requests[0]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/", "http://", "/relative", "http://[bad/"])
async def test_only_http_urls_are_asked(fresh: bool, url: str) -> None:
    assert (await failure(url, fresh)).message.startswith("url: ")


async def test_a_header_cannot_split_the_request(fresh: bool) -> None:
    error = await failure("http://127.0.0.1:1/", fresh, headers={"X-A": "1\r\nX-B: 2"})
    assert (error.cause, "X-A" in error.message) == (Fault.PROTOCOL, True)


async def test_tls_answers_show_their_certificate(fresh: bool) -> None:
    async with answering(answer(), tls=issued("127.0.0.1").server_context()) as site:
        response = await ask(f"https://127.0.0.1:{site.port}/", fresh, ca_pem=authority().pem)
    assert response.tls is not None
    assert (response.tls.names, response.tls.protocol) == (("127.0.0.1",), "TLSv1.3")


async def test_a_certificate_that_is_not_trusted_is_refused(fresh: bool) -> None:
    async with answering(answer(), tls=issued("127.0.0.1").server_context()) as site:
        error = await failure(f"https://127.0.0.1:{site.port}/", fresh)
    assert error.cause is Fault.CERTIFICATE


async def test_a_handshake_cut_off_leaves_no_fault_behind(fresh: bool, caplog: pytest.LogCaptureFixture) -> None:
    async with peer(stalling_handshake) as stalled:
        error = await failure(f"https://127.0.0.1:{stalled.port}/", fresh, timeout_s=0.05)
    await asyncio.sleep(0)
    gc.collect()
    assert error.cause is Fault.TIMEOUT
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio"]


async def test_a_pooled_connection_is_used_again_and_a_fresh_one_is_not(fresh: bool) -> None:
    connections = 0

    async def talk(reader: Reader, writer: Writer) -> None:
        nonlocal connections
        connections += 1
        while not reader.at_eof():
            await request_of(reader)
            writer.write(answer())

    async with peer(talk) as site:
        await ask(site.url, fresh)
        await ask(site.url, fresh)
    assert connections == (2 if fresh else 1)
