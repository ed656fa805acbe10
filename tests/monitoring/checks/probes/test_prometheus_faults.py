"""The table of faults in docs/check-kinds/prometheus.md, each produced by a real peer."""

import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.prometheus import PrometheusProbe
from opsportal.http import aclose
from opsportal.kinds import clean_settings
from tests.fakes.certificates import authority, issued
from tests.fakes.exporters import exporting, listing
from tests.fakes.http_peers import answer, answering, dripping, endless, free_port, peer, resetting_mid_body, silent
from tests.monitoring.checks.probes.trying import SHORT_S, probe_of, run

DOWN, UNKNOWN, DEGRADED = Status.DOWN, Status.UNKNOWN, Status.DEGRADED
PAGE = "a 1\n"


@pytest.fixture(autouse=True)
async def _connections_are_closed() -> AsyncIterator[None]:
    yield
    await aclose()


async def scrape(*targets: str, timeout_s: float = 8, **settings: Any) -> Result:
    return await run(probe_of(PrometheusProbe, targets=list(targets), **settings), timeout_s=timeout_s)


def said(result: Result, verdict: Status, cause: Cause, words: str) -> None:
    assert (result.verdict, result.cause) == (verdict, cause)
    assert words in result.summary


async def test_a_closed_port_is_down() -> None:
    port = free_port()
    said(await scrape(f"127.0.0.1:{port}"), DOWN, Cause.REFUSED, f"Connection refused by 127.0.0.1:{port}")


async def test_some_of_several_targets_failing_degrade() -> None:
    port = free_port()
    async with exporting(PAGE) as one, exporting(PAGE) as other:
        result = await scrape(one.where, f"127.0.0.1:{port}", other.where)
    words = f"2 of 3 targets answered; connection refused by 127.0.0.1:{port}"
    said(result, DEGRADED, Cause.REFUSED, words)
    assert (result.values["targets_up"], result.values["targets_down"]) == (2, 1)


async def test_many_failing_targets_are_not_all_named() -> None:
    async with exporting(status=500) as site:
        result = await scrape(*(f"{site.where}/{number}" for number in range(5)))
    assert result.summary.startswith("0 of 5 targets answered; ")
    assert result.summary.endswith("; and 2 more")
    assert result.verdict is DOWN


async def test_a_hanging_target_is_down_at_the_deadline() -> None:
    async with peer(silent) as site:
        result = await scrape(site.where, timeout_s=SHORT_S)
    said(result, DOWN, Cause.TIMEOUT, f"{site.where} accepted the connection but did not answer within 0.2")


async def test_a_target_that_drips_is_down_at_the_deadline() -> None:
    async with peer(dripping) as site:
        result = await scrape(site.where, timeout_s=SHORT_S)
    said(result, DOWN, Cause.TIMEOUT, f"{site.where} did not finish its answer within 0.2")


async def test_a_connection_reset_in_the_middle_is_down() -> None:
    async with peer(resetting_mid_body) as site:
        result = await scrape(site.where)
    assert (result.verdict, result.cause) == (DOWN, Cause.RESET)


@pytest.mark.parametrize(
    ("status", "verdict", "cause", "words"),
    [
        (401, UNKNOWN, Cause.AUTH, "it refuses the credentials (401)"),
        (403, UNKNOWN, Cause.AUTH, "it refuses the credentials (403)"),
        (404, DOWN, Cause.UNEXPECTED, "it answers 404"),
        (500, DOWN, Cause.UNEXPECTED, "it answers 500"),
        (503, DOWN, Cause.OVERLOADED, "it answers 503"),
    ],
)
async def test_a_status_other_than_200_is_no_page(status: int, verdict: Status, cause: Cause, words: str) -> None:
    async with exporting(PAGE, status=status) as site:
        said(await scrape(site.where), verdict, cause, f"{site.where}: {words}")


async def test_a_wrong_token_is_unknown_and_the_right_one_up() -> None:
    async with exporting(PAGE, token="right") as site:
        said(await scrape(site.where, auth="bearer", token="wrong"), UNKNOWN, Cause.AUTH, "refuses the credentials")
        assert (await scrape(site.where, auth="bearer", token="right")).verdict is Status.UP


async def test_a_page_of_html_is_not_understood() -> None:
    async with exporting("<html>", kind="text/html; charset=utf-8") as site:
        said(await scrape(site.where), DOWN, Cause.PROTOCOL, "it answers text/html, not text with samples")


async def test_a_broken_line_is_named() -> None:
    async with exporting("a 1\nb x\n") as site:
        said(await scrape(site.where), DOWN, Cause.PROTOCOL, "line 2 has a value that is not a number: 'x'")


