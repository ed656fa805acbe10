"""Guards over the shape of the house: what is true of every file, every kind of check and every command stays true."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from monitoring.checks.probes.registry import LABELS, PROBES, probe_class
from opsportal.env import BASE_DIR

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50
FEWEST_FAULTS_OF_A_KIND = 6
WINGS = ("monitoring", "alerts", "security")
VAGUE_NAMES = {
    "utils.py": "name the module after what it does",
    "helpers.py": "name the module after what it does",
    "misc.py": "name the module after what it does",
    "constants.py": "a constant stands beside the code that it is for",
    "services.py": "writes are `actions`, reads are `queries`",
    "signals.py": "rooms do not signal each other; what answers to Django's own signals is called receivers.py",
}
# Path → why it may have such a name.
EXCUSED_NAMES = {
    "monitoring/checks/engine/services.py": "it is about the model Service",
    "monitoring/checks/actions/services.py": "it is about the model Service",
    "monitoring/checks/admin/services.py": "it is about the model Service",
    "monitoring/checks/api/services.py": "it is about the model Service",
    "monitoring/checks/forms/services.py": "it is about the model Service",
    "monitoring/checks/serializers/services.py": "it is about the model Service",
    "monitoring/checks/management/commands/services.py": "a command is called what people type",
}
# Spelt in pieces, so that this file does not hold what it forbids.
HOME_FOLDER = re.compile(
    "/(?:" + "|".join(("ho" + "me", "Us" + "ers", "wo" + "rk")) + r")/[\w.-]+/|/ro" + r"ot/[\w.-]+"
)
PACKAGE_HOST = re.compile(r"https?://[^\s/\"']*(?:pypi|pythonhosted|npmjs|registry|artifact|nexus|mirror)[^\s/\"']*")
LOOSE_END = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|XX" + r"X)\b")
IMPURE_IMPORT = re.compile(r"^django\.db|\.models\b|^psycopg_pool|^redis$|^aiohttp|^socket$|^requests$")
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "time.time", "date.today"}
UNREADABLE = (".png", ".ico", ".woff2")


@cache
def tracked() -> tuple[str, ...]:
    """Paths in the repository; where git cannot say (an unpacked archive), what lies there without what .gitignore names."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=BASE_DIR, capture_output=True, text=True, check=False)
    if answer.returncode == 0 and answer.stdout:
        return tuple(path for path in answer.stdout.split("\0") if path and (BASE_DIR / path).is_file())
    left_out = {line.strip().rstrip("/") for line in (BASE_DIR / ".gitignore").read_text().splitlines()} | {".git"}
    found = (path.relative_to(BASE_DIR) for path in BASE_DIR.rglob("*") if path.is_file())
    return tuple(str(path) for path in found if not left_out & set(path.parts) and path.suffix != ".pyc")


def python_files() -> list[str]:
    return [path for path in tracked() if path.endswith(".py")]


def own_code() -> list[str]:
    """Python that people write: migrations are generated."""
    return [path for path in python_files() if "/migrations/" not in path]


def text_of(path: str) -> str:
    return (BASE_DIR / path).read_text(encoding="utf-8")


def texts() -> Iterator[tuple[str, str]]:
    return ((path, text_of(path)) for path in tracked() if not path.endswith(UNREADABLE))


def test_no_file_is_longer_than_one_sitting() -> None:
    lengths = {path: len(text_of(path).splitlines()) for path in own_code()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path}:{node.lineno} {node.name}": lines
        for path in own_code()
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {path: VAGUE_NAMES[Path(path).name] for path in own_code() if Path(path).name in VAGUE_NAMES}
    assert {path: why for path, why in vague.items() if path not in EXCUSED_NAMES} == {}


def test_every_excuse_is_still_needed() -> None:
    assert sorted(set(EXCUSED_NAMES) - set(tracked())) == []


def says_it_is_pure(path: str) -> bool:
    return bool(re.search(r"\b[Pp]ure\b", ast.get_docstring(ast.parse(text_of(path))) or ""))


