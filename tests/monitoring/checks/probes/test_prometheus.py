"""What a `prometheus` check asks for, accepts and says. Its faults, rules, lists of targets and samples have files of their own."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Status
from monitoring.checks.configuration import clean_parts, refuse_elsewhere
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.prometheus import PrometheusProbe
from monitoring.checks.probes.prometheus.probe import key_of
from monitoring.checks.probes.prometheus.settings import SettingsForm
from monitoring.checks.probes.prometheus.targets import Group, Target, arranged
from monitoring.checks.probes.registry import probe_class
from opsportal.http import aclose
from opsportal.kinds import clean_settings
from tests.fakes.certificates import authority, issued
from tests.fakes.exporters import exporting
from tests.fakes.http_peers import answer, answering
from tests.monitoring.checks.probes.trying import probe_of, run

PAGE = '# TYPE a gauge\na 1\nb{x="y"} 2\n'
NEWER = "# TYPE a gauge\na 1\n# EOF\n"


async def scrape(*targets: str, **settings: Any) -> Result:
    try:
        return await run(probe_of(PrometheusProbe, targets=list(targets), **settings))
    finally:
        await aclose()


async def test_one_target_that_answers_is_up_with_its_samples() -> None:
    async with exporting(PAGE) as exporter:
        result = await scrape(exporter.where)
    assert (result.verdict, result.cause) == (Status.UP, Cause.NONE)
    assert result.summary.startswith("2 samples in ")
    assert {name: result.values[name] for name in ("targets", "targets_up", "samples", "page_bytes")} == {
        "targets": 1, "targets_up": 1, "samples": 2, "page_bytes": len(PAGE),
    }  # fmt: skip
    assert set(result.values) == set(PrometheusProbe.values)
    [told] = result.evidence["targets"]
    assert (told["instance"], told["url"], told["samples"]) == (exporter.where, f"{exporter.url}/metrics", 2)


async def test_several_targets_are_scraped_at_once_and_told_together() -> None:
    async with exporting(PAGE) as one, exporting(PAGE) as other:
        result = await scrape(one.where, other.url)
    assert result.verdict is Status.UP
    assert result.summary.startswith("2 of 2 targets answered: 4 samples, the slowest in ")


async def test_openmetrics_is_asked_for_first_and_read_where_it_is_spoken() -> None:
    async with exporting(PAGE, newer=NEWER) as exporter:
        result = await scrape(exporter.where)
    assert result.values["samples"] == 1
    [asked] = exporter.asked
    assert asked.headers["Accept"].startswith("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=")
    assert "gzip" in asked.headers["Accept-Encoding"]
    assert 6 < float(asked.headers["X-Prometheus-Scrape-Timeout-Seconds"]) < 8


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"auth": "bearer", "token": "t0ken"}, ("Authorization", "Bearer t0ken")),
        ({"auth": "basic", "username": "u", "password": "p"}, ("Authorization", "Basic dTpw")),
        ({"headers": "X-Team: web"}, ("X-Team", "web")),
        ({"secret_headers": {"X-Key": "k1"}}, ("X-Key", "k1")),
    ],
)
async def test_credentials_and_headers_are_sent(settings: dict[str, Any], sent: tuple[str, str]) -> None:
    async with exporting(PAGE) as exporter:
        await scrape(exporter.where, **settings)
    assert exporter.asked[0].headers[sent[0]] == sent[1]


async def test_a_certificate_of_an_authority_of_ones_own_is_accepted() -> None:
    identity = issued("127.0.0.1")
    async with answering(answer(PAGE, content_type="text/plain"), tls=identity.server_context()) as site:
        result = await scrape(f"127.0.0.1:{site.port}", scheme="https", ca_pem=authority().pem)
    assert (result.verdict, result.summary[:10]) == (Status.UP, "2 samples ")


async def test_a_connection_is_kept_from_run_to_run() -> None:
    async with exporting(PAGE) as exporter:
        probe = probe_of(PrometheusProbe, targets=[exporter.where])
        for _ in range(3):
            await run(probe)
    assert len({asked.transport for asked in exporter.asked}) == 1


async def test_a_large_page_is_read_beside_the_event_loop() -> None:
    page = "".join(f'a{{number="{number}"}} {number}\n' for number in range(19_000))
    async with exporting(page) as exporter:
        result = await scrape(exporter.where)
    assert (result.verdict, result.values["samples"]) == (Status.UP, 19_000)


async def test_a_page_without_a_content_type_is_read_as_text() -> None:
    async with answering(answer(PAGE)) as site:
        assert (await scrape(site.where)).verdict is Status.UP


async def test_a_target_may_be_a_whole_url_with_a_query() -> None:
    async with exporting(PAGE) as exporter:
        await scrape(f"{exporter.url}/federate?match[]=a&match[]=b")
    assert (exporter.asked[0].path, exporter.asked[0].query.getall("match[]")) == ("/federate", ["a", "b"])


GOOD = {"targets": ["a:1"]}


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"targets": []}, "targets", "Name targets here, or give file_sd_files or http_sd_url."),
        ({"targets": ["/metrics"]}, "targets", "/metrics: write host:port, or a URL"),
        ({"targets": ["ftp://a:1"]}, "targets", "ftp://a:1: must begin with http:// or https://"),
        ({"targets": ["a:port"]}, "targets", "a:port: has a port that is not one."),
        ({"targets": ["http://u:p@a"]}, "targets", "must not hold a user or password"),
        ({"file_sd_files": ["../x.json"]}, "file_sd_files", "../x.json: must be a path below METRICS_FILE_SD_DIR"),
        ({"file_sd_files": ["/etc/passwd"]}, "file_sd_files", "must lie below METRICS_FILE_SD_DIR"),
        ({"file_sd_files": ["x.txt"]}, "file_sd_files", "ends with .json, .yml or .yaml"),
        ({"http_sd_url": "a/b"}, "http_sd_url", "must begin with http:// or https://"),
        ({"labels": "na me=x"}, "labels", "'na me' is not the name of a label"),
        ({"metrics_path": "metrics"}, "metrics_path", "A path that begins with /"),
        ({"auth": "basic"}, "username", "Basic auth needs a user name."),
        ({"auth": "bearer"}, "token", "Bearer auth needs a token."),
        ({"sample_limit": 0}, "sample_limit", "greater than or equal to 1"),
        ({"relabel_configs": "- action: kepp"}, "relabel_configs", "Rule 1: 'kepp' is not an action"),
        ({"metric_relabel_configs": "{"}, "metric_relabel_configs", "Not valid YAML"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        clean_settings(SettingsForm, GOOD | settings)
    assert list(raised.value.message_dict) == [field]
    assert words in raised.value.message_dict[field][0]


def test_rules_and_labels_are_taken_as_text_and_as_json() -> None:
    rules = [{"source_labels": ["a"], "regex": "x", "action": "drop"}]
    text = "- source_labels:\n  - a\n  regex: x\n  action: drop\n"
    as_text = clean_settings(SettingsForm, GOOD | {"relabel_configs": text, "labels": "team=web\nenv = eu"})
    as_json = clean_settings(SettingsForm, GOOD | {"relabel_configs": rules, "labels": {"team": "web", "env": "eu"}})
    assert as_text == as_json
    assert SettingsForm.base_fields["relabel_configs"].prepare_value(rules) == text
    assert SettingsForm.base_fields["labels"].prepare_value(as_json["labels"]) == "team=web\nenv=eu"


@pytest.mark.parametrize("change", [{"targets": ["evil:1"]}, {"relabel_configs": [{"target_label": "__address__"}]}])
def test_a_stored_secret_is_not_sent_to_another_place(change: dict[str, Any]) -> None:
    before, secrets = clean_parts(PrometheusProbe, GOOD | {"auth": "bearer", "token": "t"}, {})
    after, _ = clean_parts(PrometheusProbe, before | change, secrets)
    with pytest.raises(ValidationError, match="Give this again"):
        refuse_elsewhere(PrometheusProbe, before, after, secrets)


DEFAULTS = {"job": "shop", "__scheme__": "http", "__metrics_path__": "/metrics"}


def target_of(text: str, **labels: str) -> Target:
    [target] = arranged([Group((text,), tuple(sorted(labels.items())))], DEFAULTS, []).targets
    return target


@pytest.mark.parametrize(
    ("text", "url", "instance"),
    [
        ("a:9100", "http://a:9100/metrics", "a:9100"),
        ("a", "http://a:80/metrics", "a:80"),
        ("[::1]:9100/x", "http://[::1]:9100/x", "[::1]:9100"),
        ("https://a/x?module=icmp&module=tcp", "https://a:443/x?module=icmp&module=tcp", "a:443"),
    ],
)
def test_places_become_urls_and_instances(text: str, url: str, instance: str) -> None:
    target = target_of(text)
    assert (target.url, target.instance, target.job) == (url, instance, "shop")


def test_labels_of_discovery_say_how_a_target_is_asked() -> None:
    target = target_of(
        "a:1", __scheme__="https", __metrics_path__="/probe", __param_module="icmp", __meta_x="y", env="eu"
    )
    assert target.url == "https://a:1/probe?module=icmp"
    assert dict(target.labels) == {"env": "eu", "instance": "a:1", "job": "shop"}
    assert dict(target.discovered)["__meta_x"] == "y"


def test_targets_that_come_to_the_same_are_scraped_once() -> None:
    found = arranged([Group(("a:80", "a", "http://a/metrics"))], DEFAULTS, [])
    assert len(found.targets) == 1


def test_a_target_is_another_when_its_labels_are() -> None:
    assert key_of(target_of("a:1")) == key_of(target_of("a:1"))
    assert key_of(target_of("a:1")) != key_of(target_of("a:1", env="eu"))


def test_the_kind_is_registered() -> None:
    assert probe_class("prometheus") is PrometheusProbe