async def test_openmetrics_that_was_cut_off_is_not_taken() -> None:
    async with exporting(newer="a 1\n") as site:
        said(await scrape(site.where), DOWN, Cause.PROTOCOL, "the page does not end with # EOF")


async def test_more_samples_than_the_limit_fail_the_page() -> None:
    async with exporting("a 1\nb 2\nc 3\n") as site:
        result = await scrape(site.where, sample_limit=2)
        drop = [{"action": "drop", "source_labels": ["__name__"], "regex": "c"}]
        assert (await scrape(site.where, sample_limit=2, metric_relabel_configs=drop)).verdict is Status.UP
    said(result, DOWN, Cause.TOO_LARGE, "has 3 samples, more than the sample_limit of 2")


async def test_an_endless_page_is_cut_off() -> None:
    async with peer(endless) as site:
        said(await scrape(site.where), DOWN, Cause.TOO_LARGE, "its page is larger than 16,777,216 bytes")


async def test_a_page_that_unpacks_to_more_than_the_limit_is_cut_off() -> None:
    async with exporting("a 1\n" * 50_000) as site:
        said(await scrape(site.where, max_body_bytes=10_000), DOWN, Cause.TOO_LARGE, "larger than 10,000 bytes")


async def test_a_redirect_to_a_metadata_address_is_not_followed() -> None:
    async with exporting(status=302, headers={"Location": "http://169.254.169.254/latest/"}) as site:
        result = await scrape(site.where)
    said(result, DOWN, Cause.BLOCKED, "connecting to 169.254.169.254 is not allowed")


async def test_a_target_that_is_forbidden_itself_is_unknown() -> None:
    said(await scrape("169.254.169.254"), UNKNOWN, Cause.BLOCKED, "connecting to 169.254.169.254 is not allowed")


async def test_a_target_that_a_list_names_is_vetted_too() -> None:
    async with listing("169.254.169.254:80") as service:
        result = await scrape(http_sd_url=service.url)
    said(result, UNKNOWN, Cause.BLOCKED, "connecting to 169.254.169.254 is not allowed")


async def test_an_expired_certificate_is_down() -> None:
    tls: ssl.SSLContext = issued("127.0.0.1", days_left=-1).server_context()
    async with answering(answer(PAGE), tls=tls) as site:
        result = await scrape(f"https://127.0.0.1:{site.port}", ca_pem=authority().pem)
    said(result, DOWN, Cause.CERTIFICATE, "the certificate of 127.0.0.1 is not valid: it has expired")


async def test_rules_that_take_the_name_away_are_a_fault_of_the_settings() -> None:
    rules = [{"target_label": "__name__", "replacement": ""}]
    async with exporting(PAGE) as site:
        result = await scrape(site.where, metric_relabel_configs=rules)
    said(result, UNKNOWN, Cause.MISCONFIGURED, "metric_relabel_configs take the name of a away")


async def test_rules_that_drop_every_target_leave_nothing_to_tell() -> None:
    rules = [{"action": "drop", "source_labels": ["job"], "regex": ".*"}]
    said(await scrape("a:1", "b:1", relabel_configs=rules), UNKNOWN, Cause.MISSING, "Relabelling drops all 2 targets")


async def test_a_list_without_targets_leaves_nothing_to_tell() -> None:
    async with listing() as service:
        said(await scrape(http_sd_url=service.url), UNKNOWN, Cause.MISSING, "Discovery names no target")


async def test_a_list_that_cannot_be_had_leaves_nothing_to_tell() -> None:
    port = free_port()
    result = await scrape(http_sd_url=f"http://127.0.0.1:{port}/targets")
    said(result, UNKNOWN, Cause.MISCONFIGURED, f"targets: connection refused by 127.0.0.1:{port}")


async def test_a_page_that_a_thread_still_reads_is_not_read_twice_at_once() -> None:
    async with exporting(PAGE) as site:
        probe = PrometheusProbe(clean_settings(PrometheusProbe.SettingsForm, {"targets": [site.where]}))
        assert (await run(probe)).verdict is Status.UP
        [scraper] = probe.scrapers.values()
        with scraper.series._lock:
            said(await run(probe), UNKNOWN, Cause.INTERNAL, "its last page is still being read")
        assert (await run(probe)).verdict is Status.UP


async def test_no_fault_tells_a_secret() -> None:
    async with exporting(status=302, headers={"Location": "/?token=hunter2!"}) as site:
        result = await scrape(site.where, auth="bearer", token="hunter2!", secret_headers={"X-Key": "k3y-of-mine"})
    assert "hunter2!" not in str(result)
    assert "k3y-of-mine" not in str(result)
