"""`dns` against a small real DNS server; with the fault table of docs/check-kinds/dns.md."""

from typing import Any

import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.dns import DnsForm, DnsProbe
from opsportal.kinds import clean_settings
from tests.fakes.dns_server import DnsServer, dns_server
from tests.fakes.http_peers import free_port
from tests.monitoring.checks.probes.trying import probe_of, run

ZONE = {
    ("shop.example", "A"): ["10.0.0.1", "10.0.0.2"],
    ("shop.example", "AAAA"): ["2001:db8::1"],
    ("www.shop.example", "CNAME"): ["shop.example."],
    ("shop.example", "MX"): ["10 Mail.example.", "20 mail2.example."],
    ("shop.example", "TXT"): ['"v=spf1 include:" "mail.example -all"'],
    ("shop.example", "NS"): ["ns1.example.", "ns2.example."],
    ("_sip._tcp.shop.example", "SRV"): ["1 2 5060 sip.example."],
    ("shop.example", "CAA"): ['0 issue "letsencrypt.org"'],
    ("shop.example", "SOA"): ["ns1.example. admin.example. 7 3600 600 86400 60"],
}


async def ask(server: DnsServer, name: str = "shop.example", timeout_s: float = 5, **settings: Any) -> Result:
    probe = probe_of(DnsProbe, name=name, resolver="127.0.0.1", resolver_port=server.port, **settings)
    return await run(probe, timeout_s=timeout_s)


def seen(result: Result) -> tuple[Status, Cause, str]:
    return result.verdict, result.cause, result.summary


@pytest.mark.parametrize(
    ("name", "record_type", "expected"),
    [
        ("shop.example", "A", "10.0.0.2\n10.0.0.1"),
        ("shop.example", "AAAA", "2001:DB8::1"),
        ("www.shop.example", "CNAME", "shop.example"),
        ("shop.example", "MX", "10 mail.example\n20 mail2.example."),
        ("shop.example", "TXT", "v=spf1 include:mail.example -all"),
        ("shop.example", "NS", "ns1.example\nns2.example"),
        ("_sip._tcp.shop.example", "SRV", "1 2 5060 sip.example"),
        ("shop.example", "CAA", "0 issue letsencrypt.org"),
        ("shop.example", "SOA", "ns1.example admin.example 7 3600 600 86400 60"),
    ],
)
async def test_each_record_type_is_compared_as_people_write_it(name: str, record_type: str, expected: str) -> None:
    async with dns_server(ZONE) as server:
        result = await ask(server, name, record_type=record_type, expected=expected)
    assert result.verdict is Status.UP
    assert set(result.values) == set(DnsProbe.values)
    assert result.values["ttl_seconds"] == 60


async def test_at_least_these_records_allows_others() -> None:
    async with dns_server(ZONE) as server:
        result = await ask(server, expected=["10.0.0.1"], match="contains")
    assert result.verdict is Status.UP


async def test_a_wrong_answer_says_what_is_missing_and_what_is_not_expected() -> None:
    async with dns_server(ZONE) as server:
        result = await ask(server, expected=["10.0.0.1", "10.0.0.9"])
    words = "A of shop.example is 10.0.0.1, 10.0.0.2: missing 10.0.0.9; unexpected 10.0.0.2"
    assert seen(result) == (Status.DOWN, Cause.UNEXPECTED, words)


async def test_a_name_without_such_a_record_is_down() -> None:
    async with dns_server(ZONE) as server:
        result = await ask(server, "www.shop.example", record_type="MX")
    words = "www.shop.example has no MX record, says 127.0.0.1"
    assert seen(result) == (Status.DOWN, Cause.MISSING, words)


async def test_a_name_that_does_not_exist_is_down() -> None:
    async with dns_server(ZONE) as server:
        result = await ask(server, "gone.example")
    assert seen(result) == (Status.DOWN, Cause.DNS, "gone.example does not exist (NXDOMAIN), says 127.0.0.1")


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
async def test_a_server_that_fails_is_down(rcode: str) -> None:
    async with dns_server(rcode=rcode) as server:
        result = await ask(server)
    assert seen(result) == (Status.DOWN, Cause.DNS, f"127.0.0.1 failed to look up shop.example ({rcode})")


async def test_a_silent_server_is_down_at_the_deadline() -> None:
    async with dns_server(silent=True) as server:
        result = await ask(server, timeout_s=0.2)
    words = "127.0.0.1 did not answer for shop.example within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


async def test_an_answer_that_is_not_dns_counts_as_none() -> None:
    async with dns_server(garbage=True) as server:
        result = await ask(server, timeout_s=0.2)
    words = "127.0.0.1 did not answer for shop.example within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


async def test_a_port_where_nothing_listens_is_down() -> None:
    result = await ask(DnsServer(port=free_port()), timeout_s=0.3)
    assert result.verdict is Status.DOWN
    assert result.cause in {Cause.REFUSED, Cause.TIMEOUT}


async def test_a_metadata_address_is_never_asked() -> None:
    result = await run(probe_of(DnsProbe, name="shop.example", resolver="169.254.169.254"), timeout_s=5)
    words = "Connecting to 169.254.169.254 is not allowed: a cloud metadata or link-local address"
    assert seen(result) == (Status.UNKNOWN, Cause.BLOCKED, words)


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"resolver": "dns.example"}, "resolver"), ({"name": "a" * 70}, "name"), ({"record_type": "X"}, "record_type")],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], field: str) -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        clean_settings(DnsForm, {"name": "shop.example"} | settings)
    assert field in refusal.value.message_dict