@pytest.mark.parametrize("path", [path for path in own_code() if says_it_is_pure(path) and "tests/" not in path])
def test_a_module_that_says_it_is_pure_reads_no_clock_and_no_database(path: str) -> None:
    tree = ast.parse(text_of(path))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert {name for name in imported if IMPURE_IMPORT.search(name)} == set()
    assert {
        name for name in called if name in CLOCKS or name.endswith((".execute", ".connect", ".objects.filter"))
    } == set()


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_is_a_plain_package_of_rooms(wing: str) -> None:
    modules = [path for path in python_files() if Path(path).parent == Path(wing)]
    assert modules == [f"{wing}/__init__.py"]
    assert text_of(modules[0]).strip() == ""


def test_migrations_are_named() -> None:
    assert [path for path in python_files() if re.search(r"/migrations/\d+_auto_", path)] == []


def test_no_loose_ends_are_left_in_the_tree() -> None:
    assert [path for path, text in texts() if LOOSE_END.search(text)] == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = {path: match[0] for path, text in texts() if (match := HOME_FOLDER.search(text))}
    assert found == {}


def test_no_file_names_a_host_of_packages() -> None:
    found = {path: match[0] for path, text in texts() if (match := PACKAGE_HOST.search(text))}
    assert found == {}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_pins_with_hashes_and_names_no_address(name: str) -> None:
    lines = text_of(name).splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-")] == []
    pins = [line for line in lines if re.match(r"[A-Za-z0-9]", line)]
    assert [pin for pin in pins if "==" not in pin] == []
    assert len([line for line in lines if "--hash=sha256:" in line]) >= len(pins)


@pytest.mark.parametrize("kind", PROBES)
def test_a_kind_describes_itself(kind: str) -> None:
    probe = probe_class(kind)
    assert probe.kind == kind
    assert probe.description.strip()
    assert probe.icon
    assert probe.values or probe.dynamic_values
    assert all(value.label for value in probe.values.values())
    assert probe.SettingsForm.base_fields
    assert LABELS[kind]


@pytest.mark.parametrize("kind", PROBES)
def test_a_kind_has_tests(kind: str) -> None:
    tests = text_of(f"tests/monitoring/checks/probes/test_{kind}.py")
    assert "def test_" in tests


@pytest.mark.parametrize("kind", PROBES)
def test_a_kind_has_a_page_with_its_faults(kind: str) -> None:
    page = text_of(f"docs/check-kinds/{kind}.md")
    headed = [rows for rows in tables(page) if "| Status | Cause | Words |" in rows[0]]
    assert headed, "a table headed | Fault | Status | Cause | Words |"
    assert len(headed[-1]) - 2 >= FEWEST_FAULTS_OF_A_KIND


@pytest.mark.parametrize("kind", PROBES)
def test_a_kinds_page_names_every_setting(kind: str) -> None:
    page = text_of(f"docs/check-kinds/{kind}.md")
    assert [name for name in probe_class(kind).SettingsForm.base_fields if f"`{name}`" not in page] == []


@pytest.mark.parametrize("kind", PROBES)
def test_a_kinds_page_names_every_value(kind: str) -> None:
    page = text_of(f"docs/check-kinds/{kind}.md")
    assert [name for name in probe_class(kind).values if not re.search(rf"`{name}[`{{]", page)] == []


def commands() -> list[str]:
    """Management commands of our own rooms."""
    return sorted(Path(path).stem for path in python_files() if "/management/commands/" in path and "__" not in path)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_on_the_page_of_commands(command: str) -> None:
    assert f"manage.py {command}" in text_of("docs/commands.md")


def tables(page: str) -> list[list[str]]:
    """Tables of a Markdown page as their lines: heading, rule, rows."""
    blocks = re.findall(r"(?:^\|.*\n?)+", page, re.MULTILINE)
    return [block.splitlines() for block in blocks]
