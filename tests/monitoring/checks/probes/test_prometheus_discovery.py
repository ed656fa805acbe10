"""Lists of targets: files below a folder of the engine's host, and an address that answers with one."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Probe, Result
from monitoring.checks.probes.prometheus import PrometheusProbe
from monitoring.checks.probes.prometheus.discovery import MOST_REMEMBERED_BYTES
from opsportal.http import aclose
from tests.fakes.exporters import exporting, listing
from tests.monitoring.checks.probes.trying import NOW, probe_of, run

PAGE = "a 1\n"
UP = Status.UP


@pytest.fixture
async def folder(tmp_path: Path, settings: Any) -> AsyncIterator[Path]:
    settings.METRICS_FILE_SD_DIR = tmp_path / "lists"
    settings.METRICS_FILE_SD_DIR.mkdir()
    yield settings.METRICS_FILE_SD_DIR
    await aclose()


def write(path: Path, *targets: str, **labels: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([{"targets": list(targets), "labels": labels}]))


def scraping(**settings: Any) -> Probe:
    return probe_of(PrometheusProbe, job="shop", **settings)


async def turn(probe: Probe, minutes: float = 0, memory: Any = None) -> Result:
    return await run(probe, now=NOW + timedelta(minutes=minutes), memory=memory)


def instances(result: Result) -> list[str]:
    return sorted(target["instance"] for target in result.evidence["targets"])


async def test_files_are_read_by_name_and_by_pattern(folder: Path) -> None:
    async with exporting(PAGE) as exporter:
        write(folder / "one.json", exporter.where, instance="one")
        write(folder / "web" / "two.json", exporter.where, instance="two")
        (folder / "web" / "three.yml").write_text(f"- targets: ['{exporter.where}']\n  labels: {{instance: three}}\n")
        (folder / "web" / "notes.txt").write_text("nothing")
        result = await turn(scraping(file_sd_files=["one.json", "web/*.json", str(folder / "web" / "*.yml")]))
    assert (result.verdict, instances(result)) == (UP, ["one", "three", "two"])


async def test_labels_of_a_list_say_how_its_targets_are_asked(folder: Path) -> None:
    async with exporting(PAGE) as exporter:
        labels = {"__metrics_path__": "/probe", "__param_target": "shop", "env": "eu"}
        write(folder / "a.json", exporter.where, **labels)
        rules = [{"source_labels": ["__meta_filepath"], "regex": ".*/(.*).json", "target_label": "list"}]
        result = await turn(scraping(file_sd_files=["a.json"], relabel_configs=rules))
    assert exporter.asked[0].path_qs == "/probe?target=shop"
    [[url, labels_told, *_]] = (result.memory or {})["targets"].values()
    assert (url, ["env", "eu"] in labels_told, ["list", "a"] in labels_told) == (
        f"{exporter.url}/probe?target=shop", True, True,
    )  # fmt: skip


async def test_a_list_is_read_again_after_a_minute(folder: Path) -> None:
    async with exporting(PAGE) as one, exporting(PAGE) as two:
        probe = scraping(file_sd_files=["a.json"])
        write(folder / "a.json", one.where)
        await turn(probe)
        write(folder / "a.json", two.where)
        seen = [instances(await turn(probe, minutes)) for minutes in (0.9, 1, 1.1)]
    assert seen == [[one.where], [one.where], [two.where]]


async def test_a_list_that_is_broken_leaves_the_last_good_one(folder: Path) -> None:
    async with exporting(PAGE) as exporter:
        probe = scraping(file_sd_files=["a.json"])
        write(folder / "a.json", exporter.where)
        await turn(probe)
        (folder / "a.json").write_text("[{")
        result = await turn(probe, 1)
    assert (result.verdict, result.cause, instances(result)) == (Status.DEGRADED, Cause.MISCONFIGURED, [exporter.where])
    assert result.summary.startswith("Targets of a.json: is not JSON: ")


async def test_a_list_that_is_gone_has_no_targets(folder: Path) -> None:
    async with exporting(PAGE) as exporter:
        probe = scraping(file_sd_files=["a.json", "*.yml"])
        write(folder / "a.json", exporter.where)
        (folder / "b.yml").write_text(f"- targets: [{exporter.where}/b]")
        await turn(probe)
        (folder / "a.json").unlink()
        (folder / "b.yml").unlink()
        await turn(probe, 1)
        result = await turn(probe, 1.1)
    assert (result.verdict, result.summary) == (Status.UNKNOWN, "Targets of a.json: there is no such file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"targets": ["a:1"]}', "is not a list of groups"),
        ('[{"hosts": []}]', "group 1 has no list of targets"),
        ('[{"targets": ["a:1"]}, {"targets": [1]}]', "group 2 has no list of targets"),
        ('[{"targets": ["a:1"], "labels": {"x": 1}}]', "group 1 has labels that are not texts by name"),
    ],
)
async def test_what_is_wrong_with_a_list_is_said(folder: Path, text: str, words: str) -> None:
    (folder / "a.json").write_text(text)
    result = await turn(scraping(file_sd_files=["a.json"]))
    assert (result.verdict, result.summary) == (Status.UNKNOWN, result.summary)
    assert result.summary.startswith(f"Targets of a.json: {words}")


async def test_one_wrong_place_of_a_list_does_not_cost_the_others(folder: Path) -> None:
    async with exporting(PAGE) as exporter:
        write(folder / "a.json", "http://u:p@a:1/", exporter.where)
        result = await turn(scraping(file_sd_files=["a.json"]))
    assert (result.verdict, instances(result)) == (Status.DEGRADED, [exporter.where])
    assert result.summary == "Target http://***@a:1/: must not hold a user or password; use the settings for those"


async def test_no_link_leads_out_of_the_folder(folder: Path) -> None:
    write(folder.parent / "secret.json", "127.0.0.1:1")
    probe = scraping(targets=["127.0.0.1:2"], file_sd_files=["link.json", "l*.json"])
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    result = await turn(probe)
    assert instances(result) == ["127.0.0.1:2"]
    assert result.evidence["discovery"][0] == "Targets of link.json: leads out of METRICS_FILE_SD_DIR"
    with pytest.raises(ValidationError, match="leads out of METRICS_FILE_SD_DIR"):
        scraping(file_sd_files=["link.json"])


async def test_a_list_of_lists_of_lists_does_not_fill_the_memory(folder: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (folder / "a.yml").write_text(bomb)
    result = await turn(scraping(file_sd_files=["a.yml"]))
    assert "With its aliases written out this is more than" in result.summary


async def test_an_address_is_asked_with_its_token_at_most_once_a_minute() -> None:
    async with exporting(PAGE) as exporter, listing(exporter.where, env="eu") as service:
        probe = scraping(http_sd_url=service.url, http_sd_token="t0ken")
        results = [await turn(probe, minutes) for minutes in (0, 0.25, 0.5, 1)]
    assert {result.verdict for result in results} == {UP}
    assert len(service.asked) == 2
    headers = service.asked[0].headers
    assert (headers["Authorization"], headers["X-Prometheus-Refresh-Interval-Seconds"]) == ("Bearer t0ken", "60")


async def test_an_address_that_fails_leaves_its_last_good_list_also_after_a_restart() -> None:
    async with exporting(PAGE) as exporter, listing(exporter.where) as service:
        first = await turn(scraping(http_sd_url=service.url))
        service.status = 500
        restarted = scraping(http_sd_url=service.url)
        result = await turn(restarted, 1, memory=first.memory)
        other = await turn(scraping(http_sd_url=f"{service.url}?x=1"), 1, memory=first.memory)
    assert (result.verdict, instances(result)) == (Status.DEGRADED, [exporter.where])
    assert result.summary == f"Targets of {service.url}: answers 500"
    assert (other.verdict, other.evidence["targets"]) == (Status.UNKNOWN, [])


async def test_a_list_too_large_to_remember_is_scraped_all_the_same() -> None:
    async with exporting(PAGE) as exporter, listing(exporter.where, x="y" * MOST_REMEMBERED_BYTES) as service:
        result = await turn(scraping(http_sd_url=service.url))
    assert (result.verdict, (result.memory or {})["lists"]) == (UP, {})


async def test_more_targets_than_can_be_scraped_are_cut_and_told() -> None:
    async with exporting(PAGE) as exporter, listing(*(f"{exporter.where}/{n}" for n in range(1_001))) as service:
        result = await turn(scraping(http_sd_url=service.url))
    assert (result.verdict, result.values["targets"]) == (Status.DEGRADED, 1_000)
    assert result.summary == "There are 1,001 targets; only the first 1,000 are scraped"
