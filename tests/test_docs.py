"""What the documentation says is there, is there; what is there, the documentation says."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitoring.checks import rollups, status, uptime
from monitoring.checks.choices import Cause, Impact, Status
from monitoring.checks.engine import claiming, measures
from monitoring.checks.models import Check
from monitoring.checks.probes.base import Context
from monitoring.checks.probes.registry import PROBES
from monitoring.events.choices import Severity
from opsportal.env import BASE_DIR
from tests.fakes.serving import serving
from tests.test_structure import commands, own_code, text_of, tracked

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
EVENT_KIND = re.compile(r"\"((?:check|service|machine|config)\.[a-z]+(?:\.[a-z]+)?)\"")
CONCEPTS = (BASE_DIR / "docs" / "concepts.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def pages() -> list[str]:
    return [path for path in tracked() if path.endswith(".md")]


def prose(page: str) -> str:
    """A page without its code, in which brackets are no links."""
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """Anchors of a page's headings, made as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: str) -> Iterator[str]:
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (BASE_DIR / page).parent / path if path else BASE_DIR / page
        if not file.is_file() or (anchor and anchor not in anchors(str(file.resolve().relative_to(BASE_DIR)))):
            yield target


@pytest.mark.parametrize("page", pages())
def test_every_link_within_the_repository_leads_somewhere(page: str) -> None:
    assert list(dead_links(page)) == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, ahead = set(), ["docs/README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached and (BASE_DIR / page).is_file():
            reached.add(page)
            targets = (target.partition("#")[0] for target in LINK.findall(prose(page)))
            found = ((BASE_DIR / page).parent / target for target in targets if target.endswith(".md"))
            ahead += [str(path.resolve().relative_to(BASE_DIR)) for path in found if "://" not in str(path)]
    assert sorted(page for page in pages() if page.startswith("docs/") and page not in reached) == []


def test_every_kind_is_on_the_page_of_kinds() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(check-kinds/(\w+)\.md\)", text_of("docs/check-kinds.md"), re.MULTILINE)
    assert rows == [(kind, kind) for kind in PROBES]


def test_commands_in_the_docs_exist() -> None:
    known = {*commands(), "changepassword", "createsuperuser", "migrate", "check", "collectstatic"}
    named = {(page, name) for page in pages() for name in re.findall(r"manage\.py (\w+)", text_of(page))}
    assert {(page, name) for page, name in named if name not in known} == set()


def test_make_targets_in_the_docs_exist() -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    text = "\n".join(re.findall(r"`make [a-z -]+`|^make [a-z -]+$", "\n".join(map(text_of, pages())), re.MULTILINE))
    named = {name for words in re.findall(r"make ([a-z -]+)", text) for name in words.split()}
    assert named - known == set()


def direct_dependencies() -> set[str]:
    project: dict[str, Any] = tomllib.loads(text_of("pyproject.toml"))
    listed = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {re.split(r"[><=~;\[ ]", line)[0] for line in listed}


def test_every_direct_dependency_has_its_reason() -> None:
    explained = set(re.findall(r"`([\w.-]+)(?:\[[^\]]*\])?`", text_of("docs/dependencies.md")))
    assert direct_dependencies() - explained == set()


def test_every_dependency_explained_is_one() -> None:
    rows = re.findall(r"^\| `([\w.-]+)(?:\[[^\]]*\])?` \|", text_of("docs/dependencies.md"), re.MULTILINE)
    assert set(rows) - direct_dependencies() == set()


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.MULTILINE)


@pytest.mark.parametrize("words", [Status.values, [cause for cause in Cause.values if cause], Impact.values])
def test_the_concepts_name_every_word_of_the_room(words: list[str]) -> None:
    assert [word for word in words if f"`{word}`" not in CONCEPTS] == []


def test_the_concepts_name_every_severity_of_events() -> None:
    assert f"({', '.join(Severity.values)})" in CONCEPTS


def test_the_concepts_give_the_numbers_of_the_code() -> None:
    assert f"Over the last {status.HISTORY_LENGTH} runs" in CONCEPTS
    assert f"Above {status.FLAP_HIGH_PERCENT:.0f} %" in CONCEPTS
    assert f"at {status.FLAP_LOW_PERCENT:.0f} % or less" in CONCEPTS
    assert f"older than {status.STALE_AFTER_INTERVALS} intervals and its timeout" in CONCEPTS
    assert f"plus {claiming.LEASE_MARGIN.seconds} s" in CONCEPTS
    assert f"slots of {rollups.SLOT_S // 60} minutes" in CONCEPTS


def test_the_concepts_order_statuses_as_the_code_does() -> None:
    by_severity = sorted(status.SEVERITY.items(), key=lambda pair: pair[1])
    assert ", ".join(status.SERVICE_ORDER) in CONCEPTS
    assert " < ".join(word for word, _ in by_severity) in CONCEPTS
    assert ", ".join(f"{number} {word}" for word, number in by_severity) in CONCEPTS


def test_the_concepts_name_every_span_of_uptime() -> None:
    assert [span for span in uptime.SPANS if f"{span[:-1]} {span[-1]}" not in CONCEPTS] == []


def test_the_concepts_name_every_field_that_says_when_a_check_runs() -> None:
    names = [field.name for field in Check._meta.fields]
    fields = [
        name for name in names if name.endswith(("_s", "_down", "_up", "_until")) or name in ("impact", "enabled")
    ]
    assert [name for name in fields if f"`{name}`" not in CONCEPTS] == []


def kinds_of_events() -> set[str]:
    """Those that the code emits: literals of the form `check.status` in modules that speak of events."""
    code = [text_of(path) for path in own_code() if path.startswith("monitoring/checks/")]
    return {kind for text in code if "announce" in text or "event" in text for kind in EVENT_KIND.findall(text)}


def test_the_concepts_name_every_kind_of_event() -> None:
    kinds = kinds_of_events()
    assert {"check.status", "config.check.created", "machine.joined"} <= kinds
    rows = [re.findall(r"`([\w.]+)`", row) for row in CONCEPTS.splitlines() if row.startswith("| `")]
    told = {short_form_undone(word, words[0]) for words in rows for word in words}
    assert kinds - told == set()


def short_form_undone(word: str, first: str) -> str:
    """`.saved` after `config.check.created` is `config.check.saved`."""
    return first.rpartition(".")[0] + word if word.startswith(".") else word


def test_the_concepts_name_every_metric_of_the_engine() -> None:
    names = set(re.findall(r'"(engine_\w+|check_\w+)"', text_of(str(Path(measures.__file__).relative_to(BASE_DIR)))))
    names |= {"check_status", "check_duration_seconds"}
    assert len(names) > 4
    assert {name for name in names if f"`{name}`" not in CONCEPTS} == set()


@pytest.mark.parametrize(("free", "verdict"), [("5", Status.UP), ("none", Status.DOWN)])
async def test_the_example_of_a_new_kind_works(free: str, verdict: Status) -> None:
    page = text_of("docs/contributing-a-check-kind.md")
    source = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0]
    example: dict[str, Any] = {"__name__": "tearoom"}
    exec(compile(source, "contributing-a-check-kind.md", "exec"), example)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=free)

    room = web.Application()
    room.router.add_get("/", answer)
    async with serving(room) as url:
        result = await example["TearoomProbe"]({"url": url}).run(Context(now=NOW, timeout_s=5))
    assert result.verdict == verdict
